"""Pieces and buckets are those of fastText, as gensim's own compiled code has them."""

from __future__ import annotations

import numpy as np
import pytest

from chainring.data.words.subwords import Subwords, bucket, pieces

fasttext_inner = pytest.importorskip("gensim.models.fasttext_inner")
WORDS = ("red", "包裹", "T恤", "naïve", "a", "退", "𠮷野家", "unbelievable")


@pytest.mark.parametrize("word", WORDS)
@pytest.mark.parametrize("lengths", [(1, 1), (1, 3), (2, 5), (3, 6)])
def test_pieces_are_those_of_gensim(word: str, lengths: tuple[int, int]) -> None:
    expected = [one.decode() for one in fasttext_inner.compute_ngrams_bytes(word, *lengths)]
    assert list(pieces(word, *lengths)) == expected


@pytest.mark.parametrize("word", WORDS)
def test_buckets_are_those_of_gensim(word: str) -> None:
    expected = fasttext_inner.ft_hash_bytes(word.encode()) % 200_000
    assert bucket(word, 200_000) == expected


def test_an_unknown_word_is_the_mean_of_its_trained_pieces() -> None:
    hashed = sorted({bucket(one, 97) for one in pieces("包裹", 2, 2)})
    kept = Subwords(
        vectors=np.arange(2 * len(hashed), dtype=np.float32).reshape(-1, 2),
        buckets=np.array(hashed, dtype=np.int64),
        min_ngram=2,
        max_ngram=2,
        count=97,
    )
    rows = [hashed.index(bucket(one, 97)) for one in pieces("包裹", 2, 2)]
    found = kept.vector("包裹")
    assert found is not None
    np.testing.assert_allclose(found, kept.vectors[rows].mean(axis=0))


def test_a_word_without_any_trained_piece_has_no_vector() -> None:
    none = Subwords(
        vectors=np.zeros((1, 2), dtype=np.float32),
        buckets=np.array([3]),
        min_ngram=2,
        max_ngram=2,
        count=1_000_003,
    )
    assert none.vector("包裹") is None
    assert none.vector("") is None
