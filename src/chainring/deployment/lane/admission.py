"""Admission: whether a text is let into the queue of a lane, by how long it would wait.

Enters how much waits and how fast batches ran, leaves yes, or BusyError with when to come back.
Three bounds hold, the first for memory, the others for time:

- `max_queue` texts never wait, whatever happens;
- no request is let in that would wait longer than `max_wait_s` (or two batches, if one is longer);
- beyond `standing_queue` texts only a burst is let in: what the model answers within a second. A
  queue as long as that whenever a batch was taken, for a second, is no burst but overload: until
  fewer wait, nothing is let in beyond that number. A burst passes; under lasting overload those
  who are let in are answered about as fast as on a busy day, and the rest hear so at once (the
  idea of CoDel, Nichols and Jacobson 2012, on a queue that refuses at its entry, and with its
  longest length, since a batch empties it in one go).

It also says how large a batch may be: nobody waits for one longer than a twentieth of a second.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable

from chainring.contracts.errors import BusyError

BURST_S = 1.0
BATCH_S = 0.05
BASE_WEIGHT = 32
"""Characters that a text costs beside its own: a batch of short ones is not free."""
_SMOOTHING = 0.2


def weight(characters: int) -> int:
    """Return what a text costs, in characters."""
    return characters + BASE_WEIGHT


class Admission:
    """Watches one queue.

    Parameters
    ----------
    max_queue, standing_queue
        Texts that may ever wait, and that may wait for longer than a second.
    max_wait_s
        Longest wait for one's turn that a request is let in for.
    clock
        Seconds that only go forward.
    """

    def __init__(
        self,
        *,
        max_queue: int,
        standing_queue: int,
        max_wait_s: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.max_queue, self.standing_queue = max_queue, standing_queue
        self.max_wait_s, self._clock = max_wait_s, clock
        self._s_per_weight = self._batch_s = 0.0
        self._standing_since: float | None = None

    def ran(self, *, weight: int, seconds: float) -> None:
        """Learn from a batch how fast the model is."""
        share = _SMOOTHING if self._s_per_weight else 1.0
        self._s_per_weight += share * (seconds / max(1, weight) - self._s_per_weight)
        self._batch_s += share * (seconds - self._batch_s)

    @property
    def batch_weight(self) -> float:
        """What runs in `BATCH_S`; everything, as long as no batch has run."""
        return BATCH_S / self._s_per_weight if self._s_per_weight else math.inf

    def taking(self, waiting: int) -> None:
        """Note how many texts wait when a batch is taken."""
        if waiting < self.standing_queue:
            self._standing_since = None
        elif self._standing_since is None:
            self._standing_since = self._clock()

    def wait_s(self, weight: int) -> float:
        """Return how long a text waits behind so much weight."""
        return weight * self._s_per_weight

    def refusal(self, *, count: int, waiting: int, weight: int) -> BusyError | None:
        """Return why `count` texts more cannot be let in behind `waiting` ones, or None."""
        wait_s = self.wait_s(weight)
        because = f"{waiting} texts wait, which takes about {wait_s:.1f} s"
        if waiting + count > self.max_queue:
            because = f"{waiting} texts wait, {count} more would pass {self.max_queue}"
            raising = "deployment.max_queue"
        elif waiting >= self.standing_queue and self._is_overloaded():
            because = f"{waiting} texts have been waiting for more than {BURST_S:g} s"
            raising = "deployment.standing_queue"
        elif waiting >= self.standing_queue and wait_s > BURST_S:
            raising = "deployment.standing_queue"
        elif wait_s > max(self.max_wait_s, 2 * self._batch_s):
            raising = "deployment.max_wait_s"
        else:
            return None
        return BusyError(
            f"the queue is full: {because}; try again later or raise {raising}",
            retry_after_s=max(1.0, wait_s),
        )

    def _is_overloaded(self) -> bool:
        since = self._standing_since
        return since is not None and self._clock() - since > BURST_S
