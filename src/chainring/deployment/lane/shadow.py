"""The shadow: texts that were answered are answered once more by another model, unseen.

It must never slow or fail an answer. So it takes only what its short queue holds and drops the
rest, works only while no text of a user waits or runs, a few texts at a time, and what it fails at
is counted and told to nobody who asked.

    shadow = Shadow(most=64, busy=lambda: not lane.is_idle, told=note)
    shadow.offer(candidate_lane, request, about=prediction)
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from chainring.contracts.prediction import Answer, Prediction
from chainring.contracts.request import Request
from chainring.deployment.lane.lane import Lane

log = logging.getLogger("chainring.shadow")

TEXTS = 4
PATIENCE_S = 30.0
_REST_S = 0.01

Told = Callable[[Prediction, Answer | None, Any, float], None]
"""Is handed the served answer, the unseen one (None: it failed), the lane's tag, milliseconds."""


@dataclass(frozen=True, slots=True)
class _Offered:
    lane: Lane[Any]
    request: Request
    about: Prediction


class Shadow:
    """Answers beside what was served; make it inside a running event loop.

    Parameters
    ----------
    most
        Texts that may wait; more are dropped.
    busy
        Whether a user's text waits or runs.
    told
        Is handed every answer that came, and every failure.

    Attributes
    ----------
    counts
        Texts `answered`, `dropped` and `failed`.
    """

    def __init__(self, *, most: int, busy: Callable[[], bool], told: Told) -> None:
        self.counts: Counter[str] = Counter()
        self._most, self._busy, self._told = most, busy, told
        self._queue: deque[_Offered] = deque()
        self._wake = asyncio.Event()
        self._task = asyncio.get_running_loop().create_task(self._run())

    @property
    def waiting(self) -> int:
        """Texts that wait."""
        return len(self._queue)

    def offer(self, lane: Lane[Any], request: Request, *, about: Prediction) -> bool:
        """Take a text up, or drop it; return whether it was taken."""
        if len(self._queue) >= self._most:
            self.counts["dropped"] += 1
            return False
        self._queue.append(_Offered(lane, request, about))
        self._wake.set()
        return True

    async def close(self) -> None:
        """End; what waits is dropped."""
        self.counts["dropped"] += len(self._queue)
        self._queue.clear()
        self._task.cancel()
        await asyncio.wait([self._task])

    async def _run(self) -> None:
        while True:
            if not self._queue:
                self._wake.clear()
                await self._wake.wait()
            elif self._busy():
                await asyncio.sleep(_REST_S)
            else:
                await self._answer(self._few())

    def _few(self) -> list[_Offered]:
        """Return a few texts for the same lane."""
        few = [self._queue.popleft()]
        while self._queue and len(few) < TEXTS and self._queue[0].lane is few[0].lane:
            few.append(self._queue.popleft())
        return few

    async def _answer(self, few: list[_Offered]) -> None:
        loop = asyncio.get_running_loop()
        begun = loop.time()
        try:
            async with asyncio.timeout(PATIENCE_S):  # `wait_for` of Python 3.11 may lose a cancel
                replies = await few[0].lane.ask([one.request for one in few])
        except Exception as error:  # noqa: BLE001 - whatever it is, nobody waits for this answer
            self.counts["failed"] += len(few)
            log.warning("shadow.failed texts=%d cause=%s", len(few), type(error).__name__)
            for one in few:
                self._told(one.about, None, one.lane.tag, 0.0)
            return
        spent_ms = 1000.0 * (loop.time() - begun)
        self.counts["answered"] += len(few)
        for one, reply in zip(few, replies, strict=True):
            self._told(one.about, reply.answer, reply.tag, spent_ms)
