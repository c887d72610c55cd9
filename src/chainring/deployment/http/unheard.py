"""What is answered before any route is asked: a broken head, one too long, a full server.

Enters what is known of the caller, leaves an answer in the shape and with the headers of all others
(see `faults` and `shell`), and a line of the log. uvicorn's own answers were bare text.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from http import HTTPStatus

import orjson
from starlette.requests import Request
from starlette.types import Receive, Scope, Send

from chainring.deployment.http.faults import HttpError, failure
from chainring.deployment.http.language import preferred
from chainring.deployment.http.shell import EVERY_HEADER

log = logging.getLogger("chainring.http")

Head = Iterable[tuple[bytes, bytes]]
RETRY_AFTER_S = 2.0
"""When a caller may find room again."""


def unheard(code: str, head: Head, *, given: Head) -> bytes:
    """Return the bytes of an answer that ends the connection, to what came of a head.

    `given` are the headers that the server gives to all answers, its date among them.
    """
    status, headers, body = _told(code, head)
    lines = [f"HTTP/1.1 {status} {HTTPStatus(status).phrase}".encode()]
    lines += [name + b": " + value for name, value in (*given, *headers)]
    return b"\r\n".join([*lines, b"", body])


def unanswered(code: str) -> None:
    """Note what ends a connection on which an answer would be taken for another one."""
    log.warning("http.unheard code=%s status=none", code)


async def full(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer in the application's place where too many are connected."""
    status, headers, body = _told("full", scope["headers"])
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def _told(code: str, head: Head) -> tuple[int, list[tuple[bytes, bytes]], bytes]:
    liked = Request({"type": "http", "headers": list(head)}).headers.get("accept-language", "")
    error = HttpError(code, retry_after_s=RETRY_AFTER_S)
    found = failure(error, preferred(liked))
    body = orjson.dumps(found.plain())
    log.warning("http.unheard code=%s status=%d", code, found.status)
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
        (b"connection", b"close"),
        *((name.lower().encode(), value.encode()) for name, value in found.headers().items()),
        *EVERY_HEADER,
    ]
    return found.status, headers, body
