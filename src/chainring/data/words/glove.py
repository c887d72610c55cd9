"""GloVe: vectors whose products tell the logarithm of how often words stand near each other.

Enters `Cooccurrence`, leaves one vector a word and the loss of each pass. The method is that of
Pennington, Socher and Manning (2014): equation 8 is the objective,

    J = sum over pairs i, j of f(X_ij) (w_i . c_j + b_i + d_j - log X_ij)^2

with f of equation 9, f(x) = (x / x_max)^alpha up to x_max and 1 beyond; the vectors are w + c
(section 4.2). It is trained by AdaGrad (Duchi, Hazan and Singer 2011), as theirs is. We differ in
the step: theirs is one pair, ours is one tile of the matrix, whose gradient is two sparse products.
Tiles that share neither row band nor column band touch different vectors, so they are trained side
by side (the strata of Gemulla et al. 2011), and any number of workers gives the same bytes.

Axes: S words of a band, D numbers of a vector, N pairs of a tile, K bands. A vector carries its
bias: rows are (w, b, 1) and columns (c, 1, d), so that one product gives the whole prediction.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from chainring.contracts.errors import MissingPackageError
from chainring.data.sentences import progress
from chainring.data.words.cooccurrence import Cooccurrence, Layout, Tile

Floats: TypeAlias = NDArray[Any]  # float32 in training; tests use float64


@dataclass(frozen=True, slots=True, kw_only=True)
class Objective:
    """The weighting f of equation 9."""

    x_max: float = 100.0
    alpha: float = 0.75

    def weights(self, counts: Floats) -> Floats:
        """Return f of each count."""
        found: Floats = np.minimum(counts / self.x_max, 1.0) ** self.alpha
        return found

    def loss(self, tile: Tile, rows_sd: Floats, columns_sd: Floats) -> float:
        """Return equation 8 over the pairs of one tile."""
        errors_n = _errors(tile, rows_sd, columns_sd)
        return float(np.sum(self.weights(tile.counts) * errors_n**2, dtype=np.float64))

    def gradients(
        self, tile: Tile, rows_sd: Floats, columns_sd: Floats
    ) -> tuple[float, Floats, Floats]:
        """Return the loss of one tile and its gradients for rows and columns."""
        from scipy import sparse

        errors_n = _errors(tile, rows_sd, columns_sd)
        weighted_n = self.weights(tile.counts).astype(rows_sd.dtype) * errors_n
        size = len(rows_sd)
        starts = np.searchsorted(tile.rows, np.arange(size + 1))
        pulls = sparse.csr_array((2 * weighted_n, tile.columns, starts), shape=(size, size))
        row_gradient_sd, column_gradient_sd = pulls @ columns_sd, pulls.T @ rows_sd
        row_gradient_sd[:, -1] = 0  # the ones that carry the other side's bias stay ones
        column_gradient_sd[:, -2] = 0
        loss = float(np.sum(weighted_n * errors_n, dtype=np.float64))
        return loss, row_gradient_sd, column_gradient_sd


def _errors(tile: Tile, rows_sd: Floats, columns_sd: Floats) -> Floats:
    told_n = np.einsum("nd,nd->n", rows_sd[tile.rows], columns_sd[tile.columns])
    errors_n: Floats = told_n - np.log(tile.counts.astype(rows_sd.dtype))
    return errors_n


@dataclass(frozen=True, slots=True, kw_only=True)
class Trained:
    """Vectors in the order of the words, and J of each pass (taken while it was trained)."""

    vectors: NDArray[np.float32]
    losses: tuple[float, ...]


class _Side:
    """The vectors of one side (words as rows, or as contexts) with AdaGrad's sums of squares."""

    def __init__(self, layout: Layout, dimensions: int, *, ones: int, rng: np.random.Generator):
        shape = (layout.bands, layout.size, dimensions + 2)
        self.values = (rng.random(shape, dtype=np.float32) - np.float32(0.5)) / dimensions
        self.values[..., -2:] = 0
        self.values[..., ones] = 1
        self._squares = np.ones(shape, dtype=np.float32)

    def step(self, band: int, gradient_sd: Floats, rate: np.float32) -> None:
        """Move one band against its gradient, by AdaGrad."""
        squares = self._squares[band]
        squares += gradient_sd * gradient_sd
        self.values[band] -= rate * gradient_sd / np.sqrt(squares)


def glove(
    counts: Cooccurrence,
    *,
    dimensions: int,
    epochs: int,
    seed: int,
    objective: Objective | None = None,
    learning_rate: float = 0.15,
    workers: int = 1,
    say: Callable[[str], None] = lambda _: None,
) -> Trained:
    """Train vectors on co-occurrence counts.

    Parameters
    ----------
    counts
        As `cooccurrence` makes them.
    dimensions
        Numbers a vector.
    epochs
        Passes over all pairs.
    seed
        The same seed gives the same vectors, with any number of workers.
    objective
        The weighting of pairs; by default that of the paper.
    learning_rate
        First step of AdaGrad.
    workers
        Threads.
    say
        Told the loss after every pass.

    Raises
    ------
    MissingPackageError
        scipy is not installed.
    """
    if find_spec("scipy") is None:
        raise MissingPackageError("scipy", extra="data", needed_for="glove")
    goal = objective or Objective()
    rng = np.random.default_rng(seed)
    words = _Side(counts.layout, dimensions, ones=-1, rng=rng)
    contexts = _Side(counts.layout, dimensions, ones=-2, rng=rng)
    rate, bands = np.float32(learning_rate), counts.layout.bands

    def train_tile(row: int, column: int) -> float:
        loss, for_rows, for_columns = goal.gradients(
            counts.tile(row, column), words.values[row], contexts.values[column]
        )
        words.step(row, for_rows, rate)
        contexts.step(column, for_columns, rate)
        return loss

    losses = []
    with ThreadPoolExecutor(workers) as pool:
        for epoch in range(1, epochs + 1):
            loss = 0.0
            for shift in rng.permutation(bands).tolist():
                columns = [(row + shift) % bands for row in range(bands)]
                loss += sum(pool.map(train_tile, range(bands), columns))
            losses.append(loss)
            mean = f"{loss / len(counts):.5f}"
            say(progress("glove", number=epoch, count=epochs, loss=mean))
    together = (words.values + contexts.values)[..., :-2]
    return Trained(vectors=_in_order(together, counts.layout), losses=tuple(losses))


def _in_order(values_ksd: Floats, layout: Layout) -> NDArray[np.float32]:
    """Return the vectors in the order of the words: word w stands in band w mod K."""
    ordered = values_ksd.transpose(1, 0, 2).reshape(-1, values_ksd.shape[-1])
    return np.ascontiguousarray(ordered[: layout.words], dtype=np.float32)
