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
