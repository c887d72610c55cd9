"""Unlabelled text that quotes a row which judges models: it is not learnt from.

Enters the members of all splits, leaves those without unlabelled texts that share 13 words in a row
(24 Chinese characters) with a row of the test or the hold-out (Brown et al. 2020, appendix C). A
page may quote a question among a hundred others: near-duplicates do not find that. A sequence that
stands in more than ten texts (a signature, a notice) tells no text apart and does not count.

Labelled rows are not asked here: somebody chose them, and their near-duplicates have been parted.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from chainring.data.clean.characters import HAN, Page, grams
from chainring.data.clean.settings import MIN_NGRAM
from chainring.data.dropped import Dropped
from chainring.data.splits import Placed

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Hashes = NDArray[np.uint64]

REASON = "overlaps with an evaluation text"
JUDGES = ("test", "holdout")
MAX_TEXTS = 10
_AT_ONCE = 512


def without_quotes(members: Sequence[Placed], dropped: Dropped) -> list[Placed]:
    """Return the members that stay; the others are dropped with the reason."""
    judges = [one for one in members if one.split in JUDGES]
    unlabelled = [one for one in members if one.split == "unlabelled"]
    if not judges or not unlabelled:
        return list(members)
    quoting = _quoting(_texts(unlabelled), _texts(judges))
    gone = {id(one) for one, quotes in zip(unlabelled, quoting, strict=True) if quotes}
    for one in members:
        if id(one) in gone:
            dropped.add(REASON, **one.candidate.where)
    return [one for one in members if id(one) not in gone]


def _texts(members: Sequence[Placed]) -> list[str]:
    return [one.candidate.record.text for one in members]


def _quoting(texts: Sequence[str], judges: Sequence[str]) -> list[bool]:
    """Return for each text whether it shares a sequence with a judge that few texts have."""
    import numpy as np

    known = np.unique(np.concatenate(list(_sequences(judges, of_judges=True))))
    shared = [_places(one, known) for one in _sequences(texts, of_judges=False)]
    counts = np.bincount(np.concatenate(shared), minlength=len(known))
    return [bool((counts[one] <= MAX_TEXTS).any()) for one in shared]


def _places(found: Hashes, known: Hashes) -> NDArray[np.int64]:
    """Return the places in `known` of the sequences that stand there."""
    import numpy as np

    at = np.searchsorted(known, found)
    at, found = at[at < len(known)], found[at < len(known)]
    places: NDArray[np.int64] = at[known[at] == found]
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
