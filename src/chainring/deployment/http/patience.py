"""How long the server waits for a request's head, and how long that may be.

uvicorn waits for ever for the rest of a half-sent head (slow loris) and takes one of any length
under httptools; this protocol closes the connection instead. What uvicorn would answer by itself
(a broken head or chunk, too many connections) is answered as all else is; where an answer has begun
or an earlier request waits for its own, the connection is closed. Bodies are bounded where they are
read, in `bodies.read`; the rest of one that was answered unread has the time of a head to come, and
the next head with it.
"""

from __future__ import annotations

import asyncio
from asyncio import TimerHandle
from collections.abc import Callable
from typing import Any

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from chainring.deployment.http.unheard import full, unanswered, unheard

HEAD_TIMEOUT_S = 10.0
MAX_HEAD_BYTES = 32_768

PRESENCE = "chainring.presence"
"""Where in the scope of a request its `Presence` stands."""


class Presence:
    """Whether the caller still waits; `left` is called when it goes away before its answer."""

    def __init__(self) -> None:
        self.is_gone = False
        self.left: Callable[[], object] | None = None

    def leave(self) -> None:
        """Note that the connection is lost."""
        self.is_gone = True
        if self.left is not None:
            self.left()


class PatientProtocol(HttpToolsProtocol):
    """httptools with a clock and a ruler for the head of each request, and answers of ours."""

    head_timeout_s = HEAD_TIMEOUT_S
    max_head_bytes = MAX_HEAD_BYTES
    _clock: TimerHandle | None = None
    _presence: Presence | None = None
    _in_head = True
    _head_bytes = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Start the clock: the first head is due."""
        super().connection_made(transport)
        self._start_clock()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop the clock, and tell whoever works for this caller."""
        self._stop_clock()
        super().connection_lost(exc)
        if self._presence is not None:
            self._presence.leave()

    def data_received(self, data: bytes) -> None:
        """Take bytes, unless they make a head too long; answer what is no request."""
        if self._in_head:
            self._start_clock()
            if self._head_bytes > self.max_head_bytes:
                self._refuse("long_head")
                return
            self._head_bytes += len(data)
        self._unset_keepalive_if_required()
        try:  # as uvicorn does, which would log a line of its own beside ours
            self.parser.feed_data(data)
        except httptools.HttpParserError:
            self._refuse("bad_head" if self._in_head else "bad_chunk")
        except httptools.HttpParserUpgrade:
            self._unsupported_upgrade_warning()

    def on_message_begin(self) -> None:
        """A head begins, perhaps behind the end of the request before it."""
        super().on_message_begin()
        self._start_clock()
        self._field_bytes = 0

    def on_header(self, name: bytes, value: bytes) -> None:
        """Count a header."""
        self._field_bytes += len(name) + len(value)
        if self._field_bytes + len(self.url) <= self.max_head_bytes:
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """The head is there: stop the clock, and answer it if it was short enough."""
        self._stop_clock()
        if self._field_bytes + len(self.url) > self.max_head_bytes:
            self._refuse("long_head")
            raise ValueError("the head of the request is too long")
        self._presence = Presence()
        self.scope[PRESENCE] = self._presence  # type: ignore[literal-required]
        app, limit = self.app, self.limit_concurrency
        if limit is not None and max(len(self.connections), len(self.tasks)) >= limit:
            self.app = full
        self.limit_concurrency = None  # uvicorn would answer in bare text
        super().on_headers_complete()
        self.app, self.limit_concurrency = app, limit
        self._in_head, self._head_bytes = False, 0

    def on_message_complete(self) -> None:
        """The next byte begins a head."""
        super().on_message_complete()
        self._in_head = True

    def on_response_complete(self) -> None:
        """Start the clock where the answer came before the end of its request's body."""
        super().on_response_complete()
        if not self._in_head and self.cycle.response_complete:
            self._start_clock()

    def _start_clock(self) -> None:
        if self._clock is None:
            self._clock = self.loop.call_later(self.head_timeout_s, self._give_up)

    def _stop_clock(self) -> None:
        if self._clock is not None:
            self._clock.cancel()
            self._clock = None

    def _give_up(self) -> None:
        self._clock = None
        if not self.transport.is_closing():
            self.transport.close()

    def _refuse(self, code: str) -> None:
        """Close the connection, with an answer where none is on its way."""
        if self.transport.is_closing():
            return
        if self._is_answerable():
            given = self.server_state.default_headers
            self.transport.write(unheard(code, self.headers or (), given=given))
        else:
            unanswered(code)
        self.transport.close()

    def _is_answerable(self) -> bool:
        """Whether what is written now is read as the answer to what is broken, and to nothing else.

        Else it would stand behind an answer, within one, or in place of an earlier request's.
        """
        last: Any = self.cycle  # None before the first request, whatever its type says
        if last is None:
            return True
        if self._in_head:  # of the next request: the one before it has to be answered
            return bool(last.response_complete)
        return not (last.response_started or self.pipeline)


def patient(*, head_timeout_s: float, max_head_bytes: int) -> type[PatientProtocol]:
    """Return the protocol with these limits."""
    limits = {"head_timeout_s": head_timeout_s, "max_head_bytes": max_head_bytes}
    return type("PatientProtocol", (PatientProtocol,), limits)
