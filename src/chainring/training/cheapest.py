"""The threshold that costs least on validation, where mistakes and passing on have their price.

Enters the true and the given labels with their confidences, leaves the threshold and what a row
costs with it and without.

    found = cheapest(truth, given, confidence_n, values, measure)
    found.value, found.cost, found.without

Axes: N validation rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from chainring.contracts.measure import Measure

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


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
