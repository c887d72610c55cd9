"""Whether gains of unequal worth outweigh the losses, those that so few rows may hide included.

A sign flip asks whether two models are alike. Where mistakes weigh alike that is the question, too,
whether one is better; where one weighs fifty times another it is not: twenty small gains, and one
large loss that is due but did not happen to lie among these rows, look like twenty gains. Enter
gains and losses, leaves a p value that takes the unseen into account.

    outweighs([3.0] * 20, unseen=50.0)     0.30: losses of 50 may be due that these rows do not hold
    outweighs([50.0] * 5, unseen=50.0)     0.025
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import NormalDist

from chainring.stats.inputs import at_least, inside, require

_NORMAL = NormalDist()
_HALVINGS = 30


def outweighs(gains: Sequence[float], *, unseen: float) -> float:
    """Return the one-sided p value that the gains outweigh the losses.

    Gains and losses are sums of rare events of unequal worth, each a weighted sum of Poisson
    counts. Their limits are those of M. P. Fay and E. J. Feuer 1997, "Confidence intervals for
    directly standardized rates": the upper limit of the losses counts one more, of the greatest
    worth there could be, so that no loss seen is not no loss. The two limits are joined by
    G. Y. Zou and A. Donner 2008, "Construction of confidence limits about effect measures: a
    general approach"; p is the level at which the lower limit of the difference is 0. Where we
    differ: quantiles of the gamma distribution are those of E. B. Wilson and M. M. Hilferty 1931,
    which need no scipy.

    Parameters
    ----------
    gains
        What each unit of evidence gained; losses are negative.
    unseen
        The most that one unit could lose, seen or not, >= 0.

    Returns
    -------
    float
        At most 0.5, or 1.0: then not even a limit that is wrong every other time is above 0.
    """
    require("what is unseen cannot be weighed", at_least("unseen", unseen, 0.0))
    up, down = [g for g in gains if g > 0.0], [-g for g in gains if g < 0.0]
    if _lower(up, down, unseen, 0.0) <= 0.0:
        return 1.0
    low, high = 0.0, 40.0  # in standard deviations
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        if _lower(up, down, unseen, middle) > 0.0:
            low = middle
        else:
            high = middle
    return 1.0 - _NORMAL.cdf(low) if low < 6.0 else 1e-9


def least_lead(unseen: float, *, alpha: float) -> float:
    """Return the gain under which unseen losses alone could explain it: -ln(alpha) of them.

    As many may be due where none was seen (the Poisson chance of none is `alpha`).

    >>> round(least_lead(1.0, alpha=0.05), 2)
    3.0
    """
    return -math.log(alpha) * unseen


def most_due(losses: Sequence[float], *, unseen: float, level: float = 0.95) -> float:
    """Return the high end of an interval of the mean loss, one more of the greatest reckoned in.

    The upper limit of Fay and Feuer, see `outweighs`; of losses that are all alike it is the exact
    limit of a Poisson count. Greater than it the mean is with a chance of (1 - `level`) / 2.

    >>> round(most_due([0.0] * 100, unseen=1.0), 3)  # three in a hundred may be due, or four
    0.037
    """
    require("nothing can be promised", at_least("losses", len(losses), 1), inside("level", level))
    total = math.fsum(losses) + unseen
    squares = math.fsum(loss * loss for loss in losses) + unseen**2
    return _quantile(total, squares, _NORMAL.inv_cdf((1.0 + level) / 2.0)) / len(losses)


def _lower(up: Sequence[float], down: Sequence[float], unseen: float, z: float) -> float:
    """Return the lower limit of gains less losses, `z` standard deviations out."""
    gained, lost = math.fsum(up), math.fsum(down)
    least = _quantile(gained, math.fsum(g * g for g in up), -z)
    most = _quantile(lost + unseen, math.fsum(x * x for x in down) + unseen**2, z)
    return gained - lost - math.hypot(gained - least, most - lost)


def _quantile(mean: float, variance: float, z: float) -> float:
    """Return a quantile of the gamma distribution, by Wilson and Hilferty's cube of a normal."""
    if mean <= 0.0 or variance <= 0.0:  # of what is next to nothing the square is nothing
        return max(0.0, mean)
    shape = mean * mean / variance
    root = 1.0 - 1.0 / (9.0 * shape) + z / (3.0 * math.sqrt(shape))
    return mean * max(0.0, root) ** 3
