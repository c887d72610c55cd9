"""Whether numbers that come one by one are like those before: a capital that grows if not.

Enters: reference numbers, then new ones, each with a random tie-breaker. Leaves: the logarithm of a
capital that reaches 1 / alpha, at any time, with a chance of at most alpha while all of them, the
reference included, could as well have come in another order.

    watch = Exchangeability([0.31, 0.28, 0.35, 0.30])
    watch.add(0.9, tie=0.42)
    watch.log_capital

The rank of each number among all before it is uniform then, and independent of the earlier ranks
(V. Vovk, I. Nouretdinov and A. Gammerman 2003, "Testing exchangeability on-line"), however small
the reference is: nothing is estimated from it. Bets on ranks are densities on 0 to 1. Differing
from the source, the capital does not start to bet all at once: a part is paid in with each number,
so that a change that comes late finds money that earlier bets have not lost.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable

from chainring.stats.inputs import require

_PACE = 100.0
_EDGE = 1e-9


def _large(p: float) -> list[float]:
    """Return the densities at `p` of the bets that more numbers are large than before."""
    return [
        0.5 * p**-0.5,
        0.25 * p**-0.75,
        10.5 if p <= 0.05 else 0.5,  # half of them lie evenly among the largest twentieth
        5.5 if p <= 0.1 else 0.5,
        3.0 if p <= 0.2 else 0.5,
    ]


def _densities(p: float) -> list[float]:
    """Return the densities at `p` of all bets: more large numbers, more small ones, a wider spread.

    The bets on steps are for later: numbers of a new kind are soon among those before, and the next
    of them is no longer the very largest.
    """
    return [*_large(p), *_large(1.0 - p), 0.25 * (p**-0.5 + (1.0 - p) ** -0.5)]


BETS = len(_densities(0.5))


class Exchangeability:
    """Watches one stream of numbers against a reference; `peak` is the largest capital so far."""

    def __init__(self, reference: Iterable[float]) -> None:
        self._seen = sorted(reference)
        self._bets = [0.0] * BETS
        self._kept = 1.0
        self.count = 0
        self.peak = 0.0

    @property
    def log_capital(self) -> float:
        """The logarithm of what the capital is now."""
        return math.log(self._kept + sum(self._bets))

    def add(self, number: float, *, tie: float) -> float:
        """Take up a number and return its rank from the top, above 0 and at most 1.

        Parameters
        ----------
        tie
            Drawn evenly from 0 (excluded) to 1, independent of the number: among equals it decides.
        """
        require("no rank", f"tie: {tie} is not in (0, 1]" if not 0.0 < tie <= 1.0 else None)
        larger = len(self._seen) - bisect_right(self._seen, number)
        equal = len(self._seen) - larger - bisect_left(self._seen, number) + 1
        rank = (larger + tie * equal) / (len(self._seen) + 1)
        insort(self._seen, number)
        self.count += 1
        self._bet(min(max(rank, _EDGE), 1.0 - _EDGE))
        self.peak = max(self.peak, self.log_capital)
        return rank

    def _bet(self, rank: float) -> None:
        kept = 1.0 / (1.0 + math.log1p(self.count / _PACE))
        paid = (self._kept - kept) / BETS
        self._kept = kept
        self._bets = [
            (capital + paid) * density
            for capital, density in zip(self._bets, _densities(rank), strict=True)
        ]
