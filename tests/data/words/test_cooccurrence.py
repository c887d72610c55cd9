"""Counts beside a plain loop over every pair of places; bounded memory gives the same counts."""

from __future__ import annotations

import random
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chainring.contracts.errors import InputError
from chainring.data.words.cooccurrence import Cooccurrence, Layout, cooccurrence, numbered

Pairs = dict[tuple[int, int], float]


def by_loops(lines: list[list[int]], window: int) -> Pairs:
    """Pennington et al. 2014, section 4.2: d words apart add 1/d, to the left and to the right."""
    found = Counter[tuple[int, int]]()
    for line in lines:
        for here, word in enumerate(line):
            for there in range(max(0, here - window), min(len(line), here + window + 1)):
                if there != here:
                    found[word, line[there]] += 1 / abs(here - there)  # type: ignore[assignment]
    return dict(found)


def pairs(counts: Cooccurrence) -> Pairs:
    found = {}
    bands = counts.layout.bands
    for row_band in range(bands):
        for column_band in range(bands):
            tile = counts.tile(row_band, column_band)
            assert (np.diff(tile.rows) >= 0).all(), "rows of a tile stand in order"
            for row, column, count in zip(tile.rows, tile.columns, tile.counts, strict=True):
                pair = int(row) * bands + row_band, int(column) * bands + column_band
                assert pair not in found, "a pair stands once"
                found[pair] = float(count)
    assert len(found) == len(counts)
    return found


def some_lines(words: int, count: int, seed: int) -> list[list[int]]:
    rng = random.Random(seed)
    return [[rng.randrange(words) for _ in range(rng.randrange(30))] for _ in range(count)]


@pytest.mark.parametrize("window", [1, 2, 5, 16])
def test_counts_are_those_of_a_plain_loop(tmp_path: Path, window: int) -> None:
    lines = some_lines(40, 60, seed=window)
    found = cooccurrence(lines, words=40, window=window, folder=tmp_path)
    assert pairs(found) == pytest.approx(by_loops(lines, window))


def test_little_memory_gives_the_same_counts(tmp_path: Path) -> None:
    lines = some_lines(25, 80, seed=1)
    found = cooccurrence(lines, words=25, window=4, folder=tmp_path, pairs_at_once=64)
    assert pairs(found) == pytest.approx(by_loops(lines, 4))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["columns", "counts", "rows"]


@given(st.lists(st.lists(st.integers(0, 8), max_size=12), max_size=8), st.integers(1, 5))
def test_any_lines_are_counted_right(
    tmp_path_factory: pytest.TempPathFactory, lines: list[list[int]], window: int
) -> None:
    folder = tmp_path_factory.mktemp("pairs")
    expected = by_loops(lines, window)
    if not expected:
        with pytest.raises(InputError, match="no two words"):
            cooccurrence(lines, words=9, window=window, folder=folder)
        return
    found = cooccurrence(lines, words=9, window=window, folder=folder, pairs_at_once=16)
    assert pairs(found) == pytest.approx(expected)


def test_more_words_than_a_tile_holds_are_dealt_into_bands(tmp_path: Path) -> None:
    layout = Layout.of(20_001)
    assert layout.bands * layout.size >= 20_001
    lines = [[0, 20_000, 513, 0], [20_000, 19_999]]
    found = cooccurrence(lines, words=20_001, window=3, folder=tmp_path)
    assert pairs(found) == pytest.approx(by_loops(lines, 3))


def test_words_without_a_number_leave_no_gap(tmp_path: Path) -> None:
    (tmp_path / "corpus").write_text("马 rare 车\n\nrare\n", encoding="utf-8")
    assert list(numbered(tmp_path / "corpus", {"马": 0, "车": 1})) == [[0, 1], [], []]
