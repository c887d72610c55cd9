"""GloVe beside the paper's formulas, written as plain loops; and that it learns what is there."""

from __future__ import annotations

import itertools
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from chainring.data.words.cooccurrence import Cooccurrence, Layout, Tile, cooccurrence
from chainring.data.words.glove import Objective, glove

Doubles = NDArray[np.float64]
WORDS, SIZE = 11, 5


def counts_of(matrix: Doubles) -> Cooccurrence:
    """Lay a whole matrix of counts into tiles."""
    layout = Layout.of(len(matrix))
    rows, columns, counts = [], [], []
    starts = [0]
    for row_band in range(layout.bands):
        for column_band in range(layout.bands):
            block = matrix[row_band :: layout.bands, column_band :: layout.bands]
            row, column = np.nonzero(block)
            rows.append(row)
            columns.append(column)
            counts.append(block[row, column])
            starts.append(starts[-1] + len(row))
    return Cooccurrence(
        layout=layout,
        starts=np.array(starts),
        rows=np.concatenate(rows).astype(np.uint32),
        columns=np.concatenate(columns).astype(np.uint32),
        counts=np.concatenate(counts).astype(np.float32),
    )


def small_matrix(seed: int = 0, words: int = WORDS) -> Doubles:
    rng = np.random.default_rng(seed)
    counts = rng.gamma(0.6, 60.0, size=(words, words)) * (rng.random((words, words)) < 0.6)
    return np.asarray(counts.astype(np.float32), dtype=np.float64)


def some_side(*, ones: int, seed: int, layout: Layout, dimensions: int = 4) -> Doubles:
    rng = np.random.default_rng(seed)
    side = rng.normal(size=(layout.bands, layout.size, dimensions + 2))
    side[..., ones] = 1
    return side


def equation_8(matrix: Doubles, rows: Doubles, columns: Doubles, bands: int) -> float:
    """J = sum f(X_ij) (w_i . w~_j + b_i + b~_j - log X_ij)^2, f(x) = (x / 100)^(3/4) or 1."""
    total = 0.0
    for i in range(len(matrix)):
        for j in range(len(matrix)):
            x = matrix[i, j]
            if x == 0:
                continue
            w, c = rows[i % bands, i // bands], columns[j % bands, j // bands]
            product = sum(float(w[k]) * float(c[k]) for k in range(len(w) - 2))
            bias, context_bias = float(w[-2]), float(c[-1])
            weight = (x / 100) ** 0.75 if x < 100 else 1.0
            total += weight * (product + bias + context_bias - math.log(x)) ** 2
    return total


def test_the_loss_is_equation_8_of_the_paper() -> None:
    matrix = small_matrix()
    counts = counts_of(matrix)
    bands = counts.layout.bands
    rows = some_side(ones=-1, seed=1, layout=counts.layout)
    columns = some_side(ones=-2, seed=2, layout=counts.layout)
    found = by_gradients = 0.0
    for i in range(bands):
        for j in range(bands):
            found += Objective().loss(counts.tile(i, j), rows[i], columns[j])
            by_gradients += Objective().gradients(counts.tile(i, j), rows[i], columns[j])[0]
    expected = equation_8(matrix, rows, columns, bands)
    assert expected > 100
    assert found == pytest.approx(expected, rel=1e-6)
    assert by_gradients == pytest.approx(expected, rel=1e-6)


def test_the_gradient_is_that_of_finite_differences() -> None:
    tile = Tile(
        rows=np.array([0, 0, 1, 3, 4]),
        columns=np.array([1, 4, 0, 3, 3]),
        counts=np.array([0.5, 250.0, 12.0, 99.0, 1.0], dtype=np.float32),
    )
    layout = Layout(words=SIZE, bands=1)
    rows = some_side(ones=-1, seed=3, layout=layout)[0]
    columns = some_side(ones=-2, seed=4, layout=layout)[0]
    _, for_rows, for_columns = Objective().gradients(tile, rows, columns)
    step = 1e-6
    for side, gradient, ones in ((rows, for_rows, -1), (columns, for_columns, -2)):
        expected = np.zeros_like(side)
        for place in np.ndindex(*side.shape):
            kept = side[place]
            side[place] = kept + step
            above = Objective().loss(tile, rows, columns)
            side[place] = kept - step
            below = Objective().loss(tile, rows, columns)
            side[place] = kept
            expected[place] = (above - below) / (2 * step)
        assert np.abs(expected[:, ones]).max() > 0.1, "the ones matter to the loss"
        expected[:, ones] = 0  # and yet they are not trained
        np.testing.assert_allclose(gradient, expected, rtol=1e-5, atol=1e-5)


def test_weights_are_those_of_equation_9() -> None:
    found = Objective(x_max=10, alpha=0.5).weights(np.array([0.1, 2.5, 10.0, 4000.0]))
    assert found == pytest.approx([0.1, 0.5, 1.0, 1.0])


def test_the_loss_falls_from_pass_to_pass() -> None:
    losses = glove(counts_of(small_matrix(words=60)), dimensions=8, epochs=12, seed=0).losses
    assert len(losses) == 12
    assert all(after < before for before, after in itertools.pairwise(losses))
    assert losses[-1] < losses[0] / 5


def test_any_number_of_workers_gives_the_same_bytes_and_another_seed_others() -> None:
    counts = counts_of(small_matrix(words=60))

    def made(**options: Any) -> bytes:
        return glove(counts, dimensions=6, epochs=3, **options).vectors.tobytes()

    assert made(seed=5, workers=1) == made(seed=5, workers=3)
    assert made(seed=5) != made(seed=6)


def test_words_of_like_company_get_like_vectors(tmp_path: Path) -> None:
    """Words 0 to 4 stand among 10 to 19, words 5 to 9 among 20 to 29."""
    rng = np.random.default_rng(0)
    lines = [
        [int(rng.integers(low, low + 5)), *(rng.integers(high, high + 10, size=4).tolist())]
        for low, high in ((0, 10), (5, 20)) * 300
    ]
    counts = cooccurrence(lines, words=30, window=5, folder=tmp_path)
    vectors = glove(counts, dimensions=8, epochs=30, seed=0).vectors
    units = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    cosines = units @ units.T
    for word in range(10):
        own = range(0, 5) if word < 5 else range(5, 10)
        other = range(5, 10) if word < 5 else range(0, 5)
        least = min(cosines[word, one] for one in own)
        assert least > max(cosines[word, one] for one in other)


def test_what_was_counted_can_be_read_from_the_products() -> None:
    """A matrix of two directions and two biases is fitted: every weighted error is small."""
    rng = np.random.default_rng(3)
    left, right = rng.normal(size=(24, 2)), rng.normal(size=(24, 2))
    matrix = np.exp(left @ right.T + rng.normal(size=(24, 1)) + 2.0)
    losses = glove(counts_of(matrix), dimensions=6, epochs=300, seed=0).losses
    assert losses[-1] / matrix.size < 0.002
    assert losses[0] / matrix.size > 0.2
