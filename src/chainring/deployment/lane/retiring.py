"""Retiring: a predictor that was swapped out ends its texts, then is closed.

Enters a predictor that begins nothing any more, leaves a task that ends when it is closed; to stop
waiting for the task changes nothing. Closed is it in the inference thread, behind its last batch.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from concurrent.futures import Executor

from chainring.contracts.predictor import Predictor

log = logging.getLogger("chainring.lane")


class Retiring:
    """The predictors of a lane that still write; `left` waits until one has ended its texts."""

    def __init__(self, thread: Executor, *, left: Callable[[Predictor], Awaitable[None]]) -> None:
        self._thread, self._left = thread, left
        self._writing: list[Predictor] = []
        self._tasks: set[asyncio.Task[None]] = set()

    def add(self, old: Predictor) -> asyncio.Task[None]:
        """Return the task that closes it once its texts have ended."""
        self._writing.append(old)
        task = asyncio.get_running_loop().create_task(self._closed(old))
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    def close(self) -> None:
        """Close all in the thread, behind what it was given so far, and wait for no text."""
        for predictor in self._writing:
            self._thread.submit(predictor.close)
        self._writing.clear()

    async def ended(self) -> None:
        """Return when the last one is closed."""
        if self._tasks:
            await asyncio.wait(self._tasks)

    async def _closed(self, old: Predictor) -> None:
        await self._left(old)
        if old in self._writing:  # `close` meanwhile has closed it
            self._writing.remove(old)
            await asyncio.get_running_loop().run_in_executor(self._thread, old.close)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("lane.close failed cause=%s", type(error).__name__)
