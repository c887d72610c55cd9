"""Intervals of figures that are no mean of rows: a ratio of sums, a correlation, an error's root.

    ratio([2, 0, 2], [3, 2, 2])              # micro F1 from 2 · true positives and row totals
    correlated(pearson, truth, said)
    resampled(root_mean_square, errors)

Rows are drawn again with replacement (B. Efron 1979), and the bounds are percentiles. Rows of one
unit (an author, a group) are drawn together.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from statistics import NormalDist
from typing import TYPE_CHECKING, Any

from chainring.stats.clustered import by_unit
from chainring.stats.inputs import numbers, require, same_length
from chainring.stats.intervals import Interval, no_narrower, percentiles, resampled_means

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import ArrayLike, NDArray

    from chainring.stats.inputs import Floats

DRAWS = 2000
MIN_CORRELATED = 4
_ALMOST_ONE = 1.0 - 1e-12


def ratio(
    tops: ArrayLike,
    bottoms: ArrayLike,
    *,
    level: float = 0.95,
    draws: int = DRAWS,
    seed: int = 0,
    units: Sequence[int] | None = None,
) -> Interval:
    """Return the sum of `tops` over the sum of `bottoms`, a column of each a row; 0 of nothing.

    No top is above its bottom: the ratio is a share, and has the width of one (`no_narrower`).

    >>> ratio([2.0, 0.0], [3.0, 1.0]).estimate
    0.5
    """
    import numpy as np

    tops_n, bottoms_n = numbers("tops", tops), numbers("bottoms", bottoms)
    require("no ratio", same_length(tops=tops_n, bottoms=bottoms_n))
    if bottoms_n.sum() == 0:
        return Interval(low=0.0, high=0.0, estimate=0.0, n=len(tops_n))
    own = range(len(tops_n)) if units is None else units
    tops_u, bottoms_u = by_unit(tops_n, own)[0], by_unit(bottoms_n, own)[0]
    with np.errstate(invalid="ignore", divide="ignore"):
        found = np.nan_to_num(resampled_means(tops_u, bottoms_u, draws=draws, seed=seed))
    low, high = percentiles(found, level=level)
    estimate = float(tops_n.sum() / bottoms_n.sum())
    interval = Interval(low=low, high=high, estimate=estimate, n=len(tops_n))
    return no_narrower(interval, level=level, n=int((bottoms_u > 0).sum()))


def resampled(
    figure: Callable[..., float],
    *columns: ArrayLike,
    level: float = 0.95,
    draws: int = DRAWS,
    seed: int = 0,
    units: Sequence[int] | None = None,
) -> Interval:
    """Return `figure(*columns)` and the interval of it over rows, or units, drawn again."""
    import numpy as np

    table = [np.asarray(column, dtype=np.float64) for column in columns]
    require("nothing can be resampled", same_length(**{f"c{i}": c for i, c in enumerate(table)}))
    rows = len(table[0])
    each = drawn_rows(rows, units, draws=draws, seed=seed)
    found = np.array([figure(*(column[drawn] for column in table)) for drawn in each])
    low, high = percentiles(found, level=level)
    return Interval(low=low, high=high, estimate=figure(*table), n=rows)


def drawn_rows(
    rows: int, units: Sequence[int] | None, *, draws: int, seed: int
) -> Iterator[NDArray[np.intp]]:
    """Yield the places of the rows of each draw: as many rows, or units, as there are."""
    import numpy as np

    generator = np.random.default_rng(seed)
    if units is None:
        for _ in range(draws):
            yield generator.integers(0, rows, size=rows)
        return
    require("nothing can be resampled", same_length(rows=range(rows), units=units))
    _, place_n = np.unique(np.asarray(units), return_inverse=True)
    members = [np.flatnonzero(place_n == unit) for unit in range(int(place_n.max()) + 1)]
    for _ in range(draws):
        chosen = generator.integers(0, len(members), size=len(members))
        yield np.concatenate([members[unit] for unit in chosen])


def correlated(
    figure: Callable[..., float],
    first: ArrayLike,
    second: ArrayLike,
    *,
    level: float = 0.95,
    draws: int = DRAWS,
    units: Sequence[int] | None = None,
) -> Interval:
    """Return a correlation with its interval, no narrower than R. A. Fisher's of 1921.

    Rows drawn again know the rows that were seen alone: two always lie on a line. Fisher's interval
    needs four rows; of fewer the correlation may be anything from -1 to 1. It has no width where
    the rows are in perfect order, as four are by chance in one of 24 cases: they are taken for as
    sure as if two neighbours were swapped. Of rows that belong together one counts.
    """
    found = resampled(figure, first, second, level=level, draws=draws, units=units)
    n = found.n if units is None else len(set(units))
    if n < MIN_CORRELATED:
        return replace(found, low=-1.0, high=1.0)
    reach = NormalDist().inv_cdf((1.0 + level) / 2.0) / math.sqrt(n - 3)
    swapped = 1.0 - 12.0 / (n**3 - n)
    return replace(
        found,
        low=min(found.low, _moved(min(found.estimate, swapped), -reach)),
        high=max(found.high, _moved(max(found.estimate, -swapped), reach)),
    )


def _moved(correlation: float, reach: float) -> float:
    """Return a correlation moved on Fisher's scale."""
    return math.tanh(math.atanh(max(-_ALMOST_ONE, min(_ALMOST_ONE, correlation))) + reach)


def pearson(first: Any, second: Any) -> float:
    """Return the correlation of two columns; 0 where one of them does not vary."""
    import numpy as np

    a, b = np.asarray(first, dtype=np.float64), np.asarray(second, dtype=np.float64)
    a, b = a - a.mean(), b - b.mean()
    size = float(np.sqrt((a * a).sum() * (b * b).sum()))
    return max(-1.0, min(1.0, float((a * b).sum()) / size)) if size > 0 else 0.0


def spearman(first: Any, second: Any) -> float:
    """Return the correlation of the ranks of two columns; equal values share their mean rank."""
    return pearson(_ranks(first), _ranks(second))


def root_mean_square(errors: Any) -> float:
    """Return the root of the mean square."""
    import numpy as np

    return float(np.sqrt((np.asarray(errors, dtype=np.float64) ** 2).mean()))


def _ranks(values: Any) -> Floats:
    import numpy as np

    _, place, counts = np.unique(np.asarray(values), return_inverse=True, return_counts=True)
    ends = np.cumsum(counts).astype(np.float64)
    ranks: Floats = (ends - (counts - 1) / 2)[place]
    return ranks
