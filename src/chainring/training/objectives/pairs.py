"""Pairs of texts for BERT's second task: whether B follows A in a document.

Enter documents with their sentences, leave items `[CLS] A [SEP] B [SEP]`, half of each kind:

    pairs(documents, max_tokens=128, seed=0, marks=marks)

J. Devlin and others 2019, section 3.1, task 2, and appendix A.2. A and B are spans of whole
sentences; a pair is filled up to `max_tokens`, so that little is padding, and a document's
sentences that were not used, because B came from elsewhere, begin the next pair. Pairs are not
packed: the answer stands at the first token of a row.

Where we differ: what comes from elsewhere is what follows in another pair, and the one of nearest
length. So B is cut alike in both kinds; were it filled up to the last token, as it was here once,
a full row that ends within a sentence would give the answer away, in 9 of 10 pairs and unread.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from random import Random

from chainring.training.objectives.documents import Document
from chainring.training.objectives.packing import Item
from chainring.training.tokenisers.special import Marks

OTHER_SHARE = 0.5
MARKS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class _Cut:
    """Where a document was cut into A and the B that follows it, and whether that B is shown."""

    document: int
    first: slice
    second: slice
    follows: bool

    @property
    def size(self) -> int:
        return int(self.second.stop - self.second.start)


def pairs(documents: Sequence[Document], *, max_tokens: int, seed: int, marks: Marks) -> list[Item]:
    """Return pairs of all documents that have two sentences; none where only one has."""
    usable = [one for one in documents if len(one.sentences()) > 1]
    if len(usable) < 2:
        return []
    chance = Random(seed)
    room = max_tokens - MARKS
    cuts = [
        cut
        for number, one in enumerate(usable)
        for cut in _cuts(number, one.sentences(), room=room, chance=chance)
    ]
    found = []
    for cut, other in zip(cuts, _others(cuts, chance), strict=True):
        shown = cut if cut.follows else other
        pair = _pair(usable[cut.document], cut.first, usable[shown.document], shown.second, room)
        found.append(_marked(pair, marks, follows=cut.follows))
    return found


def _cuts(number: int, sentences: Sequence[slice], *, room: int, chance: Random) -> Iterator[_Cut]:
    start = 0
    while start < len(sentences) - 1:
        end = _filled(sentences, start, room)
        split = chance.randint(start + 1, end - 1)
        follows = chance.random() >= OTHER_SHARE
        yield _Cut(
            document=number,
            first=slice(sentences[start].start, sentences[split - 1].stop),
            second=slice(sentences[split].start, sentences[end - 1].stop),
            follows=follows,
        )
        start = end if follows else split


def _filled(sentences: Sequence[slice], start: int, room: int) -> int:
    """Return the end of the sentences from `start` that fill the room; at least two."""
    end = start + 2
    while end < len(sentences) and sentences[end].stop - sentences[start].start <= room:
        end += 1
    return end


def _others(cuts: Sequence[_Cut], chance: Random) -> list[_Cut]:
    """Return for each cut one of another document whose B is the nearest in length."""
    order = sorted(range(len(cuts)), key=lambda place: (cuts[place].size, chance.random()))
    shorter = _last_of_another(cuts, order)
    longer = _last_of_another(cuts, order[::-1])
    found = []
    for place, cut in enumerate(cuts):
        near = [cuts[side[place]] for side in (shorter, longer) if place in side]
        found.append(min(near, key=lambda other: abs(other.size - cut.size)))
    return found


def _last_of_another(cuts: Sequence[_Cut], order: Sequence[int]) -> dict[int, int]:
    """Return for each place in `order` the last before it that is of another document."""
    found: dict[int, int] = {}
    for before, place in itertools.pairwise(order):
        same = cuts[before].document == cuts[place].document
        last = found.get(before) if same else before
        if last is not None:
            found[place] = last
    return found


def _pair(
    a: Document, first: slice, b: Document, second: slice, room: int
) -> tuple[Document, Document]:
    """Return A and B within the room: A loses its beginning, B its end, the longer one first."""
    size_a, size_b = first.stop - first.start, second.stop - second.start
    kept_b = min(size_b, max(room - size_a, room // 2))
    kept_a = min(size_a, room - kept_b)
    return (
        _part(a, slice(first.stop - kept_a, first.stop)),
        _part(b, slice(second.start, second.start + kept_b)),
    )


def _part(document: Document, part: slice) -> Document:
    return replace(document, ids=document.ids[part], words=document.words[part], starts=[])


def _marked(pair: tuple[Document, Document], marks: Marks, *, follows: bool) -> Item:
    a, b = pair
    words = [0, *(n + 1 for n in a.words), 0]
    known = max(words) + 1
    return {
        "input_ids": [marks.start, *a.ids, marks.end, *b.ids, marks.end],
        "types": [0] * (len(a.ids) + 2) + [1] * (len(b.ids) + 1),
        "segments": [0] * (len(a.ids) + len(b.ids) + MARKS),
        "words": [*words, *(n + known for n in b.words), 0] if a.words else [],
        "follows": follows,
    }
