"""The last minutes of a server, for its live page: requests, failures and times by ten seconds.

Times are counted in steps that grow by a quarter, so that a quantile is right to 12 % and ten
minutes take a few kilobytes.
"""

from __future__ import annotations

import math
import time
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, field

STEP_S = 10.0
KEPT = 60
_GROWTH = 1.25
_LEAST_S = 1e-4


@dataclass(slots=True)
class Moment:
    """Ten seconds: `number` of them since the clock began, requests, failures, times by step."""

    number: int
    requests: int = 0
    failed: int = 0
    times: Counter[int] = field(default_factory=Counter)

    def quantile_ms(self, share: float) -> float | None:
        """Return the time in milliseconds that a share of the requests stayed under."""
        wanted, seen = share * sum(self.times.values()), 0
        for step, count in sorted(self.times.items()):
            seen += count
            if seen >= wanted:
                return 1000.0 * _LEAST_S * _GROWTH**step
        return None


class Recent:
    """Counts requests; the oldest moments are forgotten."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._moments: deque[Moment] = deque(maxlen=KEPT)
        self._begun = int(clock() / STEP_S)

    def note(self, seconds: float, status: int) -> None:
        """Count a request."""
        number = int(self._clock() / STEP_S)
        if not self._moments or self._moments[-1].number != number:
            self._moments.append(Moment(number))
        moment = self._moments[-1]
        moment.requests += 1
        moment.failed += status >= 500
        moment.times[round(math.log(max(seconds, _LEAST_S) / _LEAST_S, _GROWTH))] += 1

    def moments(self) -> list[Moment]:
        """Return the last ten minutes since the start, oldest first, quiet moments too."""
        now = int(self._clock() / STEP_S)
        known = {moment.number: moment for moment in self._moments}
        first = max(self._begun, now - KEPT + 1)
        return [known.get(number, Moment(number)) for number in range(first, now + 1)]
