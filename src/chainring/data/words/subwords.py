"""Vectors for words that were never seen, from the pieces that they share with known ones.

fastText (Bojanowski, Grave, Joulin and Mikolov 2017) gives every piece of a word a vector; pieces
are hashed into buckets. A word that stood in no text is the mean of its pieces:

=====================  ================================================
a word                  its pieces of 2 to 3 characters
=====================  ================================================
``red``                 <r, re, ed, d>, <re, red, ed>
``退款``                 <退, 退款, 款>, <退款, 退款>
=====================  ================================================

We differ in one thing: a bucket that no word of the vocabulary reaches still holds the noise it was
made with; such buckets are not kept, and the mean is over the pieces that were trained.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

_BASIS, _PRIME, _WORD = 2_166_136_261, 16_777_619, 0xFFFFFFFF


@dataclass(frozen=True, slots=True, kw_only=True)
class Subwords:
    """The vectors of pieces: row i is that of bucket `buckets[i]`, which are in order."""

    vectors: NDArray[np.float32]
    buckets: NDArray[np.int64]
    min_ngram: int
    max_ngram: int
    count: int

    def vector(self, word: str) -> NDArray[np.float32] | None:
        """Return the mean of the word's trained pieces, or None when it has none."""
        wanted = [bucket(one, self.count) for one in pieces(word, self.min_ngram, self.max_ngram)]
        places = np.searchsorted(self.buckets, wanted)
        inside = places < len(self.buckets)
        hits = places[inside]
        hits = hits[self.buckets[hits] == np.array(wanted, dtype=np.int64)[inside]]
        if not len(hits):
            return None
        mean: NDArray[np.float32] = self.vectors[hits].mean(axis=0, dtype=np.float32)
        return mean


def pieces(word: str, shortest: int, longest: int) -> Iterator[str]:
    """Yield the pieces of a word between its marks < and >, but not the marks alone.

    >>> list(pieces("退款", 2, 3))
    ['<退', '<退款', '退款', '退款>', '款>']
    """
    marked = f"<{word}>"
    for start in range(len(marked)):
        for end in range(start + shortest, min(start + longest, len(marked)) + 1):
            if end - start > 1 or 0 < start < len(marked) - 1:
                yield marked[start:end]


def bucket(piece: str, count: int) -> int:
    """Return the bucket of a piece: FNV-1a of its bytes, which are signed as in fastText."""
    state = _BASIS
    for byte in piece.encode():
        signed = byte if byte < 128 else byte | 0xFFFFFF00
        state = ((state ^ signed) * _PRIME) & _WORD
    return state % count


def trained(model: Any, *, min_ngram: int, max_ngram: int, count: int) -> Subwords:
    """Return the pieces of a trained gensim FastText model that its vocabulary reaches."""
    used = np.unique(np.concatenate(model.wv.buckets_word)).astype(np.int64)
    return Subwords(
        vectors=np.ascontiguousarray(model.wv.vectors_ngrams[used]),
        buckets=used,
        min_ngram=min_ngram,
        max_ngram=max_ngram,
        count=count,
    )
