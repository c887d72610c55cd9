"""When a request is sent again: what failed, how often, and how long to wait.

Both clients ask it after each try; no input or output happens here.

    tries = Tries(url, Retry())
    wait_s = tries.lost(error)          # or raises: no answer came, and this was the last try
    wait_s = tries.refused(response)    # or raises what the server refused
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Any

from chainring.software.client import refusals
from chainring.software.client.connection import body_of

AGAIN = frozenset({408, 425, 429, 500, 502, 503, 504})


@dataclass(frozen=True, slots=True, kw_only=True)
class Retry:
    """How often and when to try again: `times` more, after `first_s`, twice that, … `most_s`.

    Each wait is drawn from its upper half, and beyond a server's Retry-After where that is longer,
    so that clients that failed together do not come back together; where Retry-After is longer than
    `most_s` the refusal is told at once.
    """

    times: int = 3
    first_s: float = 0.25
    most_s: float = 20.0

    def wait_s(self, attempt: int, *, retry_after_s: float = 0.0) -> float:
        """Return how long to wait after failure number `attempt`, from 0."""
        longest = min(self.most_s, self.first_s * 2.0**attempt)
        asked = min(retry_after_s, self.most_s)
        return random.uniform(max(longest / 2, asked), min(asked + longest, self.most_s))


class Tries:
    """The tries of one request."""

    def __init__(self, url: str, retry: Retry) -> None:
        self._url, self._retry, self._made = url, retry, 0

    def lost(self, error: Exception) -> float:
        """Return the seconds to wait after a try without an answer; the last one raises."""
        if self._made >= self._retry.times:
            raise refusals.unreachable(self._url, error) from error
        return self._waiting(0.0)

    def refused(self, response: Any) -> float:
        """Return the seconds to wait after a refusal; raise it where trying again is no use."""
        status, headers = response.status_code, response.headers
        asked_s = refusals.retry_after_s(headers)
        is_far = "retry-after" in headers and asked_s > self._retry.most_s
        if self._made >= self._retry.times or status not in AGAIN or is_far:
            raise refusals.error_of(status, body_of(response), headers)
        return self._waiting(asked_s)

    def _waiting(self, asked_s: float) -> float:
        self._made += 1
        return self._retry.wait_s(self._made - 1, retry_after_s=asked_s)
