"""The binomial distribution through the regularised incomplete beta function, without scipy.

Enters: counts and probabilities. Leaves: probabilities, accurate to about ten digits up to
millions of rows.

    tail(15, 20, 0.5)       P(X >= 15) of 20 fair coins
"""

from __future__ import annotations

import math

_TINY = 1e-300


def incomplete_beta(x: float, a: float, b: float) -> float:
    """Return I_x(a, b), the probability that a Beta(a, b) variable is <= x.

    Continued fraction of the NIST Digital Library of Mathematical Functions, equation 8.17.22,
    on the side of the mean where it converges quickly; the other side by I_x(a,b) = 1 - I_1-x(b,a).

    Parameters
    ----------
    x
        Where to evaluate, 0 to 1.
    a, b
        Shape parameters, > 0.

    >>> round(incomplete_beta(0.5, 1, 1), 12)
    0.5
    """
    if x <= 0.0 or x >= 1.0:
        return 0.0 if x <= 0.0 else 1.0
    if x > (a + 1.0) / (a + b + 2.0):
        return 1.0 - incomplete_beta(1.0 - x, b, a)
    log_beta = math.lgamma(a) + math.lgamma(b) - math.lgamma(a + b)
    front = math.exp(a * math.log(x) + b * math.log1p(-x) - log_beta) / a
    return front / _fraction(x, a, b)


def _fraction(x: float, a: float, b: float) -> float:
    """Evaluate 1 + d1/(1 + d2/(1 + …)) forwards, by the modified method of Lentz (1976)."""
    value = upper = change = 1.0
    lower, j = 0.0, 0
    while j == 0 or abs(change - 1.0) > 1e-14:
        j += 1
        m = j // 2
        if j % 2:
            step = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        else:
            step = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        lower = 1.0 / (1.0 + step * lower or _TINY)
        upper = 1.0 + step / upper or _TINY
        change = upper * lower
        value *= change
    return value


def beta_quantile(share: float, a: float, b: float) -> float:
    """Return the x at which I_x(a, b) reaches `share`, by bisection to the last bit.

    >>> round(beta_quantile(0.25, 1, 1), 12)
    0.25
    """
    low, high = 0.0, 1.0
    while low < (middle := (low + high) / 2.0) < high:
        if incomplete_beta(middle, a, b) < share:
            low = middle
        else:
            high = middle
    return high


def mass(k: int, n: int, p: float) -> float:
    """Return P(X = k) for X ~ Binomial(n, p)."""
    if p <= 0.0 or p >= 1.0:
        return 1.0 if k == (0 if p <= 0.0 else n) else 0.0
    ways = math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)
    return math.exp(ways + k * math.log(p) + (n - k) * math.log1p(-p))


def tail(k: int, n: int, p: float) -> float:
    """Return P(X >= k) for X ~ Binomial(n, p).

    >>> round(tail(2, 2, 0.5), 12)
    0.25
    """
    if k <= 0 or k > n:
        return 1.0 if k <= 0 else 0.0
    return incomplete_beta(p, k, n - k + 1)
