"""What every answer gets: headers that keep a browser safe, a place in the measures, a span."""

from __future__ import annotations

import logging
import time
from contextlib import nullcontext

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from chainring.deployment.http.metrics import Metrics
from chainring.deployment.http.stages import Recorder, recording
from chainring.deployment.http.traces import Tracer

log = logging.getLogger("chainring.http")

SAFE_HEADERS = {
    "content-security-policy": (
        "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self'; "
        "object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    ),
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",  # no-referrer would make browsers send `Origin: null`
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}
EVERY_HEADER = [(k.encode(), v.encode()) for k, v in SAFE_HEADERS.items()] + [
    (b"cache-control", b"no-store")
]


class Shell:
    """Wraps the application; pure ASGI, so that it costs microseconds."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        metrics: Metrics,
        tracer: Tracer | None = None,
        log_requests: bool = False,
    ) -> None:
        self.app, self.metrics = app, metrics
        self._tracer, self._log_requests = tracer, log_requests
        self._recorder = Recorder(metrics.observe_stage, None if tracer is None else tracer.span)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a call through."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        begun, status = time.perf_counter(), 500

        async def sending(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = list(message.get("headers", ()))
                said = {name.lower() for name, _ in headers}
                headers += [header for header in EVERY_HEADER if header[0] not in said]
                message["headers"] = headers
            await send(message)

        tracer = self._tracer
        span = nullcontext() if tracer is None else tracer.request(scope["method"], _heads(scope))
        with span as ended, recording(self._recorder):
            try:
                await self.app(scope, receive, sending)
            finally:
                route = getattr(scope.get("route"), "path", "unknown")
                spent = time.perf_counter() - begun
                if scope["method"] != "OPTIONS" or route != "unknown":  # no browser's preflight
                    self.metrics.count_request(route, status, spent)
                if ended is not None:
                    ended(route, status)
                if self._log_requests:
                    log.info("http.request route=%s status=%d ms=%s", route, status, _ms(spent))


def _ms(seconds: float) -> float:
    return round(1000.0 * seconds, 3)


def _heads(scope: Scope) -> dict[str, str]:
    """Return the headers that may carry on a trace."""
    wanted = (b"traceparent", b"tracestate")
    return {k.decode(): v.decode("latin-1") for k, v in scope["headers"] if k in wanted}
