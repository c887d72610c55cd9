"""Retries: what failed is tried again, each time after twice the wait.

    retries = Retries(first_s=1.0)
    if retries.allows(deployment): ...  # and where it fails: retries.failed(deployment)

Enters what failed, leaves whether it may be tried now.
"""

from __future__ import annotations

import time
from collections.abc import Callable

LONGEST_S = 60.0


class Retries:
    """Remembers the last that failed, and when it may be tried again; another may be at once."""

    def __init__(
        self,
        *,
        first_s: float,
        longest_s: float = LONGEST_S,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._first_s, self._longest_s, self._clock = first_s, longest_s, clock
        self._what: object = None
        self._wait_s = self._at = 0.0

    def allows(self, what: object) -> bool:
        """Return whether it may be tried now."""
        return what != self._what or self._clock() >= self._at

    def failed(self, what: object) -> None:
        """Let it wait: `first_s`, and twice as long each time that it fails again."""
        again = what == self._what
        self._wait_s = min(self._longest_s, 2 * self._wait_s) if again else self._first_s
        self._what, self._at = what, self._clock() + self._wait_s
