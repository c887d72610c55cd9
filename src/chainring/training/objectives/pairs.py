"""Pairs of texts for BERT's second task: whether B follows A in a document.

Enter documents with their sentences, leave items `[CLS] A [SEP] B [SEP]`, half of each kind:

    pairs(documents, max_tokens=128, seed=0, marks=marks)

J. Devlin and others 2019, section 3.1, task 2, and appendix A.2. A and B are spans of whole
sentences; a pair is filled up to `max_tokens`, so that little is padding, and a document's
sentences that were not used, because B came from elsewhere, begin the next pair. Pairs are not
packed: the answer stands at the first token of a row.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from random import Random

from chainring.training.objectives.documents import Document
from chainring.training.objectives.packing import Item
from chainring.training.tokenisers.special import Marks

OTHER_SHARE = 0.5
MARKS = 3


def pairs(documents: Sequence[Document], *, max_tokens: int, seed: int, marks: Marks) -> list[Item]:
    """Return pairs of all documents that have two sentences; none where only one has."""
    usable = [one for one in documents if len(one.sentences()) > 1]
    if len(usable) < 2:
        return []
    chance = Random(seed)
    return [
        item
        for number in range(len(usable))
        for item in _of_one(number, usable, room=max_tokens - MARKS, chance=chance, marks=marks)
    ]


def _of_one(
    number: int, documents: Sequence[Document], *, room: int, chance: Random, marks: Marks
) -> Iterator[Item]:
    document = documents[number]
    sentences = document.sentences()
    start = 0
    while start < len(sentences) - 1:
        end = _filled(sentences, start, room)
        split = chance.randint(start + 1, end - 1)
        first = slice(sentences[start].start, sentences[split - 1].stop)
        if chance.random() < OTHER_SHARE:
            left = room - min(room - 1, first.stop - first.start)
            other = _another(number, documents, chance)
            second = _span(other, left, chance)
            item = _pair(document, first, other, second, room)
            yield _marked(item, marks, follows=False)
            start = split
        else:
            second = slice(sentences[split].start, sentences[end - 1].stop)
            item = _pair(document, first, document, second, room)
            yield _marked(item, marks, follows=True)
            start = end


def _filled(sentences: Sequence[slice], start: int, room: int) -> int:
    """Return the end of the sentences from `start` that fill the room; at least two."""
    end = start + 2
    while end < len(sentences) and sentences[end].stop - sentences[start].start <= room:
        end += 1
    return end


def _another(number: int, documents: Sequence[Document], chance: Random) -> Document:
    place = chance.randrange(len(documents) - 1)
    return documents[place + (place >= number)]


def _span(document: Document, size: int, chance: Random) -> slice:
    """Return a stretch that begins at one of the document's sentences."""
    start = chance.choice(document.starts)
    return slice(start, min(len(document.ids), start + max(1, size)))


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
