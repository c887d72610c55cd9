"""Server-sent events: a text while it is written.

Enters an iterator of pieces, leaves a response whose lines a browser's or a program's reader takes
one by one. What goes wrong before the first piece is an ordinary failure with its status; later it
is an event `error` and the end of the stream. Who stops reading stops the writer.
"""

from __future__ import annotations

import asyncio
import logging
import traceback
from collections.abc import AsyncIterator, Callable
from typing import Any

import orjson
from starlette.responses import StreamingResponse

from chainring.contracts.errors import ChainringError
from chainring.deployment.http.calls import Call
from chainring.deployment.http.faults import HttpError, failure
from chainring.deployment.http.offers import Begun
from chainring.deployment.http.verbs import Served

log = logging.getLogger("chainring.http")


_LINE_ENDS = tuple((mark.encode(), f"\\u{ord(mark):04x}".encode()) for mark in "\u2028\u2029\x85")
"""Characters that many readers take for the end of a line, each with its escape in JSON."""


def event(data: Any, *, name: str = "") -> bytes:
    """Return one event.

    >>> event({"text": "你好"}, name="piece").decode().splitlines()
    ['event: piece', 'data: {"text":"你好"}', '']
    """
    head = f"event: {name}\n".encode() if name else b""
    body = orjson.dumps(data)
    for mark, escaped in _LINE_ENDS:
        body = body.replace(mark, escaped)
    return head + b"data: " + body + b"\n\n"


async def streamed(
    call: Call,
    pieces: AsyncIterator[Begun | str | Served],
    draw: Callable[[Begun | str | Served], list[bytes]],
) -> StreamingResponse:
    """Return the response that writes the pieces as `draw` makes events of them."""
    end = asyncio.get_running_loop().time() + call.house.settings.timeout_s
    first = await anext(pieces)

    async def lines() -> AsyncIterator[bytes]:
        try:
            for line in draw(first):
                yield line
            async with asyncio.timeout_at(end):
                async for piece in pieces:
                    for line in draw(piece):
                        yield line
        except Exception as error:  # noqa: BLE001 - whoever listens hears that no more comes
            told = HttpError("too_slow") if isinstance(error, TimeoutError) else error
            if not isinstance(told, ChainringError | HttpError):
                place = traceback.extract_tb(error.__traceback__)[-1]  # its message may hold a text
                log.error("stream.failed cause=%s in=%s", type(error).__name__, place.name)
            yield event(failure(told, call.language).plain(), name="error")

    headers = {"x-accel-buffering": "no"}  # a proxy would keep the pieces back
    return StreamingResponse(lines(), media_type="text/event-stream", headers=headers)
