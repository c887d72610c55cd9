"""Whether two samples come from one source, and how far apart they lie.

Enters: counts by category, or counts by value. Leaves: a `Difference`: the p value of "they come
from one source", and an effect between 0 (alike) and 1 (nothing in common).

    homogeneity({"en": 50, "zh": 50}, {"en": 90, "zh": 10})     categories: labels, languages
    smirnov({12: 3, 40: 1}, {11: 2, 38: 5})                     numbers: lengths
    shares_differ(12, 100, 30, 100)                             one word, one yes or no
    exact_shares(0, 1000, 2, 100)                               the same, however rare

An effect does not grow with the rows, a p value shrinks with them: an alarm asks both. Of several
such questions the p values go through `multiple.holm` together.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from chainring.stats.inputs import at_least, at_most, require
from chainring.stats.sparse import sparse_homogeneity

MIN_EXPECTED = 5.0
MAX_POOLED = 0.25
"""Of rare categories counted as one, the share of all rows up to which little is lost by it."""
_TINY = 1e-300

K = TypeVar("K", bound=Hashable)


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """What two samples differ by; `first` and `second` are their sizes."""

    p: float
    effect: float
    first: int
    second: int


def homogeneity(first: Mapping[K, int], second: Mapping[K, int]) -> Difference:
    """Return whether two samples have the same shares of categories.

    K. Pearson 1900, chi-square of a table of two rows; categories of which fewer than five rows
    are expected in a sample are counted as one (W. G. Cochran 1954). Where that one would hold a
    quarter of the rows, or all of them, the categories stay apart and the p value is a bound
    (`sparse_homogeneity`): a change among many rare labels is one. The effect is the total
    variation: the share of rows that would have to be of another category.

    Parameters
    ----------
    first, second
        Rows by category, each of at least one row.

    >>> found = homogeneity({"en": 50, "zh": 50}, {"en": 90, "zh": 10})
    >>> found.effect, found.p < 1e-8
    (0.4, True)
    """
    n, m = _sizes("shares cannot be compared", first, second)
    names = list(dict.fromkeys([*first, *second]))
    pairs = [(first.get(name, 0), second.get(name, 0)) for name in names]
    apart = sum(abs(a / n - b / m) for a, b in pairs) / 2.0
    kept, rest = _pooled([pair for pair in pairs if sum(pair)], min(n, m) / (n + m))
    if len(kept) < 2 or rest > MAX_POOLED * (n + m):
        p = sparse_homogeneity(pairs)
    else:
        p = chi_square_tail(_chi_square(kept, n, m), len(kept) - 1)
    return Difference(p=p, effect=apart, first=n, second=m)


def smirnov(first: Mapping[int, int], second: Mapping[int, int]) -> Difference:
    """Return whether two samples of numbers are spread alike.

    N. V. Smirnov 1939; the p value by the asymptotic distribution with the correction of M. A.
    Stephens 1970. It errs on the side of no alarm where many numbers are equal. The effect is the
    largest gap between the two cumulated shares.

    Parameters
    ----------
    first, second
        Rows by value, each of at least one row.

    >>> smirnov({1: 50, 2: 50}, {2: 100}).effect
    0.5
    """
    n, m = _sizes("spreads cannot be compared", first, second)
    below_n = below_m = gap = 0.0
    for value in sorted({*first, *second}):
        below_n += first.get(value, 0) / n
        below_m += second.get(value, 0) / m
        gap = max(gap, abs(below_n - below_m))
    root = math.sqrt(n * m / (n + m))
    p = kolmogorov_tail((root + 0.12 + 0.11 / root) * gap)
    return Difference(p=p, effect=min(1.0, gap), first=n, second=m)


def shares_differ(k: int, n: int, j: int, m: int) -> float:
    """Return the two-sided p value that `k` of `n` and `j` of `m` are one share (pooled z test).

    >>> round(shares_differ(12, 100, 30, 100), 4)
    0.0018
    """
    _require_shares(k, n, j, m)
    share = (k + j) / (n + m)
    spread = math.sqrt(share * (1.0 - share) * (1.0 / n + 1.0 / m))
    return 1.0 if spread == 0.0 else math.erfc(abs(k / n - j / m) / spread / math.sqrt(2.0))


def exact_shares(k: int, n: int, j: int, m: int) -> float:
    """Return the exact two-sided p value that `k` of `n` and `j` of `m` are one share.

    R. A. Fisher 1935: of all tables with these sums, the chance of those that are no likelier.

    >>> round(exact_shares(1, 10, 8, 10), 4)
    0.0055
    """
    _require_shares(k, n, j, m)
    both = k + j

    def chance(first: int) -> float:
        ways = _ln_ways(n, first) + _ln_ways(m, both - first) - _ln_ways(n + m, both)
        return math.exp(ways)

    seen = chance(k) * (1.0 + 1e-9)
    each = (chance(first) for first in range(max(0, both - m), min(n, both) + 1))
    return min(1.0, math.fsum(one for one in each if one <= seen))


def _require_shares(k: int, n: int, j: int, m: int) -> None:
    require(
        "shares cannot be compared",
        at_least("n", n, 1), at_least("m", m, 1), at_least("k", k, 0), at_least("j", j, 0),
        at_most("k", k, n), at_most("j", j, m),
    )  # fmt: skip


def _ln_ways(n: int, k: int) -> float:
    return math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)


def chi_square_tail(x: float, freedom: int) -> float:
    """Return P(X >= x) for a chi-square variable with `freedom` degrees of freedom.

    Q(a, z) of the NIST Digital Library of Mathematical Functions, 8.2.4, with a = freedom / 2 and
    z = x / 2: by the series 8.11.4 for small z, by the continued fraction 8.9.2 for large.

    >>> round(chi_square_tail(3.841459, 1), 6)
    0.05
    """
    a, z = freedom / 2.0, x / 2.0
    if z <= 0.0:
        return 1.0
    front = math.exp(a * math.log(z) - z - math.lgamma(a))
    if z < a + 1.0:
        return max(0.0, 1.0 - front * _series(a, z))
    return front * _fraction(a, z)


def kolmogorov_tail(x: float) -> float:
    """Return P(K >= x) of Kolmogorov's distribution: 2 sum (-1)^(j-1) exp(-2 j² x²).

    >>> round(kolmogorov_tail(1.3581), 3)
    0.05
    """
    if x < 0.2:  # the series would need many terms, and the value is 1 to twelve digits
        return 1.0
    terms = ((-1.0) ** (j - 1) * math.exp(-2.0 * j * j * x * x) for j in range(1, 101))
    return min(1.0, max(0.0, 2.0 * sum(terms)))


def _series(a: float, z: float) -> float:
    term = total = 1.0 / a
    while term > total * 1e-15:
        a += 1.0
        term *= z / a
        total += term
    return total


def _fraction(a: float, z: float) -> float:
    """Evaluate the continued fraction by the modified method of Lentz (1976)."""
    b = z + 1.0 - a
    upper, lower = 1.0 / _TINY, 1.0 / b
    value = lower
    for i in range(1, 10_000):
        step = -i * (i - a)
        b += 2.0
        lower = 1.0 / (step * lower + b or _TINY)
        upper = b + step / upper or _TINY
        value *= upper * lower
        if abs(upper * lower - 1.0) < 1e-14:
            break
    return value


def _sizes(what: str, first: Mapping[Any, int], second: Mapping[Any, int]) -> tuple[int, int]:
    n, m = sum(first.values()), sum(second.values())
    require(
        what,
        at_least("rows of the first sample", n, 1),
        at_least("rows of the second sample", m, 1),
        at_least("smallest count", min([*first.values(), *second.values()], default=0), 0),
    )
    return n, m


def _pooled(pairs: list[tuple[int, int]], smaller: float) -> tuple[list[tuple[int, int]], int]:
    """Count categories with too few expected rows as one; it takes in more until it has enough.

    Beside the categories, the rows of that one are returned.
    """
    ordered = sorted(pairs, key=sum)
    rest = [0, 0]
    kept: list[tuple[int, int]] = []
    for one in ordered:
        if sum(one) * smaller < MIN_EXPECTED or 0 < sum(rest) * smaller < MIN_EXPECTED:
            rest = [rest[0] + one[0], rest[1] + one[1]]
        else:
            kept.append(one)
    return ([*kept, (rest[0], rest[1])] if sum(rest) else kept), sum(rest)


def _chi_square(pairs: list[tuple[int, int]], n: int, m: int) -> float:
    total = 0.0
    for a, b in pairs:
        expected_n, expected_m = (a + b) * n / (n + m), (a + b) * m / (n + m)
        total += (a - expected_n) ** 2 / expected_n + (b - expected_m) ** 2 / expected_m
    return total
