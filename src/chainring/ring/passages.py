"""Passages that answers were read off: their rows, and who may be shown them.

    passages = Passages(ring, sight)
    passages.row(answered)        # the row of the data set, None where it is not known here
    passages.pair(answered)       # the second text, "" where a rule withholds the passage

A text that the asker gave is seen with the request. A passage that was looked up is a record's own:
its facts decide, and one whose row is not known here (it stayed at home, or is forgotten) is asked
about as one of unknown facts.
"""

from __future__ import annotations

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

    def row(self, answered: Prediction) -> Row | None:
        """Return the row that was looked up; None where nothing was, or it is not known here."""
        name, trees = answered.read_from, self._ring.runner.trees
        made = self._ring.ledger.lineage_of_tree(answered.model) if name else None
        dataset = "" if made is None else decode(Model, made.result).dataset
        if not dataset or not trees.has(dataset):
            return None
        return next(iter(read_rows(trees.open(dataset), *_SPLITS, names=(name,))), None)

    def pair(self, answered: Prediction) -> str:
        """Return the second text of an answer, if it may be shown; without a sight it is."""
        if self._sight is None or not answered.looked_up or not answered.pair:
            return answered.pair
        row = self.row(answered)
        return answered.pair if self._sight.may(row_facts(row) if row else Facts()) else ""
