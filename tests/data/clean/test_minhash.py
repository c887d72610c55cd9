"""Bands find what the formula promises; the Jaccard index is that of sets; rensa agrees."""

from __future__ import annotations

import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chainring.data.clean.characters import Page
from chainring.data.clean.minhash import BANDS, ROWS, _signatures, band_keys, jaccard


def page_of(*documents: list[int]) -> Page:
    """Return documents whose shingles are independent: five words each, none shared by chance."""
    return Page.of([" ".join(f"w{number}x" for number in words) for words in documents])


def pair(rng: random.Random, *, size: int, index: float) -> tuple[list[int], list[int], float]:
    """Return two documents that share a run of words, and their true index."""
    shared = round(2 * size * index / (1 + index))
    common = [rng.randrange(10**9) for _ in range(shared)]
    one, other = ([*common, *(rng.randrange(10**9) for _ in range(size - shared))] for _ in "ab")
    sets = [{tuple(words[i : i + 5]) for i in range(size - 4)} for words in (one, other)]
    return one, other, len(sets[0] & sets[1]) / len(sets[0] | sets[1])


@pytest.mark.parametrize("index", [0.5, 0.7, 0.8])
def test_bands_propose_as_many_pairs_as_the_formula_says(index: float) -> None:
    rng = random.Random(index)
    made = [pair(rng, size=220, index=index) for _ in range(400)]
    keys = band_keys(page_of(*(words for one, other, _ in made for words in (one, other))).shingles)
    found = (keys[0::2] == keys[1::2]).any(axis=1).mean()
    expected = float(np.mean([1 - (1 - true**ROWS) ** BANDS for _, _, true in made]))
    assert abs(found - expected) < 4 * np.sqrt(max(expected * (1 - expected), 0.002) / 400)


def test_signatures_estimate_the_index_as_well_as_rensa_does() -> None:
    rensa = pytest.importorskip("rensa")
    rng = random.Random(1)
    ours, theirs = [], []
    for _ in range(150):
        one, other, true = pair(rng, size=200, index=rng.uniform(0.3, 0.95))
        pieces = page_of(one, other).shingles
        rows = _signatures(pieces.hashes, pieces.first[:-1])
        ours.append((rows[:, 0] == rows[:, 1]).mean() - true)
        hashed = [rensa.RMinHash(num_perm=BANDS * ROWS, seed=1) for _ in "ab"]
        for made, words in zip(hashed, (one, other), strict=True):
            made.update([str(tuple(words[i : i + 5])) for i in range(len(words) - 4)])
        theirs.append(hashed[0].jaccard(hashed[1]) - true)
    error = [float(np.sqrt(np.mean(np.square(one)))) for one in (ours, theirs)]
    assert error[0] < 0.06
    assert error[0] < 1.3 * error[1]


@given(st.sets(st.integers(0, 40)), st.sets(st.integers(0, 40)))
def test_the_index_is_that_of_sets(a: set[int], b: set[int]) -> None:
    arrays = [np.array(sorted(one), dtype=np.uint64) for one in (a, b)]
    expected = len(a & b) / len(a | b) if a | b else 1.0
    assert jaccard(*arrays) == expected


def test_a_document_without_tokens_is_like_no_other() -> None:
    keys = band_keys(Page.of(["…", "one two three", "!!"]).shingles)
    assert not keys[[0, 2]].any()
    assert keys[1].all()
