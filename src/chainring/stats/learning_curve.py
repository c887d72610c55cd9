"""What more labels would bring: accuracy over growing shares of the rows, and where it leads.

Enters: for every row whether it was told right by models that learnt from ever more of the other
rows. Leaves: the curve, and what it says of a number of rows that is not there yet.

    found = learning_curve(right_ns, [500, 1000, 2000, 4000], at=(5000, 10000), seed=0)
    found.forecasts[1]                  # with 10,000 rows: estimate, low, high

Axes: N rows, S sizes, D draws, B exponents that are tried.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from chainring.stats.inputs import at_least, inside, require, same_length

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from chainring.stats.inputs import Floats

MIN_SIZES = 3
EXPONENTS = tuple(0.1 * step for step in range(1, 16))
"""How fast errors fall: 0.1 (as good as never) to 1.5; most tasks lie between 0.2 and 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CurvePoint:
    """Accuracy with a number of rows to learn from, and the interval of it."""

    rows: int
    accuracy: float
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class LearningCurve:
    """The measured points, the forecasts in the order asked for, and `gain`.

    `gain` is the last forecast less the first one, with its own interval: both come from the same
    rows, so that its interval is far narrower than theirs.
    """

    points: tuple[CurvePoint, ...]
    forecasts: tuple[CurvePoint, ...]
    gain: CurvePoint


def learning_curve(
    right_ns: ArrayLike,
    sizes: Sequence[int],
    *,
    at: Sequence[int],
    groups: Sequence[Hashable] | None = None,
    level: float = 0.95,
    draws: int = 1000,
    seed: int,
) -> LearningCurve:
    """Fit an inverse power law to the errors and say what it foretells.

    error(n) = c + a n^-b with a, c >= 0, as in C. Cortes and others 1993, "Learning curves:
    asymptotic values and rate of convergence", and R. Figueroa and others 2012, "Predicting sample
    size required for classification performance", equation 1. For each exponent b the other two are
    a least-squares problem with an answer in closed form; the best b of `EXPONENTS` is taken.
    Intervals are percentiles over resampled rows (whole groups where groups are given), each draw
    fitted anew. They hold what the rows' chance does; that the law fits is taken for granted, so
    do not ask for more than a few times the rows.

    Parameters
    ----------
    right_ns
        1 where a row was told right, 0 where wrong, shape (N, S).
    sizes
        Rows that each column's models learnt from, rising, at least three.
    at
        Numbers of rows to foretell, at least two, rising.
    groups
        One key a row; rows of a key are drawn together.

    Raises
    ------
    InputError
        Sizes do not rise, or shapes do not fit.
    """
    import numpy as np

    table_ns = np.asarray(right_ns, dtype=np.float64)
    require(
        "no learning curve",
        None if table_ns.ndim == 2 else f"shape (rows, sizes) expected; found {table_ns.shape}",
        at_least("sizes", len(sizes), MIN_SIZES),
        at_least("at", len(at), 2),
        *(
            None if _rise(values) else f"{name}: rising positive numbers expected; found {values}"
            for name, values in (("sizes", list(sizes)), ("at", list(at)))
        ),
        inside("level", level),
        at_least("draws", draws, 100),
    )
    require(
        "no learning curve",
        at_least("rows", len(table_ns), 2),
        None
        if table_ns.shape[1] == len(sizes)
        else f"a column per size expected; found {table_ns.shape[1]} for {len(sizes)} sizes",
        same_length(rows=table_ns, groups=groups),
    )
    drawn_ds = np.vstack([table_ns.mean(axis=0), _resampled(table_ns, groups, draws, seed)])
    told_df = 1.0 - _foretold(1.0 - drawn_ds, sizes, at)
    ends = [(1.0 - level) / 2.0, (1.0 + level) / 2.0]

    def points(values_dk: Floats, rows: Sequence[int]) -> tuple[CurvePoint, ...]:
        low_k, high_k = np.quantile(values_dk[1:], ends, axis=0)
        return tuple(
            CurvePoint(rows=n, accuracy=float(v), low=float(min(a, v)), high=float(max(b, v)))
            for n, v, a, b in zip(rows, values_dk[0], low_k, high_k, strict=True)
        )

    return LearningCurve(
        points=points(drawn_ds, sizes),
        forecasts=points(told_df, at),
        gain=points(told_df[:, -1:] - told_df[:, :1], at[-1:])[0],
    )


def _rise(values: Sequence[int]) -> bool:
    return all(a < b for a, b in zip((0, *values), values, strict=False))


def _resampled(
    table_ns: Floats, groups: Sequence[Hashable] | None, draws: int, seed: int
) -> Floats:
    """Return the mean of each column in each resample of groups, shape (D, S)."""
    import numpy as np

    names = {name: i for i, name in enumerate(dict.fromkeys(groups or ()))}
    place_n = np.array([names[g] for g in groups]) if groups else np.arange(len(table_ns))
    count = int(place_n.max()) + 1
    sums_gs = np.zeros((count, table_ns.shape[1]))
    np.add.at(sums_gs, place_n, table_ns)
    sizes_g = np.bincount(place_n, minlength=count).astype(np.float64)
    generator = np.random.default_rng(seed)
    found = np.empty((draws, table_ns.shape[1]))
    for d in range(draws):
        times_g = np.bincount(generator.integers(0, count, size=count), minlength=count)
        found[d] = times_g @ sums_gs / (times_g @ sizes_g)
    return found


def _foretold(errors_ds: Floats, sizes: Sequence[int], at: Sequence[int]) -> Floats:
    """Return the fitted error of every draw at each number of rows, between 0 and 1, (D, F)."""
    import numpy as np

    largest = float(sizes[-1])
    best_d = np.full(len(errors_ds), np.inf)
    told_df = np.zeros((len(errors_ds), len(at)))
    for b in EXPONENTS:
        x_s = (np.asarray(sizes, dtype=np.float64) / largest) ** -b
        a_d, c_d = _line(x_s, errors_ds)
        misfit_d = ((errors_ds - c_d[:, None] - a_d[:, None] * x_s) ** 2).sum(axis=1)
        better_d = misfit_d < best_d - 1e-15
        x_f = (np.asarray(at, dtype=np.float64) / largest) ** -b
        told_df[better_d] = (c_d[:, None] + a_d[:, None] * x_f)[better_d]
        best_d = np.minimum(best_d, misfit_d)
    return np.clip(told_df, 0.0, 1.0)


def _line(x_s: Floats, y_ds: Floats) -> tuple[Floats, Floats]:
    """Return slope and intercept of least squares, neither below 0."""
    import numpy as np

    across_s = x_s - x_s.mean()
    slope_d = y_ds @ across_s / (across_s @ across_s)
    rest_d = y_ds.mean(axis=1) - slope_d * x_s.mean()
    through_d = y_ds @ x_s / (x_s @ x_s)  # the best line through the origin
    sinks = rest_d < 0.0
    slope_d, rest_d = np.where(sinks, through_d, slope_d), np.where(sinks, 0.0, rest_d)
    flat = slope_d < 0.0
    return np.where(flat, 0.0, slope_d), np.where(flat, y_ds.mean(axis=1), rest_d)
