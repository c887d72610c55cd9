"""What costs least on validation, where mistakes and passing on have their price.

Enters the true and the given labels with their confidences, leaves the threshold and what a row
costs with it and without; or what two ways to answer the same rows cost, leaves whether one is
dearer beyond chance.

    found = cheapest(truth, given, confidence_n, values, measure)
    found.value, found.cost, found.without
    is_dearer([1.0] * 99 + [0.0], [0.0] * 99 + [20.0], most=[20.0] * 100)

Axes: N validation rows.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from chainring.contracts.measure import Measure

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

ALPHA = 0.05
"""One of two ways is called dearer where chance has it so in fewer cases."""


DRAWS, _AT_ONCE, _TRIED = 1000, 25, 500
"""Sign patterns that a chosen threshold is held against, how many of them lie in memory, and at how
many thresholds each is summed, at most: those between two of them save nearly the same."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cheapest:
    """A threshold, the mean cost of a row with it, and that of passing nothing on."""

    value: float
    cost: float
    without: float


def cheapest(
    truth: Sequence[str],
    given: Sequence[str],
    confidence_n: NDArray[np.float32],
    values: Sequence[float],
    measure: Measure,
) -> Cheapest:
    """Return which of the rising `values` costs least, the lowest of equals.

    It is chosen on the rows at hand, so what it costs there is a little less than elsewhere.
    """
    import numpy as np

    answers = list(zip(truth, given, strict=True))
    told_n = np.array([measure.cost(t, g, passed_on=False) for t, g in answers])
    passed_n = np.array([measure.cost(t, g, passed_on=True) for t, g in answers])
    order_n = np.argsort(confidence_n, kind="stable")
    saved_n = np.concatenate([[0.0], np.cumsum((told_n - passed_n)[order_n])])
    below = np.searchsorted(confidence_n[order_n].astype(np.float64), values, side="left")
    costs = np.round((told_n.sum() - saved_n[below]) / len(answers), 12)
    best = int(costs.argmin())
    return Cheapest(value=values[best], cost=float(costs[best]), without=float(costs[0]))


def is_dearer(
    ours: Sequence[float],
    theirs: Sequence[float],
    *,
    most: Sequence[float],
    unseen: float = 0.0,
    units: Sequence[int] | None = None,
) -> bool:
    """Whether rows cost more in our way than in theirs, by as much as chance seldom has it.

    Asked is what the gate asks: could the signs be chance, and could one more of the greatest
    losses by their way, which so few rows may not hold, outweigh the lead? Without the second
    question a hundred false alarms of a guard against what is rare are always too many.

    Parameters
    ----------
    ours, theirs
        What each row costs in the two ways.
    most
        The most by which each row could have cost more in their way.
    unseen
        The most by which a row could that is not among these.
    units
        Rows of the same number are one piece of evidence; none given: each row is one.
    """
    from chainring.stats.paired import sign_flip
    from chainring.stats.unseen import outweighs

    units = range(len(ours)) if units is None else units
    extra, bound = defaultdict[int, float](float), defaultdict[int, float](float)
    for unit, one, other, loss in zip(units, ours, theirs, most, strict=True):
        extra[unit] += one - other
        bound[unit] += loss
    sums, greatest = list(extra.values()), max(unseen, *bound.values())
    return max(sign_flip(sums, seed=0), outweighs(sums, unseen=greatest)) <= ALPHA


def luck(
    saved_n: NDArray[np.float64],
    confidence_n: NDArray[np.float32],
    value: float,
    *,
    units: Sequence[int] | None = None,
) -> float:
    """Return the p value of what a threshold saves that was chosen among all, on these rows.

    The best of hundreds saves something, whatever the rows. So it is held against the best of each
    pattern of flipped signs (P. H. Westfall and S. S. Young 1993, "Resampling-based multiple
    testing", section 2.3), each sum by its spread: else a threshold that passes on few would be
    measured by the noise of all rows.

    Parameters
    ----------
    saved_n
        What passing on saves on each row, shape (N,); it may be below 0.
    confidence_n, value
        How sure each answer is, shape (N,); rows below `value` are passed on.
    units
        Rows of the same number have one sign; none given: each has its own.
    """
    import numpy as np

    order_n = np.argsort(confidence_n, kind="stable")
    saved_n, sure_n = saved_n[order_n], confidence_n[order_n]
    unit_n = np.unique(range(len(saved_n)) if units is None else units, return_inverse=True)[1]
    unit_n = unit_n[order_n]
    spread_n = _spreads(saved_n, unit_n)
    ends = np.flatnonzero((sure_n[:-1] < sure_n[1:]) & (spread_n[:-1] > 0.0))
    chosen = ends[sure_n[ends] < value][-1]
    best = saved_n[: chosen + 1].sum() / spread_n[chosen]
    tried = np.unique([*ends[:: -(-len(ends) // _TRIED)], chosen])
    parts = np.concatenate([[0], tried[:-1] + 1])
    drawn, as_good = np.random.default_rng(0), 1
    for _ in range(DRAWS // _AT_ONCE):
        signs = drawn.choice(np.array([-1.0, 1.0]), size=(_AT_ONCE, unit_n.max() + 1))
        flipped = (signs[:, unit_n] * saved_n)[:, : tried[-1] + 1]
        sums = np.add.reduceat(flipped, parts, axis=1).cumsum(axis=1) / spread_n[tried]
        as_good += int((sums.max(axis=1) >= best - 1e-9).sum())
    return as_good / (DRAWS + 1)


def _spreads(saved_n: NDArray[np.float64], unit_n: NDArray[np.intp]) -> NDArray[np.float64]:
    """Return the root of the summed squares of the units, of the rows up to each one."""
    import numpy as np

    sums, squares, total = defaultdict[int, float](float), [], 0.0
    for unit, saved in zip(unit_n.tolist(), saved_n.tolist(), strict=True):
        total += (2.0 * sums[unit] + saved) * saved
        sums[unit] += saved
        squares.append(total)
    return np.sqrt(np.maximum(np.round(squares, 12), 0.0))
