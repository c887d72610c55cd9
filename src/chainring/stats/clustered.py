"""Rows that belong together tell less than as many others: how many others they are worth.

Enter grades and the unit of each row (`chainring.stats.units`), leaves a number of rows.

    effective_rows([1, 1, 0, 0], [0, 0, 1, 1])      # under 2.0: two units, and few of them

E. L. Korn and B. I. Graubard 1998, "Confidence intervals for proportions with small expected number
of positive counts estimated from survey data": the rows over the design effect, and less for few
units, as Student's t is wider than the normal curve. Where grades do not vary no design effect can
be seen: rows of one unit are taken to be wholly alike.
"""

from __future__ import annotations

from collections.abc import Sequence
from statistics import NormalDist
from typing import TYPE_CHECKING

from chainring.stats.binomial import beta_quantile
from chainring.stats.inputs import inside, numbers, require, same_length

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from chainring.stats.inputs import Floats


def by_unit(values: ArrayLike, units: Sequence[int]) -> tuple[Floats, Floats]:
    """Return the sum of the values of each unit, and how many rows it has, shape (units,) each."""
    import numpy as np

    column = numbers("values of units", values)
    require("no sums of units", same_length(values=column, units=units))
    _, place_n = np.unique(np.asarray(units), return_inverse=True)
    sums_u: Floats = np.bincount(place_n, column).astype(np.float64)
    return sums_u, np.bincount(place_n).astype(np.float64)


def effective_rows(grades: ArrayLike, units: Sequence[int], *, level: float = 0.95) -> float:
    """Return the number of rows of their own that would tell the mean grade as well, at least 1.

    Parameters
    ----------
    grades
        0 to 1, shape (N,).
    units
        The unit of each row.
    level
        Confidence of the interval that it is for.
    """
    require("rows of units cannot be counted", inside("level", level))
    sums_u, sizes_u = by_unit(grades, units)
    rows, count = float(sizes_u.sum()), len(sizes_u)
    if count == rows:
        return rows
    if count == 1:
        return 1.0
    mean = float(sums_u.sum()) / rows
    column = numbers("grades", grades)
    spread = float(((column - mean) ** 2).mean())
    if spread == 0.0:
        return rows**2 / float((sizes_u**2).sum())
    of_units = float(((sums_u - sizes_u * mean) ** 2).sum()) * count / (count - 1) / rows**2
    effect = max(1.0, of_units / (spread / rows))
    tail = (1.0 + level) / 2.0
    wider = NormalDist().inv_cdf(tail) / _student(tail, count - 1)
    return max(1.0, rows / effect * wider**2)


def _student(share: float, freedom: int) -> float:
    """Return the quantile of Student's t above its middle, through the beta distribution."""
    below = beta_quantile(2.0 * (1.0 - share), freedom / 2.0, 0.5)
    return float((freedom * (1.0 / below - 1.0)) ** 0.5)
