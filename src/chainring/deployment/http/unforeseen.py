"""What nothing foresaw is answered inside of what every answer passes through.

Starlette answers it at the very outside: without the headers that keep a browser safe, and without
those by which the page of another site may read it.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from chainring.deployment.http.server import placed

log = logging.getLogger("chainring.http")


class Unforeseen:
    """Wraps the routes; `told` makes the answer of an exception that no handler took."""

    def __init__(
        self, app: ASGIApp, *, told: Callable[[Request, Exception], Awaitable[Response]]
    ) -> None:
        self.app, self._told = app, told

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a call through."""
        is_begun = False

        async def sending(message: Message) -> None:
            nonlocal is_begun
            is_begun = True
            await send(message)

        try:
            await self.app(scope, receive, sending)
        except Exception as error:
            if is_begun or scope["type"] != "http":
                raise
            route = getattr(scope.get("route"), "path", "unknown")
            log.error("http.failed route=%s error=%s", route, placed(error))
            answer = await self._told(Request(scope, receive), error)
            await answer(scope, receive, send)
