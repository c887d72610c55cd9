"""The first thing a request meets: while the lane is full it is refused here, in microseconds.

Under overload most requests are refused, so that what a refusal costs decides how many answers are
still given. Keys are not looked at: that the server is busy is no secret.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import orjson
from starlette.types import ASGIApp, Receive, Scope, Send

from chainring.contracts.errors import BusyError
from chainring.deployment.http.calls import Route
from chainring.deployment.http.faults import failure
from chainring.deployment.http.language import preferred
from chainring.deployment.http.openai_routes import OPENAI_PATHS
from chainring.deployment.http.verbs import Verbs

_OPENAI_HEADERS = (
    "user-agent", "openai-organization", "openai-project",
    "x-stainless-lang", "x-stainless-package-version", "x-stainless-os", "x-stainless-arch",
    "x-stainless-runtime", "x-stainless-runtime-version", "x-stainless-retry-count",
    "x-stainless-timeout", "x-stainless-helper-method",
)  # fmt: skip
"""What OpenAI's client says of itself in a browser; nothing here reads it."""


class Guard:
    """Wraps the application; refuses calls of the lane's routes while the lane can take no more."""

    def __init__(self, app: ASGIApp, *, verbs: Verbs, routes: Sequence[Route]) -> None:
        self.app, self._verbs = app, verbs
        self._routes = {route.path: route for route in routes if route.lane}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a call through, or refuse it."""
        if scope["type"] == "http" and scope["path"] in self._routes:
            error = self._verbs.full()
            if error is not None:
                scope["route"] = self._routes[scope["path"]]
                await self._refuse(error, scope, send)
                return
        await self.app(scope, receive, send)

    async def _refuse(self, error: BusyError, scope: Scope, send: Send) -> None:
        spoken = dict(scope["headers"]).get(b"accept-language", b"").decode("latin-1")
        found = failure(error, preferred(spoken), ready=self._verbs.ready().code)
        body = orjson.dumps(found.openai() if scope["path"] in OPENAI_PATHS else found.plain())
        headers = [
            (b"content-type", b"application/json"),
            (b"content-length", str(len(body)).encode()),
            *((name.lower().encode(), value.encode()) for name, value in found.headers().items()),
        ]
        await send({"type": "http.response.start", "status": found.status, "headers": headers})
        await send({"type": "http.response.body", "body": body})


def cross_origin(sites: Sequence[str]) -> dict[str, Any]:
    """Return what pages of other web sites may do: call with a key in a header, no cookies."""
    return {
        "allow_origins": list(sites),
        "allow_methods": ["GET", "POST"],
        "allow_headers": ["authorization", "content-type", "idempotency-key", *_OPENAI_HEADERS],
        "expose_headers": ["retry-after", "idempotency-replayed"],
        "max_age": 600,
    }
