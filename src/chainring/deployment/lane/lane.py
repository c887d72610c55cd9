"""Lane: one queue without a timer and one inference thread.

Enters requests from many callers, leaves one answer each. Whatever waits when the thread is free
is the next batch, up to a budget of texts and characters: at low load nobody waits for a batch to
fill, at high load batches fill by themselves. A full one is handed to the thread while the one
before still runs, so that the thread never waits for the loop, which is busy with answers then. All
methods are for one asyncio event loop.

    lane = Lane(predictor, tag=deployment)
    (reply,) = await lane.ask([Request(text="Where is my parcel?")])
    await lane.swap(newer, tag=newer_deployment)
    await lane.drain(timeout_s=10)

Vectors and answers never share a batch. Texts that are written piece by piece take turns with the
batches and with one another, on the same thread.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from chainring.contracts.errors import BusyError, InputError
from chainring.contracts.prediction import Answer
from chainring.contracts.predictor import Predictor, PredictSettings
from chainring.contracts.request import Request
from chainring.deployment.lane.admission import Admission, weight
from chainring.deployment.lane.places import Place, Waiting, Work, timed
from chainring.deployment.lane.retiring import Retiring
from chainring.deployment.lane.writing import Text, Texts
from chainring.deployment.settings import DeploymentSettings

D = TypeVar("D")

DEFAULTS = DeploymentSettings()
CHARACTERS_PER_TOKEN = 4
BATCH_TEXTS = 128
LEAST_TEXTS = 8
"""A slow model still takes so many short texts at once: one by one it would be slower yet."""
RETRY_AFTER_S = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply(Generic[D]):
    """An answer and the tag of the predictor that gave it, which a swap may have changed."""

    answer: Answer
    tag: D


@dataclass(frozen=True, slots=True)
class Running:
    """A batch that the thread was given."""

    places: list[Place]
    tag: Any
    work: asyncio.Future[tuple[list[Any], float]]


class Lane(Generic[D]):
    """Serves one predictor at a time; make it inside a running event loop.

    Parameters
    ----------
    predictor
        What answers; the lane owns it from now on and closes it.
    tag
        Any value that says which predictor it is (its Deployment); comes back with each answer.
    settings
        `max_queue`, `standing_queue`, `max_wait_s`, `batch_tokens`.
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
        self._admission = Admission(
            max_queue=settings.max_queue,
            standing_queue=settings.standing_queue,
            max_wait_s=settings.max_wait_s,
        )
        self._characters = settings.batch_tokens * CHARACTERS_PER_TOKEN
        self._settings = predict_settings or PredictSettings()
        self._queue = Waiting()
        self._running: Running | None = None
        self._ahead: Running | None = None
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="lane")
        self._texts: Texts[D] = Texts(self._thread)
        self._retiring = Retiring(self._thread, left=self._texts.left)
        self._wake = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()
        self._is_draining = False
        self._loop = asyncio.get_running_loop()
        self._task = self._loop.create_task(self._run())

    @property
    def waiting(self) -> int:
        """Texts that wait for the thread, or for a place among those written piece by piece."""
        return len(self._queue) + len(self._texts.waiting)

    @property
    def is_idle(self) -> bool:
        """Whether no text waits or runs."""
        return self._idle.is_set()

    @property
    def capabilities(self) -> frozenset[str]:
        """What the predictor of now can do besides answering."""
        return self._predictor.capabilities

    def tokens(self, texts: Sequence[str]) -> int:
        """Return how many tokens the predictor of now reads in these texts; 0: it cannot say."""
        count: Callable[[Sequence[str]], int] | None = getattr(
            self._predictor, "count_tokens", None
        )
        return 0 if count is None else count(texts)

    async def ask(self, requests: Sequence[Request]) -> list[Reply[D]]:
        """Return the reply to each request, in order.

        Raises
        ------
        BusyError
            At once, when not all of them find room in the queue, or the lane is draining.
        """
        found = await self._queued(requests, self._predict)
        return [Reply(answer=answer, tag=tag) for answer, tag in found]

    async def embed(self, texts: Sequence[str]) -> tuple[list[Any], D]:
        """Return a vector a text, each of float32, and the tag of the first one's predictor.

        Raises
        ------
        InputError
            When the predictor of now gives no vectors.
        BusyError
            As `ask` does.
        """
        if "embed" not in self.capabilities:
            raise InputError("this model gives no vectors; serve an encoder (encoder.v1) instead")
        found = await self._queued([Request(text=text) for text in texts], _embedded)
        return [vector for vector, _ in found], found[0][1] if found else self.tag

    async def stream(self, request: Request) -> AsyncGenerator[str | Reply[D], None]:
        """Yield what is written as it is written, last the reply; to stop, close the iterator.

        The predictor that begins it ends it, and the reply has its tag. BusyError as of `ask`.
        """
        with self.writing(request) as text:
            while isinstance(found := await text.next(), str):
                yield found
            yield Reply(answer=found, tag=text.tag)

    @contextmanager
    def writing(self, request: Request) -> Iterator[Text[D]]:
        """Hand out the text that `stream` reads: from its first piece on it has its tag."""
        self._let_in(1)
        text = self._texts.add(request, self._settings)
        try:
            yield text
        finally:
            self._texts.leave(text)

    async def swap(self, predictor: Predictor, *, tag: D) -> None:
        """As `take_up`; return when the old one has ended its texts and is closed."""
        await asyncio.shield(self.take_up(predictor, tag=tag))

    def take_up(self, predictor: Predictor, *, tag: D) -> asyncio.Task[None]:
        """Answer by another predictor from now on; the task ends when the old one is closed.

        Raises
        ------
        BusyError
            When the lane is draining; `predictor` is closed then.
        """
        if self._is_draining:
            predictor.close()
            raise BusyError("the server is stopping", retry_after_s=RETRY_AFTER_S)
        old, self._predictor, self.tag = self._predictor, predictor, tag
        return self._retiring.add(old)

    async def drain(self, timeout_s: float) -> bool:
        """Take no more requests, answer what waits, and stop; return whether all was answered.

        What has no answer after `timeout_s` seconds, or when this is cancelled, gets BusyError.
        """
        self._is_draining = True
        try:
            await asyncio.wait_for(self._idle.wait(), timeout_s)
        except TimeoutError:
            pass
        finally:
            drained = await self._stop()
        return drained

    async def _stop(self) -> bool:
        """Break off what is unanswered and close the predictors; return whether nothing was."""
        drained = self._idle.is_set()
        if not drained:
            because = "the server stopped before it came to this request"
            for running in (self._running, self._ahead):
                for place in running.places if running is not None else ():
                    place.fail(BusyError(because))
            self._queue.fail(BusyError(because))
            self._texts.stop(because)
        self._task.cancel()
        await asyncio.wait([self._task])
        self._texts.end()
        self._retiring.close()
        self._thread.submit(self._predictor.close)
        self._thread.shutdown(wait=drained)
        if drained:
            await self._retiring.ended()
        return drained

    def refusal(self, count: int = 1) -> BusyError | None:
        """Return what `ask` would raise for so many texts now, or None."""
        if self._is_draining:
            return BusyError("the server is stopping", retry_after_s=RETRY_AFTER_S)
        found = self._refused(count)
        if found is not None and self._queue.left:
            self._queue.clear_left()
            found = self._refused(count)
        return found

    def _refused(self, count: int) -> BusyError | None:
        return self._admission.refusal(count=count, waiting=self.waiting, weight=self._queue.weight)

    def _let_in(self, count: int) -> None:
        """Wake up for so many texts, which must be queued before the loop runs on."""
        if (error := self.refusal(count)) is not None:
            raise error
        if count:
            self._idle.clear()
            self._wake.set()

    async def _queued(self, requests: Sequence[Request], work: Work) -> list[tuple[Any, Any]]:
        """Return what the work made of each request, with the tag of its predictor."""
        self._let_in(len(requests))
        futures: list[asyncio.Future[tuple[Any, Any]]] = []
        for request in requests:
            cost = weight(len(request.text) + len(request.pair))
            futures.append(self._loop.create_future())
            self._queue.add(Place(request, futures[-1], work, cost))
        if len(futures) == 1:
            return [await self._kept(futures[0])]
        try:
            return list(await asyncio.gather(*futures))
        finally:
            for future in futures:  # one that failed, or a caller that left, abandons the rest
                future.cancel()
                self._queue.left += future.cancelled()

    async def _kept(self, future: asyncio.Future[tuple[Any, Any]]) -> tuple[Any, Any]:
        try:
            return await future
        except asyncio.CancelledError:
            self._queue.left += 1
            raise

    async def _run(self) -> None:
        while True:
            batch, self._ahead = self._ahead or self._begun(), None
            spent_s = await self._answer(batch) if batch else 0.0
            if await self._texts.turn(self._predictor, self.tag, budget_s=spent_s) or batch:
                continue
            self._idle.set()
            self._wake.clear()
            await self._wake.wait()

    def _begun(self, *, full: bool = False) -> Running | None:
        """Hand the next batch to the thread, or none; where it must be full, none that may grow."""
        waiting = len(self._queue)
        places = self._queue.take(
            texts=BATCH_TEXTS,
            characters=self._characters,
            heaviest=self._admission.batch_weight,
            least=LEAST_TEXTS,
            full=full,
        )
        if places or not full:
            self._admission.taking(waiting)
        if not places:
            return None
        self.batches[len(places)] += 1
        work = self._loop.run_in_executor(self._thread, timed, places, self._predictor)
        return Running(places, self.tag, work)

    async def _answer(self, batch: Running) -> float:
        """Answer a batch; return how many seconds it took."""
        self._running = batch
        if self._texts.is_empty:
            self._ahead = self._begun(full=True)
        await asyncio.wait([batch.work])
        found, spent_s = batch.work.result()
        self._admission.ran(weight=sum(place.weight for place in batch.places), seconds=spent_s)
        for place, made in zip(batch.places, found, strict=True):
            if isinstance(made, Exception):
                place.fail(made)
            elif not place.reply.done():
                place.reply.set_result((made, batch.tag))
        return spent_s

    def _predict(self, predictor: Predictor, requests: list[Request]) -> Sequence[Answer]:
        return predictor.predict(requests, settings=self._settings)


def _embedded(predictor: Any, requests: list[Request]) -> Sequence[Any]:
    found: Sequence[Any] = predictor.embed([request.text for request in requests])
    return found
