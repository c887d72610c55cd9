"""Whether two samples have the same shares of categories, where most categories are rare.

Enters the rows of each category in both samples, leaves a p value that is never too small.

    sparse_homogeneity([(2, 0)] * 50 + [(0, 2)] * 50)

The question is that of Pearson's chi-square: how likely is a statistic as large, given how many
rows each sample and each category has? Its distribution by that name needs five expected rows of
each category. Here it is bounded instead (H. Chernoff 1952): rows fall into the first sample by
independent binomials, tilted until they give the statistic that was seen, and the number of rows
in the first sample is asked exactly, as a product of the categories' own distributions. The bound
is about ten times the exact p value in the middle of its range, and equal to it at the end.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from chainring.stats.binomial import mass

if TYPE_CHECKING:
    from chainring.stats.inputs import Floats

_STEPS = 60
_ENOUGH = 1e-9
_FARTHEST = 200.0
_PRODUCT = 20_000_000  # multiplications after which the exact number of rows is not asked


def sparse_homogeneity(pairs: Sequence[tuple[int, int]]) -> float:
    """Return an upper bound of the p value that both samples have the same shares of categories.

    Parameters
    ----------
    pairs
        Of each category its rows in the two samples; neither sample is empty.

    >>> round(sparse_homogeneity([(8, 0), (0, 8)]) * math.comb(16, 8), 6)  # two of all tables
    2.0
    """
    n, m = (sum(column) for column in zip(*pairs, strict=True))
    if n > m:
        return sparse_homogeneity([(b, a) for a, b in pairs])
    table = _Table(pairs, n, n / (n + m))
    tilt_2 = table.saddle()
    exponent = table.exponent(tilt_2)
    if exponent >= 0.0:
        return 1.0
    rows = table.chance_of_rows(tilt_2) / mass(n, n + m, n / (n + m))
    return min(1.0, math.exp(exponent) * rows)


class _Table:
    """The cells that each category may have in the first sample; axes: C cells, K categories."""

    def __init__(self, pairs: Sequence[tuple[int, int]], n: int, share: float) -> None:
        import numpy as np

        self.n = n
        totals_k = np.array([a + b for a, b in pairs if a + b])
        sizes_k = np.minimum(totals_k, n) + 1
        self.starts_k = np.concatenate([[0], np.cumsum(sizes_k)[:-1]])
        self.of_c = np.repeat(np.arange(len(totals_k)), sizes_k)
        rows_c = np.arange(len(self.of_c)) - self.starts_k[self.of_c]
        totals_c = totals_k[self.of_c]
        logs = np.concatenate([[0.0], np.cumsum(np.log(np.arange(1, totals_k.max() + 1)))])
        self.log_c = logs[totals_c] - logs[rows_c] - logs[totals_c - rows_c]
        self.log_c += rows_c * math.log(share) + (totals_c - rows_c) * math.log1p(-share)
        self.apart_c = rows_c - totals_c * share
        self.score_c = self.apart_c**2 / (totals_c * share * (1.0 - share))
        seen_k = np.array([a for a, b in pairs if a + b])
        self.score = float(self.score_c[self.starts_k + seen_k].sum())

    def tilted(self, tilt_2: Any) -> tuple[float, Floats]:
        """Return the logarithm of the tilted sum, and the tilted chance of each cell."""
        import numpy as np

        log_c = self.log_c + tilt_2[0] * self.score_c + tilt_2[1] * self.apart_c
        top_k = np.maximum.reduceat(log_c, self.starts_k)
        chance_c = np.exp(log_c - top_k[self.of_c])
        sum_k = np.add.reduceat(chance_c, self.starts_k)
        return float((top_k + np.log(sum_k)).sum()), chance_c / sum_k[self.of_c]

    def exponent(self, tilt_2: Any) -> float:
        """Return the logarithm of the bound before the number of rows is asked."""
        return self.tilted(tilt_2)[0] - float(tilt_2[0]) * self.score

    def saddle(self) -> Any:
        """Return the tilt, of the statistic and of the rows, whose bound is the lowest (Newton)."""
        import numpy as np

        tilt_2, value = np.zeros(2), 0.0
        for _ in range(_STEPS):
            slope_2, bend_22 = self._derivatives(tilt_2)
            step_2 = -np.linalg.solve(bend_22 + 1e-9 * np.eye(2), slope_2)
            gain, size = float(-slope_2 @ step_2), 1.0
            while size > 1e-6 and not (
                tilt_2[0] + size * step_2[0] >= 0.0
                and (found := self.exponent(tilt_2 + size * step_2)) <= value - 0.1 * size * gain
            ):
                size /= 2.0
            if size <= 1e-6:
                break
            tilt_2, value = tilt_2 + size * step_2, found
            if gain < _ENOUGH or tilt_2[0] > _FARTHEST:
                break
        return tilt_2

    def _derivatives(self, tilt_2: Any) -> tuple[Floats, Any]:
        import numpy as np

        _, chance_c = self.tilted(tilt_2)
        sides_2c = np.stack([self.score_c, self.apart_c])
        mean_2k = np.add.reduceat(chance_c * sides_2c, self.starts_k, axis=1)
        off_2c = sides_2c - mean_2k[:, self.of_c]
        bend_22 = (chance_c * off_2c) @ off_2c.T
        return mean_2k.sum(1) - np.array([self.score, 0.0]), bend_22

    def chance_of_rows(self, tilt_2: Any) -> float:
        """Return how likely the first sample has the rows it has; 1 where that takes too long."""
        import numpy as np

        _, chance_c = self.tilted(tilt_2)
        if len(chance_c) * self.n > _PRODUCT:
            return 1.0
        found = np.ones(1)
        for chances in np.split(chance_c, self.starts_k[1:]):
            found = np.convolve(found, chances)[: self.n + 1]
        return float(found[self.n])
