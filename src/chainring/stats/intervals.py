"""How sure one share is, or one mean.

Enters: counts of successes, or a column of graded outcomes. Leaves: an `Interval`.

    wilson(91, 100)                     accuracy with its interval, for reports and charts
    upper_bound(2, 300)                 "at most this share, with 95 % confidence", for limits
    bootstrap_mean(chrf, seed=0)        a mean of graded outcomes

See Also
--------
wilson : the default for showing a share; its coverage is right on average, also for few rows.
upper_bound, lower_bound : exact one-sided bounds that never claim too much, for promises.
chainring.stats.paired : two models on the same rows; never compare two intervals by eye.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import NormalDist
from typing import TYPE_CHECKING, TypedDict

from chainring.stats.binomial import beta_quantile
from chainring.stats.clustered import by_unit, effective_rows
from chainring.stats.inputs import at_least, at_most, inside, numbers, require

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from chainring.stats.inputs import Floats

_CHUNK = 1 << 21  # resampled values held at a time: 16 MiB


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """An estimate, the bounds it lies between, and the number of rows it comes from."""

    low: float
    high: float
    estimate: float
    n: int


class Drawn(TypedDict):
    """How an interval is made: its two-sided confidence, and the unit of each row."""

    level: float
    units: Sequence[int] | None


def wilson(successes: int, n: int, *, level: float = 0.95) -> Interval:
    """Return the score interval of a share.

    E. B. Wilson 1927, "Probable inference, the law of succession, and statistical inference",
    without continuity correction.

    Parameters
    ----------
    successes
        Rows that were right, 0 to `n`.
    n
        Rows, at least 1.
    level
        Two-sided confidence, between 0 and 1.

    Raises
    ------
    InputError
        A count or the level is outside its range.

    >>> found = wilson(91, 100)
    >>> round(found.low, 3), found.estimate, round(found.high, 3)
    (0.838, 0.91, 0.952)
    """
    _require_counts("a Wilson interval", successes, n, level)
    return _score(successes / n, n, level=level, rows=n)


def _score(share: float, n: float, *, level: float, rows: int) -> Interval:
    """Return Wilson's interval of a share of `rows` rows that are worth `n` of their own."""
    z = NormalDist().inv_cdf((1.0 + level) / 2.0)
    wide = z * z / n
    centre = (share + wide / 2.0) / (1.0 + wide)
    reach = z * math.sqrt(share * (1.0 - share) / n + wide / (4.0 * n)) / (1.0 + wide)
    low = 0.0 if share == 0.0 else max(0.0, centre - reach)
    high = 1.0 if share == 1.0 else min(1.0, centre + reach)
    return Interval(low=low, high=high, estimate=share, n=rows)


def upper_bound(successes: int, n: int, *, level: float = 0.95) -> float:
    """Return the exact one-sided upper bound of a share.

    C. J. Clopper and E. S. Pearson 1934, one side: the true share is above the bound in at most
    1 - `level` of all samples.

    >>> round(upper_bound(0, 59), 3)  # no reopened complaint among 59
    0.05
    """
    _require_counts("an upper bound", successes, n, level)
    return 1.0 if successes == n else beta_quantile(level, successes + 1, n - successes)


def lower_bound(successes: int, n: int, *, level: float = 0.95) -> float:
    """Return the exact one-sided lower bound of a share (Clopper and Pearson 1934, one side)."""
    _require_counts("a lower bound", successes, n, level)
    return 0.0 if successes == 0 else beta_quantile(1.0 - level, successes, n - successes + 1)


def bootstrap_mean(
    values: ArrayLike,
    *,
    level: float = 0.95,
    draws: int = 4000,
    seed: int,
    units: Sequence[int] | None = None,
) -> Interval:
    """Return the percentile bootstrap interval of a mean.

    B. Efron 1979, "Bootstrap methods: another look at the jackknife"; percentiles as in Efron 1981.

    Parameters
    ----------
    values
        One finite number per row, shape (n,).
    level
        Two-sided confidence, between 0 and 1.
    draws
        Resamples, at least 100.
    seed
        Seed of the resampling; the same seed gives the same interval.
    units
        The unit of each row: rows of one unit are drawn together. None: each is one.
    """
    column = numbers("values of a bootstrap", values)
    sums_u, sizes_u = by_unit(column, range(len(column)) if units is None else units)
    means = resampled_means(sums_u, sizes_u, draws=draws, seed=seed)
    low, high = percentiles(means, level=level)
    return Interval(low=low, high=high, estimate=float(column.mean()), n=len(column))


def mean_grade(
    grades: ArrayLike,
    *,
    level: float = 0.95,
    seed: int = 0,
    units: Sequence[int] | None = None,
) -> Interval:
    """Return the mean of grades, 0 to 1, with its interval.

    Wilson's where all are 0 or 1, else a bootstrap, `no_narrower` than that of equal grades. Rows
    of one unit (an author, a group) count as `effective_rows`, and are drawn together.

    >>> mean_grade([1.0, 0.0, 1.0]) == wilson(2, 3)
    True
    """
    column = numbers("grades", grades)
    worth = float(len(column)) if units is None else effective_rows(column, units, level=level)
    if all(grade in (0.0, 1.0) for grade in column):
        return _score(float(column.mean()), worth, level=level, rows=len(column))
    found = bootstrap_mean(column, level=level, seed=seed, units=units)
    return no_narrower(found, level=level, n=worth)


def no_narrower(found: Interval, *, level: float = 0.95, n: float | None = None) -> Interval:
    """Return the interval of a share or mean grade, its bounds no nearer than rows unseen allow.

    A bootstrap draws what was seen alone: of rows that are all alike it has no width. By Wilson's
    bound of `n` of `n` some share of rows may be unlike all of them, and worth 0, or 1. `n` is the
    number of rows that count, all of them unless given.
    """
    seen = _score(1.0, n or found.n, level=level, rows=found.n).low
    low = min(found.low, found.estimate * seen)
    return replace(found, low=low, high=max(found.high, 1.0 - (1.0 - found.estimate) * seen))


def resampled_means(sums: ArrayLike, sizes: ArrayLike, *, draws: int, seed: int) -> Floats:
    """Return the mean over all rows in each of `draws` resamples of units, shape (draws,).

    A unit is a row, or a group of rows that belong together; it enters as the sum of its values
    and its size, and is drawn whole.
    """
    import numpy as np

    require("nothing can be resampled", at_least("draws", draws, 100))
    sums_u = np.asarray(sums, dtype=np.float64)
    sizes_u = np.asarray(sizes, dtype=np.float64)
    generator = np.random.default_rng(seed)
    rows = max(1, _CHUNK // len(sums_u))
    parts: list[Floats] = []
    for start in range(0, draws, rows):
        shape = (min(rows, draws - start), len(sums_u))
        drawn_du = generator.integers(0, len(sums_u), size=shape)
        parts.append(sums_u[drawn_du].sum(axis=1) / sizes_u[drawn_du].sum(axis=1))
    return np.concatenate(parts)


def percentiles(means: Floats, *, level: float) -> tuple[float, float]:
    """Return the bounds that hold the middle `level` of resampled means."""
    import numpy as np

    require("no interval", inside("level", level))
    low, high = np.quantile(means, [(1.0 - level) / 2.0, (1.0 + level) / 2.0])
    return float(low), float(high)


def _require_counts(what: str, successes: int, n: int, level: float) -> None:
    require(
        f"{what} cannot be computed",
        at_least("n", n, 1),
        at_least("successes", successes, 0),
        at_most("successes", successes, n),
        inside("level", level),
    )
