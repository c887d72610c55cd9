"""A map of word vectors: the most frequent content words, those with like company near each other.

Enters a `WordVectors`, leaves places on a plane, then a picture as SVG or one HTML page:

    places = word_map(WordVectors.open(folder), count=150)
    page(places, facts=vectors.facts, language="zh")

Of text in both languages half of the words are of each. t-SNE (van der Maaten and Hinton 2008)
keeps near words near and says nothing by distance; PCA keeps the two widest directions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from chainring.contracts.errors import InputError, MissingPackageError, UnknownNameError
from chainring.contracts.said import Said
from chainring.data.words.tokens import is_chinese
from chainring.data.words.vectors import WordVectors

Method = Literal["tsne", "pca"]
MIN_WORDS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A word on the plane; the more frequent one stands first in a map."""

    word: str
    x: float
    y: float
    chinese: bool


def word_map(vectors: WordVectors, *, count: int = 150, method: Method = "tsne") -> list[Place]:
    """Return the most frequent content words with their places on a plane, always the same.

    Parameters
    ----------
    vectors
        Which words there are.
    count
        How many are placed, at least 5.
    method
        `tsne` (needs scikit-learn) or `pca`.

    Raises
    ------
    InputError
        There are fewer than 5 content words.
    MissingPackageError
        scikit-learn is not installed; `pca` needs it not.
    """
    if method not in get_args(Method):
        raise UnknownNameError("method", method, get_args(Method))
    chosen = content_words(vectors, count=count)
    if len(chosen) < MIN_WORDS:
        raise InputError(
            f"{len(chosen)} content words, {MIN_WORDS} are needed for a map; train on more text"
        )
    units = np.array(vectors.vectors[chosen], dtype=np.float64)
    units /= np.maximum(np.linalg.norm(units, axis=1, keepdims=True), 1e-12)
    return flattened([vectors.words[i] for i in chosen], units, method=method)


def flattened(words: Sequence[str], units: NDArray[np.float64], *, method: Method) -> list[Place]:
    """Return words on a plane by their unit vectors."""
    flat = _tsne(units) if method == "tsne" else _pca(units)
    return [
        Place(word=word, x=x, y=y, chinese=is_chinese(word))
        for word, (x, y) in zip(words, flat.tolist(), strict=True)
    ]


def content_words(vectors: WordVectors, *, count: int) -> list[int]:
    """Return places of the most frequent words of two characters or more that are no stop words."""
    from chainring.text.stopwords import stopwords

    stops = stopwords("en", wide=True) | stopwords("zh", wide=True)
    found: dict[bool, list[int]] = {True: [], False: []}
    for i, word in enumerate(vectors.words):
        bare = word.replace("'", "").replace("’", "")
        if len(word) > 1 and bare.isalpha() and word not in stops:
            found[is_chinese(word)].append(i)
    half = count // 2
    chinese = min(len(found[True]), max(half, count - len(found[False])))
    english = min(len(found[False]), count - chinese)
    return sorted(found[True][:chinese] + found[False][:english])


def _pca(units: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return coordinates along the two widest directions; their signs are settled."""
    centred = units - units.mean(axis=0)
    left, sizes, right = np.linalg.svd(centred, full_matrices=False)
    widest = np.abs(right[:2]).argmax(axis=1)
    signs = np.sign(right[[0, 1], widest])
    flat: NDArray[np.float64] = left[:, :2] * sizes[:2] * signs
    return flat


def _tsne(units: NDArray[np.float64]) -> NDArray[np.float64]:
    if find_spec("sklearn") is None:
        raise MissingPackageError(
            "scikit-learn",
            extra="train",
            needed_for=Said(
                "a map by t-SNE (--method pca needs it not)",
                zh="用 t-SNE 画图（--method pca 不需要）",
            ),
        )
    from sklearn.manifold import TSNE

    perplexity = min(12.0, (len(units) - 1) / 3)
    made = TSNE(metric="cosine", init="pca", perplexity=perplexity, random_state=0)
    flat: NDArray[np.float64] = made.fit_transform(units)
    return flat
