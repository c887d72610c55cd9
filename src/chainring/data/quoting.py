"""Texts that quote a row which judges models: they are not learnt from.

Enters the members of all splits, leaves those that may be learnt from. Compared are sequences of 13
words (24 Chinese characters; Brown et al. 2020, appendix C) with every row of the test and the
hold-out, its written answer too. A page may quote a question among a hundred others, a mail the one
it answers: near-duplicates do not find that.

==========  =====================================================================================
a row       goes
==========  =====================================================================================
unlabelled  with one sequence of a judging row: a model may learn its text by heart. An article that
            answers are read from stays: that it holds them is what it is for
labelled    with at least 70 % of the sequences of one (Chowdhery et al. 2022, section 8): somebody
            chose it, and a common phrase is no copy. Of tasks with a second text it stays: that a
            passage or a premise is asked about twice is no leak, and near-duplicates ask for both
==========  =====================================================================================

A sequence that stands in more than ten texts (a signature, a notice) tells no text apart and does
not count.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from chainring.contracts.tasks import TaskFacts
from chainring.contracts.values import both
from chainring.data.clean.characters import HAN, Page, grams
from chainring.data.clean.settings import MIN_NGRAM
from chainring.data.dropped import Dropped
from chainring.data.splits import Placed

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Hashes = NDArray[np.uint64]
    Places = NDArray[np.int64]

REASON = "overlaps with an evaluation text"
JUDGES = ("test", "holdout")
MAX_TEXTS = 10
MIN_SHARE = 0.7
_AT_ONCE = 512


def without_quotes(
    members: Sequence[Placed], dropped: Dropped, *, facts: TaskFacts
) -> list[Placed]:
    """Return the members that stay; the others are dropped with the reason."""
    judges = [one for one in members if one.split in JUDGES]
    others = [one for one in members if _is_asked(one, facts)]
    if not judges or not others:
        return list(members)
    quotes = _Quotes(judges, others, facts)
    gone = {id(one) for number, one in enumerate(others) if quotes.has(number)}
    for one in members:
        if id(one) in gone:
            dropped.add(REASON, **one.candidate.where)
    return [one for one in members if id(one) not in gone]


def _is_asked(one: Placed, facts: TaskFacts) -> bool:
    if one.split == "unlabelled":
        return not facts.reads_articles
    return one.split not in JUDGES and not facts.pairs


class _Quotes:
    """Which sequences of judging rows stand where; a sequence is known by its place in a table."""

    def __init__(
        self, judges: Sequence[Placed], others: Sequence[Placed], facts: TaskFacts
    ) -> None:
        import numpy as np

        self._others = others
        judged = [one.candidate.record.text for one in judges]
        beside = [text for one in judges if (text := _beside(one, facts))]
        found = list(_sequences([*judged, *beside], of_judges=True))
        table = np.unique(np.concatenate(found))
        texts = [_asked_of(one) for one in others]
        self._shared = [_places(one, table) for one in _sequences(texts, of_judges=False)]
        counts = np.bincount(np.concatenate(self._shared), minlength=len(table))
        self._tells = counts <= MAX_TEXTS
        own = [one[self._tells[one]] for one in (np.searchsorted(table, f) for f in found)]
        own = own[: len(judges)]  # of a labelled row what it asks is compared, not the answer
        self._sizes = np.array([len(one) for one in own])
        judge = np.repeat(np.arange(len(own)), self._sizes)
        place = np.concatenate(own)
        order = np.argsort(place, kind="stable")
        self._place, self._judge = place[order], judge[order]

    def has(self, number: int) -> bool:
        """Return whether one of the others quotes too much to be learnt from."""
        shared = self._shared[number]
        shared = shared[self._tells[shared]]
        if self._others[number].split == "unlabelled" or not len(shared):
            return bool(len(shared))
        return self._holds_one(shared)

    def _holds_one(self, shared: Places) -> bool:
        import numpy as np

        low = np.searchsorted(self._place, shared, side="left")
        high = np.searchsorted(self._place, shared, side="right")
        judges = [self._judge[a:b] for a, b in zip(low, high, strict=True)]
        held = np.bincount(np.concatenate(judges), minlength=len(self._sizes))
        return bool((held[held > 0] >= MIN_SHARE * self._sizes[held > 0]).any())


def _asked_of(one: Placed) -> str:
    record = one.candidate.record
    return both(record.text, record.fields.get("pair", ""))


def _beside(one: Placed, facts: TaskFacts) -> str:
    """Return what a judging row is about beside its text; the passage of a question is not."""
    record, answer = one.candidate.record, one.candidate.label
    return answer if facts.form == "text" else record.fields.get("pair", "")


def _places(found: Hashes, known: Hashes) -> Places:
    """Return the places in `known` of the sequences that stand there."""
    import numpy as np

    at = np.searchsorted(known, found)
    at, found = at[at < len(known)], found[at < len(known)]
    places: Places = at[known[at] == found]
    return places


def _sequences(texts: Sequence[str], *, of_judges: bool) -> Iterator[Hashes]:
    """Yield the hashes of each text's sequences: of a judge those of its language, else all."""
    import numpy as np

    for at in range(0, len(texts), _AT_ONCE):
        page = Page.of(texts[at : at + _AT_ONCE])
        counts = page.tokens.counts()
        chinese = 2 * page.count(HAN) >= counts
        found = []
        for size, mine in ((MIN_NGRAM["en"], ~chinese), (MIN_NGRAM["zh"], chinese)):
            asked = (counts >= size) & (mine | (not of_judges))
            found.append(grams(page.tokens.within(asked), size))
        for number in range(len(counts)):
            parts = [one.hashes[one.first[number] : one.first[number + 1]] for one in found]
            yield np.unique(np.concatenate(parts))
