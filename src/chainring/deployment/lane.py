"""Lane: one queue without a timer and one inference thread.

Enters requests from many callers, leaves one answer each. Whatever waits when the thread is free
is the next batch, up to a budget of texts and characters: at low load nobody waits for a batch to
fill, at high load batches fill by themselves. All methods are for one asyncio event loop.

    lane = Lane(predictor, tag=deployment)
    (reply,) = await lane.ask([Request(text="Where is my parcel?")])
    await lane.swap(newer, tag=newer_deployment)
    await lane.drain(timeout_s=10)
"""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from chainring.contracts.errors import BusyError, InputError, RefusedError
from chainring.contracts.prediction import Answer
from chainring.contracts.predictor import Predictor, PredictSettings
from chainring.contracts.request import Request
from chainring.deployment.settings import DeploymentSettings

D = TypeVar("D")

DEFAULTS = DeploymentSettings()
CHARACTERS_PER_TOKEN = 4
BATCH_TEXTS = 128
RETRY_AFTER_S = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply(Generic[D]):
    """An answer and the tag of the predictor that gave it, which a swap may have changed."""

    answer: Answer
    tag: D


@dataclass(frozen=True, slots=True)
class _Waiting(Generic[D]):
    request: Request
    reply: asyncio.Future[Reply[D]]


class Lane(Generic[D]):
    """Serves one predictor at a time; make it inside a running event loop.

    Parameters
    ----------
    predictor
        What answers; the lane owns it from now on and closes it.
    tag
        Any value that says which predictor it is (its Deployment); comes back with each answer.
    settings
        `max_queue`, `batch_tokens`.
    predict_settings
        Handed to every `predict`.

    Attributes
    ----------
    tag
        Of the predictor that answers now.
    batches
        How many batches of each size have run.
    """

    def __init__(
        self,
        predictor: Predictor,
        *,
        tag: D,
        settings: DeploymentSettings = DEFAULTS,
        predict_settings: PredictSettings | None = None,
    ) -> None:
        self.tag = tag
        self.batches: Counter[int] = Counter()
        self._predictor = predictor
        self._max_queue = settings.max_queue
        self._characters = settings.batch_tokens * CHARACTERS_PER_TOKEN
        self._settings = predict_settings or PredictSettings()
        self._queue: deque[_Waiting[D]] = deque()
        self._running: list[_Waiting[D]] = []
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="lane")
        self._wake = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()
        self._is_draining = False
        self._loop = asyncio.get_running_loop()
        self._task = self._loop.create_task(self._run())

    @property
    def is_idle(self) -> bool:
        """Whether no text waits or runs."""
        return self._idle.is_set()

    @property
    def capabilities(self) -> frozenset[str]:
        """What the predictor of now can do besides answering."""
        return self._predictor.capabilities

    @property
    def waiting(self) -> int:
        """Texts that wait for the thread."""
        return len(self._queue)

    async def ask(self, requests: Sequence[Request]) -> list[Reply[D]]:
        """Return the reply to each request, in order.

        Raises
        ------
        BusyError
            At once, when not all of them find room in the queue, or the lane is draining.
        """
        self._admit(len(requests))
        futures = [self._loop.create_future() for _ in requests]
        self._queue.extend(map(_Waiting, requests, futures))
        if requests:
            self._idle.clear()
            self._wake.set()
        try:
            return list(await asyncio.gather(*futures))
        finally:
            for future in futures:  # one that failed, or a caller that left, abandons the rest
                future.cancel()

    async def embed(self, texts: Sequence[str]) -> tuple[list[Any], D]:
        """Return a vector a text, made between two batches, and the tag of its predictor."""
        predictor, tag = self._predictor, self.tag
        if "embed" not in predictor.capabilities:
            raise InputError("this model gives no vectors; serve an encoder (encoder.v1) instead")
        embed = predictor.embed  # type: ignore[attr-defined]
        vectors = await self._loop.run_in_executor(self._thread, embed, list(texts))
        return list(vectors), tag

    async def swap(self, predictor: Predictor, *, tag: D) -> None:
        """Take up another predictor between two batches; return when the old one is closed.

        Raises
        ------
        BusyError
            When the lane is draining; `predictor` is closed then.
        """
        if self._is_draining:
            predictor.close()
            raise BusyError("the server is stopping", retry_after_s=RETRY_AFTER_S)
        old, self._predictor, self.tag = self._predictor, predictor, tag
        await self._loop.run_in_executor(self._thread, old.close)

    async def drain(self, timeout_s: float) -> bool:
        """Take no more requests, answer what waits, and stop; return whether all was answered.

        What has no answer after `timeout_s` seconds gets BusyError.
        """
        self._is_draining = True
        try:
            await asyncio.wait_for(self._idle.wait(), timeout_s)
        except TimeoutError:
            for item in (*self._running, *self._queue):
                _fail(item, BusyError("the server stopped before it came to this request"))
        drained = self._idle.is_set()
        self._task.cancel()
        await asyncio.wait([self._task])
        self._thread.submit(self._predictor.close)
        self._thread.shutdown(wait=drained)
        return drained

    def _admit(self, count: int) -> None:
        if self._is_draining:
            raise BusyError("the server is stopping", retry_after_s=RETRY_AFTER_S)
        if len(self._queue) + count > self._max_queue:
            self._queue = deque(item for item in self._queue if not item.reply.done())
        if len(self._queue) + count > self._max_queue:
            raise BusyError(
                f"the queue is full: {len(self._queue)} texts wait, {count} more would pass "
                f"{self._max_queue}; try again later or raise deployment.max_queue",
                retry_after_s=RETRY_AFTER_S,
            )

    async def _run(self) -> None:
        while True:
            batch = self._next_batch()
            if batch:
                await self._answer(batch)
                continue
            self._idle.set()
            self._wake.clear()
            await self._wake.wait()

    def _next_batch(self) -> list[_Waiting[D]]:
        batch: list[_Waiting[D]] = []
        room = self._characters
        while self._queue and len(batch) < BATCH_TEXTS:
            item = self._queue[0]
            if not item.reply.done():
                room -= len(item.request.text) + len(item.request.pair)
                if room < 0 and batch:
                    break
                batch.append(item)
            self._queue.popleft()
        return batch

    async def _answer(self, batch: list[_Waiting[D]]) -> None:
        predictor, tag, self._running = self._predictor, self.tag, batch
        self.batches[len(batch)] += 1
        requests = [item.request for item in batch]
        work = self._loop.run_in_executor(self._thread, self._predict, predictor, requests)
        await asyncio.wait([work])
        error = work.exception()
        for place, item in enumerate(batch):
            if error is not None:
                _fail(item, error)
            elif not item.reply.done():
                item.reply.set_result(Reply(answer=work.result()[place], tag=tag))

    def _predict(self, predictor: Predictor, requests: list[Request]) -> list[Answer]:
        try:
            answers = predictor.predict(requests, settings=self._settings)
        except StopIteration as error:  # no future can carry it: its waiters would hang
            raise RuntimeError("the predictor raised StopIteration") from error
        if len(answers) != len(requests):
            raise RefusedError(
                f"the engine gave {len(answers)} answers to {len(requests)} requests; "
                "serve another form with deployment.tier"
            )
        return answers


def _fail(item: _Waiting[D], error: BaseException) -> None:
    if not item.reply.done():
        item.reply.set_exception(error)
