"""Passages that answers were read off: their rows, and who may be shown them.

    passages = Passages(ring, sight)
    passages.row(answered)        # the row of the data set, None where it is not known here
    passages.pair(answered)       # the second text, "" where a rule withholds the passage

A text that the asker gave is seen with the request. A passage that was looked up is a record's own:
its facts decide, and one whose row is not known here (it stayed at home, or is forgotten) is asked
about as one of unknown facts.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from chainring.contracts.access import Facts, row_facts
from chainring.contracts.codec import decode
from chainring.contracts.dataset import Row
from chainring.contracts.model import Model
from chainring.contracts.prediction import Prediction
from chainring.ring.built import Ring
from chainring.ring.sight import Sight
from chainring.store.tables import read_rows

_SPLITS = ("unlabelled", "train", "validation")


class Passages:
    """What one caller may be shown of the passages that answers were read off."""

    def __init__(self, ring: Ring, sight: Sight | None) -> None:
        self._ring, self._sight = ring, sight
        self._rows: dict[tuple[str, str], Row | None] = {}

    def look_ahead(self, answers: Iterable[Prediction]) -> None:
        """Read what `pair` will ask for of many answers, each data set once."""
        self._read(filter(self._is_asked, answers))

    def row(self, answered: Prediction) -> Row | None:
        """Return the row that was looked up; None where nothing was, or it is not known here."""
        self._read([answered])
        return self._rows.get((answered.model, answered.read_from))

    def pair(self, answered: Prediction) -> str:
        """Return the second text of an answer, if it may be shown; without a sight it is."""
        if self._sight is None or not answered.looked_up or not answered.pair:
            return answered.pair
        row = self.row(answered) if self._is_asked(answered) else None
        return answered.pair if self._sight.may(row_facts(row) if row else Facts()) else ""

    def _is_asked(self, answered: Prediction) -> bool:
        """Whether the facts of its row decide about the second text of an answer."""
        asks = self._sight is not None and self._sight.asks_facts
        return asks and answered.looked_up and bool(answered.pair)

    def _read(self, answers: Iterable[Prediction]) -> None:
        wanted: dict[str, set[str]] = defaultdict(set)
        for one in answers:
            if one.read_from and (one.model, one.read_from) not in self._rows:
                wanted[one.model].add(one.read_from)
        for model, names in wanted.items():
            found = {row.id: row for row in reversed(self._rows_of(model, names))}
            self._rows |= {(model, name): found.get(name) for name in names}

    def _rows_of(self, model: str, names: set[str]) -> list[Row]:
        made, trees = self._ring.ledger.lineage_of_tree(model), self._ring.runner.trees
        dataset = "" if made is None else decode(Model, made.result).dataset
        if not dataset or not trees.has(dataset):
            return []
        return read_rows(trees.open(dataset), *_SPLITS, names=names)
