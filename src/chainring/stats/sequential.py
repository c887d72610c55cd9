"""Tests that may be looked at after every outcome: bets against a claim about a mean.

Enters: how often each value of a bounded outcome occurred. Leaves: the evidence against "the mean
is at most `mean`" as the logarithm of a capital, or the interval of means that no bet has ruined.

    counts = {-1: 31, 0: 420, 1: 9}           # paired: right after and wrong before is 1, ...
    log_capital(counts) >= capital_for(0.05)  # is the challenger better?
    log_capital(mirrored(counts)) >= capital_for(0.05)  # is it worse?

Whoever bets a fixed share of a capital on outcomes that are not in their favour gains nothing on
average, so the capital reaches 1 / alpha at any time, ever, with a chance of at most alpha (J.
Ville 1939). The capital here is split evenly over a grid of shares (H. Robbins 1970; I.
Waudby-Smith and A. Ramdas 2024, "Estimating means of bounded random variables by betting", section
4, whose bets of fixed size these are). On paired outcomes of right and wrong, a bet of share s is
the likelihood ratio of "a pair that differs goes up with chance (1 + s) / 2" against one half: the
mixture is the sequential probability ratio test on the pairs that differ (A. Wald 1945; R. Johari
and others 2022), a McNemar test that may be peeked at.

The order of outcomes does not matter to the capital of today; that it may be looked at every day is
what the chance above allows.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import lru_cache

from chainring.stats.inputs import inside, require

GRID = tuple((place + 0.5) / 24 for place in range(24))
"""Shares of the largest bet that cannot ruin its holder."""
BLOCK = 25
"""A change is looked for from every so many outcomes on."""
_STEPS = 40


def log_capital(counts: Mapping[float, int], *, mean: float = 0.0, low: float = -1.0) -> float:
    """Return the logarithm of the capital won against "the mean is at most `mean`".

    Parameters
    ----------
    counts
        Outcomes by value, none below `low`; may be empty (the capital is 1 then). Given what came
        before, each outcome's mean is what the claim speaks of.
    mean
        The claimed largest mean, above `low`.
    low
        The smallest possible outcome.

    >>> round(log_capital({-1: 2, 1: 20}), 2) > capital_for(0.05)
    True
    >>> log_capital({})
    0.0
    """
    require(
        "no bet can be made",
        f"mean: {mean} is not above {low}" if mean <= low else None,
        *(f"outcome {v} is below {low}" for v in counts if v < low),
    )
    gains = [0.0] * len(GRID)
    for value, count in counts.items():
        won = _won(value, mean, low)
        gains = [gain + count * factor for gain, factor in zip(gains, won, strict=True)]
    most = max(gains)
    return most + math.log(sum(math.exp(gain - most) for gain in gains) / len(gains))


@lru_cache(maxsize=4096)
def _won(value: float, mean: float, low: float) -> tuple[float, ...]:
    """Return the logarithm of what each bet multiplies its capital by at one outcome."""
    return tuple(math.log1p(share / (mean - low) * (value - mean)) for share in GRID)


def capital_for(alpha: float) -> float:
    """Return the logarithm of the capital that a true claim loses with a chance of `alpha` at most.

    >>> round(capital_for(0.05), 4)
    2.9957
    """
    require("no level of error", inside("alpha", alpha))
    return -math.log(alpha)


def log_capital_of_change(
    outcomes: Sequence[float], *, mean: float = 0.0, low: float = -1.0
) -> tuple[float, int]:
    """Return the capital won against "the mean never rose above `mean`", and since when it rose.

    A bettor begins with every `BLOCK` outcomes (J. Shin, A. Ramdas and A. Rinaldo 2022,
    "E-detectors"), so that what came before a change costs little. Theirs have one unit each, which
    bounds how long it takes to the first false alarm; here the k-th has 1 / (k (k + 1)), so that
    together they have one unit, and a false alarm is as rare ever as `capital_for` says.

    Parameters
    ----------
    outcomes
        In the order that they came, none below `low`.
    mean, low
        As in `log_capital`.

    Returns
    -------
    tuple[float, int]
        The logarithm of the capital, and the place where the bettor began who has most of it.

    >>> capital, start = log_capital_of_change([-1.0, 0.0] * 500 + [1.0] * 30)
    >>> capital > capital_for(0.05), start
    (True, 1000)
    """
    counts: Counter[float] = Counter()
    held: list[tuple[float, int]] = []
    for place in range((len(outcomes) - 1) // BLOCK, -1, -1):
        counts.update(outcomes[place * BLOCK : (place + 1) * BLOCK])
        share = -math.log((place + 1) * (place + 2))
        held.append((share + log_capital(counts, mean=mean, low=low), place * BLOCK))
    if not held:
        return -math.inf, 0
    most, start = max(held)
    return most + math.log(sum(math.exp(one - most) for one, _ in held)), start


def mirrored(counts: Mapping[float, int]) -> dict[float, int]:
    """Return the outcomes with their signs turned, to bet on the other side.

    >>> mirrored({-1: 3, 0: 5})
    {1: 3, 0: 5}
    """
    return {-value: count for value, count in counts.items()}


def always_between(
    counts: Mapping[float, int], *, alpha: float = 0.05, low: float = -1.0, high: float = 1.0
) -> tuple[float, float]:
    """Return an interval that holds the mean at all times with a chance of at least 1 - alpha.

    Half of `alpha` is spent on each side.

    >>> always_between({})
    (-1.0, 1.0)
    """
    least = _least(counts, alpha / 2.0, low, high)
    turned = mirrored(counts)
    return least, -_least(turned, alpha / 2.0, -high, -low)


def _least(counts: Mapping[float, int], alpha: float, low: float, high: float) -> float:
    """Return the smallest mean that the bets on a larger one leave standing; never too large."""
    limit = capital_for(alpha)
    under, over = low, high
    for _ in range(_STEPS):
        middle = (under + over) / 2.0
        if log_capital(counts, mean=middle, low=low) >= limit:
            under = middle
        else:
            over = middle
    return under
