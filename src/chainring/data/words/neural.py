"""Word2Vec and fastText, trained by gensim from a corpus on disk.

Enters a corpus and its vocabulary, leaves one vector a word, in the order of the vocabulary:

    neural(made, vocabulary={"horse": 120, "马": 97}, settings=WordSettings()).vectors  # (2, 100)

Skip-gram with negative sampling (Mikolov, Sutskever, Chen, Corrado and Dean 2013), or the mean of
the context (`cbow`); fastText with pieces of words (Bojanowski et al. 2017). gensim reads the file
itself, without Python's lock; with one worker the same seed gives the same bytes, with more they
race for the same weights and each run differs.

See Also
--------
`glove`: counts first and trains on counts; every run is the same with any number of workers.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chainring.contracts.errors import ChainringError, MissingPackageError
from chainring.data.words.corpus import Corpus
from chainring.data.words.settings import WordSettings
from chainring.data.words.subwords import Subwords, trained


@dataclass(frozen=True, slots=True, kw_only=True)
class Neural:
    """Vectors in the order of the vocabulary; pieces of words where the kind has them."""

    vectors: NDArray[np.float32]
    subwords: Subwords | None = None


def neural(corpus: Corpus, *, vocabulary: Mapping[str, int], settings: WordSettings) -> Neural:
    """Train vectors for the words of a vocabulary (word → count).

    Raises
    ------
    MissingPackageError
        gensim is not installed.
    ChainringError
        It cannot be: the Python is too new for it.
    """
    model = _untrained(settings)
    model.build_vocab_from_freq(dict(vocabulary), corpus_count=corpus.documents)
    model.train(corpus_file=str(corpus.path), total_words=corpus.words, epochs=settings.passes)
    vectors = np.ascontiguousarray(model.wv[list(vocabulary)], dtype=np.float32)
    if settings.kind == "word2vec":
        return Neural(vectors=vectors)
    found = trained(
        model,
        min_ngram=settings.min_ngram,
        max_ngram=settings.max_ngram,
        count=settings.buckets,
    )
    return Neural(vectors=vectors, subwords=found)


def _untrained(settings: WordSettings) -> Any:
    if find_spec("gensim") is None:
        raise _missing(settings.kind)
    from gensim.models import FastText, Word2Vec

    common: dict[str, Any] = {
        "vector_size": settings.dimensions,
        "window": settings.reach,
        "min_count": 1,  # the vocabulary is chosen already
        "sg": int(not settings.cbow),
        "negative": settings.negative,
        "seed": settings.seed,
        "workers": settings.workers,
    }
    if settings.kind == "word2vec":
        return Word2Vec(**common)
    pieces = {"min_n": settings.min_ngram, "max_n": settings.max_ngram, "bucket": settings.buckets}
    return FastText(**common, **pieces)


def _missing(kind: str) -> ChainringError:
    if sys.version_info >= (3, 14):  # the marker in pyproject.toml leaves it out there
        return ChainringError(
            f"{kind} is trained by gensim, which cannot be installed on Python 3.14 yet; train "
            "GloVe (--kind glove), or use Python 3.13"
        )
    return MissingPackageError("gensim", extra="data", needed_for=kind)
