"""Writing piece by piece: a text on its way from the inference thread to the event loop.

Enters what a predictor's `stream` yields in its thread, leaves pieces on the loop, in order. Who
stops listening stops the writer at its next piece.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

from chainring.contracts.prediction import Answer
from chainring.contracts.predictor import Predictor, PredictSettings
from chainring.contracts.request import Request


class Pieces:
    """Pieces of one text; written in a thread, read on the event loop."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._queue: asyncio.Queue[str | None] = asyncio.Queue()
        self.stopped = False

    def put(self, piece: str) -> None:
        """Hand over a piece, from the thread."""
        self._loop.call_soon_threadsafe(self._queue.put_nowait, piece)

    def end(self) -> None:
        """Say on the loop that no more comes."""
        self._loop.call_soon(self._queue.put_nowait, None)

    def stop(self) -> None:
        """Want no more."""
        self.stopped = True

    def __aiter__(self) -> Pieces:
        """Return itself."""
        return self

    async def __anext__(self) -> str:
        """Return the next piece."""
        piece = await self._queue.get()
        if piece is None:
            raise StopAsyncIteration
        return piece


def written(
    predictor: Predictor, request: Request, pieces: Pieces, settings: PredictSettings
) -> Answer:
    """Write an answer in this thread and return it whole.

    A predictor without `stream` among its capabilities gives its answer in one piece.
    """
    if "stream" not in predictor.capabilities:
        (answer,) = predictor.predict([request], settings=settings)
        pieces.put(answer.value)
        return answer
    writer: Any = predictor
    found: Iterator[str | Answer] = writer.stream(request, settings=settings)
    for piece in found:
        if isinstance(piece, Answer):
            return piece
        pieces.put(piece)
        if pieces.stopped:
            break
    return Answer(label="", confidence=0.0, passed_on=True, text=request.text)
