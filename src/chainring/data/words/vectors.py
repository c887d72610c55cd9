"""A folder of word vectors: opened without reading it, asked for near words and analogies.

Enters a folder, leaves `WordVectors`:

    vectors = WordVectors.open(Path("vectors"))
    vectors.near("horse", count=3)
    vectors.analogy("man", "king", "woman")       # man is to king as woman is to …

==================  =======================================================================
a file               holds
==================  =======================================================================
``vectors.npy``      the vectors, a row a word, mapped into memory
``words.txt``        the words, one a line, the most frequent first: ``horse``, ``马``
``facts.json``       kind, settings, segmenter and its version, corpus digest, licence, seed
``ngrams.npy``,      fastText alone: vectors of pieces of words, and their buckets
``buckets.npy``
==================  =======================================================================
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from chainring.contracts.errors import DamagedError, InputError, nearest
from chainring.data.words.subwords import Subwords

FORMAT = "words.v1"
VECTORS, WORDS, FACTS = "vectors.npy", "words.txt", "facts.json"
NGRAMS, BUCKETS = "ngrams.npy", "buckets.npy"
_BLOCK = 1 << 16
_OFFERED = 20_000  # so many frequent words are looked at for a near miss


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbour:
    """A word and the cosine of the angle to what was asked for, -1 to 1."""

    word: str
    similarity: float


class WordVectors:
    """Words, their vectors and the facts of their making."""

    def __init__(
        self,
        words: Sequence[str],
        vectors: NDArray[np.float32],
        *,
        facts: dict[str, Any],
        subwords: Subwords | None = None,
    ) -> None:
        self.words, self.vectors, self.facts, self.subwords = tuple(words), vectors, facts, subwords

    @classmethod
    def open(cls, folder: Path) -> Self:
        """Open a folder that `train` wrote.

        Raises
        ------
        InputError
            The folder holds no word vectors, or those of a newer version.
        DamagedError
            Its files do not fit together.
        """
        facts = _facts(folder)
        try:
            vectors = np.load(folder / VECTORS, mmap_mode="r")
            words = (folder / WORDS).read_text(encoding="utf-8").split("\n")[:-1]
            subwords = _subwords(folder, facts)
        except (OSError, ValueError) as error:
            raise DamagedError(f"{folder}: {error}; train the vectors again") from error
        if vectors.shape != (len(words), facts["dimensions"]):
            raise DamagedError(
                f"{folder}: {len(words)} words of {facts['dimensions']} numbers expected, vectors "
                f"of shape {vectors.shape} found; train the vectors again"
            )
        return cls(words, vectors, facts=facts, subwords=subwords)

    def __len__(self) -> int:
        """Return how many words have a vector of their own."""
        return len(self.words)

    def __contains__(self, word: object) -> bool:
        """Return whether the word has a vector of its own."""
        return word in self._places

    @cached_property
    def _places(self) -> dict[str, int]:
        return {word: place for place, word in enumerate(self.words)}

    @cached_property
    def _lengths(self) -> NDArray[np.float32]:
        blocks = (self.vectors[i : i + _BLOCK] for i in range(0, len(self.words), _BLOCK))
        lengths = np.concatenate([np.linalg.norm(block, axis=1) for block in blocks])
        found: NDArray[np.float32] = np.maximum(lengths, 1e-12)
        return found

    def vector(self, word: str) -> NDArray[np.float32]:
        """Return the vector of a word; of an unknown one from its pieces, where there are any.

        Raises
        ------
        InputError
            The word has no vector; the nearest spelling is offered.
        """
        place = self._places.get(word, self._places.get(word.lower()))
        if place is not None:
            return np.array(self.vectors[place])
        made = self.subwords.vector(word.lower()) if self.subwords else None
        if made is None:
            raise InputError(self._why_unknown(word))
        return made

    def _why_unknown(self, word: str) -> str:
        known = [one for one in self.words[:_OFFERED] if one[0] == word[:1].lower()]
        near = nearest(word.lower(), known)
        offer = f"; did you mean {near!r}?" if near else ";"
        return (
            f"{word!r} has no vector: as a word of its own it stands in the text fewer than "
            f"{self.facts['settings']['min_count']} times{offer} train with a lower --min-count, "
            "or with --kind fasttext, which knows pieces of words"
        )

    def near(self, word: str, *, count: int = 10) -> list[Neighbour]:
        """Return the words whose vectors point most nearly where this word's does."""
        return self._nearest(self.vector(word), without={word, word.lower()}, count=count)

    def analogy(self, a: str, b: str, c: str, *, count: int = 10) -> list[Neighbour]:
        """Return what is to `c` as `b` is to `a`, the best first.

        By b - a + c of unit vectors (3CosAdd; Mikolov, Yih and Zweig 2013); the three words
        themselves are no answers.
        """
        unit = {word: _unit(self.vector(word)) for word in (a, b, c)}
        asked = {form for word in (a, b, c) for form in (word, word.lower())}
        return self._nearest(unit[b] - unit[a] + unit[c], without=asked, count=count)

    def _nearest(
        self, query: NDArray[np.float32], *, without: set[str], count: int
    ) -> list[Neighbour]:
        cosines = np.asarray(self.vectors @ _unit(query)) / self._lengths
        taken = min(len(cosines), count + len(without))
        best = np.argpartition(-cosines, taken - 1)[:taken]
        order = best[np.lexsort((best, -cosines[best]))]
        found = [
            Neighbour(word=self.words[i], similarity=float(cosines[i]))
            for i in order.tolist()
            if self.words[i] not in without
        ]
        return found[:count]


def _unit(vector: NDArray[np.float32]) -> NDArray[np.float32]:
    unit: NDArray[np.float32] = vector / max(float(np.linalg.norm(vector)), 1e-12)
    return unit


def _facts(folder: Path) -> dict[str, Any]:
    path = folder / FACTS
    if not path.is_file():
        raise InputError(
            f"{folder} holds no word vectors ({FACTS} is not there); make some: "
            f"chainring words train TEXT --out {folder}"
        )
    try:
        facts: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise DamagedError(f"{path} is no JSON ({error}); train the vectors again") from error
    if facts.get("format") != FORMAT:
        raise InputError(
            f"{path}: format {FORMAT} expected, {facts.get('format')} found; a newer chainring "
            "wrote it: upgrade, or train the vectors again"
        )
    return facts


def _subwords(folder: Path, facts: dict[str, Any]) -> Subwords | None:
    if not (folder / NGRAMS).exists():
        return None
    settings = facts["settings"]
    return Subwords(
        vectors=np.load(folder / NGRAMS, mmap_mode="r"),
        buckets=np.load(folder / BUCKETS),
        min_ngram=settings["min_ngram"],
        max_ngram=settings["max_ngram"],
        count=settings["buckets"],
    )
