"""Writing piece by piece: texts that take turns on the inference thread.

Enters requests whose answers are heard as they are written, leaves their pieces on the event loop,
in order, last the answer. A text is a generator of its predictor, and each step of it, its end
too, is made in the inference thread. Who stops listening stops the writer at its next piece.

Between two batches those that are open write in rotation, for as long as the batch before took (at
most as long as one may take), or, where none waited, a single piece: so neither those who wait for
whole answers nor those who listen starve, and a batch that comes waits for no more than that.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections import deque
from collections.abc import Generator, Sequence
from concurrent.futures import Executor
from typing import Any, Generic, TypeVar

from chainring.contracts.errors import BusyError, RefusedError
from chainring.contracts.prediction import Answer
from chainring.contracts.predictor import Predictor, PredictSettings
from chainring.contracts.request import Request
from chainring.deployment.lane.admission import BATCH_S

D = TypeVar("D")

OPEN_TEXTS = 8
"""Texts half written at once; more wait. An engine that streams can hold so many."""


class Text(Generic[D]):
    """One text; begun and read on the loop, written in the thread."""

    predictor: Predictor
    tag: D
    _steps: Generator[str | Answer, None, None]

    def __init__(self, request: Request, settings: PredictSettings) -> None:
        self.request, self._settings = request, settings
        self.ended = asyncio.Event()
        self._is_stopped = False
        self._loop = asyncio.get_running_loop()
        self._said: asyncio.Queue[str | Answer | Exception] = asyncio.Queue()

    async def next(self) -> str | Answer:
        """Return the next piece, last the answer; raise what went wrong."""
        found = await self._said.get()
        if isinstance(found, Exception):
            raise found
        return found

    def begin(self, predictor: Predictor, tag: D) -> None:
        """Belong to this predictor from now on; nothing is written yet."""
        self.predictor, self.tag = predictor, tag
        self._steps = _written(predictor, self.request, self._settings)

    def write(self) -> bool:
        """Write a piece, in the thread; return whether more is to come."""
        try:
            if not self._is_stopped:
                found = next(self._steps)
                self._tell(found)
                if isinstance(found, str):
                    return True
            self._steps.close()
        except BaseException as error:  # noqa: BLE001 - whatever it is, its own listener hears of it
            self._tell(told(error))
        return False

    def stop(self, error: Exception | None = None) -> None:
        """Write no more, on the loop; who listens hears the error."""
        self._is_stopped = True
        if error is not None:
            self._said.put_nowait(error)

    def _tell(self, found: str | Answer | Exception) -> None:
        if not self._is_stopped:
            self._loop.call_soon_threadsafe(self._said.put_nowait, found)


class Texts(Generic[D]):
    """The texts of a lane: those that wait for a place, and those that are being written."""

    def __init__(self, thread: Executor) -> None:
        self.waiting: deque[Text[D]] = deque()
        self._thread = thread
        self._open: list[Text[D]] = []

    @property
    def is_empty(self) -> bool:
        """Whether none waits and none is being written."""
        return not self.waiting and not self._open

    def add(self, request: Request, settings: PredictSettings) -> Text[D]:
        """Return the text of a request; it waits for its place."""
        self.waiting.append(Text(request, settings))
        return self.waiting[-1]

    def leave(self, text: Text[D]) -> None:
        """Hear no more of a text."""
        text.stop()
        if text in self.waiting:
            self.waiting.remove(text)

    async def turn(self, predictor: Predictor, tag: D, *, budget_s: float) -> bool:
        """Let those that are open write, at least a piece of one; return False where none is.

        Those that wait begin with `predictor` where there is room.
        """
        while self.waiting and len(self._open) < OPEN_TEXTS:
            self.waiting[0].begin(predictor, tag)
            self._open.append(self.waiting.popleft())
        if not self._open:
            return False
        loop = asyncio.get_running_loop()
        budget_s = min(budget_s, BATCH_S)
        rest = await loop.run_in_executor(self._thread, _in_turn, self._open, budget_s)
        for text in self._open:
            if text not in rest:
                text.ended.set()
        self._open = rest
        return True

    async def left(self, predictor: Predictor) -> None:
        """Return when none is open any more that this predictor writes."""
        for text in [text for text in self._open if text.predictor is predictor]:
            await text.ended.wait()

    def stop(self, because: str) -> None:
        """Write no more; whoever listens hears BusyError."""
        for text in (*self.waiting, *self._open):
            text.stop(BusyError(because))
        self.waiting.clear()

    def end(self) -> None:
        """Close in the thread what is half-written."""
        for text in self._open:
            text.stop()
            text.ended.set()
        self._thread.submit(_in_turn, self._open, math.inf)


def told(error: BaseException) -> Exception:
    """Return an error in place of what is none: a panic of a library in Rust would end the lane."""
    if isinstance(error, Exception):
        return error
    return RefusedError(f"the engine broke off ({type(error).__name__}); send another text")


def _in_turn(texts: Sequence[Text[D]], budget_s: float) -> list[Text[D]]:
    """Write pieces in rotation, at least one; return those with more to come, the next first."""
    rest, end = deque(texts), time.perf_counter() + budget_s
    while rest:
        text = rest.popleft()
        if text.write():
            rest.append(text)
        if time.perf_counter() >= end:
            break
    return list(rest)


def _written(
    predictor: Predictor, request: Request, settings: PredictSettings
) -> Generator[str | Answer, None, None]:
    """Yield an answer piece by piece, last the whole.

    A predictor without `stream` among its capabilities gives its answer in one piece.
    """
    if "stream" not in predictor.capabilities:
        (answer,) = predictor.predict([request], settings=settings)
        yield answer.value
        yield answer
        return
    writer: Any = predictor
    yield from writer.stream(request, settings=settings)
    raise RefusedError(
        "the engine ended a text without its answer; serve another form with deployment.tier"
    )
