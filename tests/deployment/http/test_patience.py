"""What a connection carries where a request on it is broken."""

from __future__ import annotations

import logging
import socket
from urllib.parse import urlsplit

import pytest
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.types import Receive, Scope, Send

from chainring.deployment.http.server import running


def connected(url: str) -> socket.socket:
    at = urlsplit(url)
    return socket.create_connection((at.hostname, at.port), timeout=30)


def received(connection: socket.socket) -> bytes:
    return b"".join(iter(lambda: connection.recv(4096), b""))


async def answer(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer at once, in part or never, whatever comes of the body."""
    if scope["path"] != "/never":
        await send({"type": "http.response.start", "status": 401, "headers": []})
        is_part = scope["path"] == "/part"
        await send({"type": "http.response.body", "body": b"no", "more_body": is_part})
    if scope["path"] != "/whole":
        while (await receive())["type"] != "http.disconnect":
            pass


APP = Starlette(routes=[Mount("/", answer)])
CHUNKED = b"POST %s HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n\r\n"
WHOLE, PART = CHUNKED % b"/whole", CHUNKED % b"/part"
NEVER = b"GET /never HTTP/1.1\r\nhost: localhost\r\n\r\n"


@pytest.mark.parametrize(
    ("head", "broken", "code", "before"),
    [
        (WHOLE, b"no length\r\n", "bad_chunk", b"0\r\n\r\n"),
        (PART, b"no length\r\n", "bad_chunk", b"no\r\n"),
        (NEVER, b"no colon\r\n\r\n", "bad_head", b""),
        (NEVER, b"GET / HTTP/1.1\r\nx: %s\r\n\r\n" % (b"b" * 40_000), "long_head", b""),
    ],
)
def test_what_is_broken_has_no_answer_where_it_would_be_taken_for_another(
    caplog: pytest.LogCaptureFixture, head: bytes, broken: bytes, code: str, before: bytes
) -> None:
    with running(APP) as url, caplog.at_level(logging.WARNING, "chainring.http"):
        with connected(url) as connection:
            connection.sendall(head)
            told = b""
            while before and not told.endswith(before):
                told += connection.recv(65_536)
            connection.sendall(broken)
            told += received(connection)
    assert told.count(b"HTTP/1.1 ") == bool(before)
    assert told.endswith(before)
    assert caplog.messages == [f"http.unheard code={code} status=none"]


def test_a_broken_head_behind_an_answer_is_answered() -> None:
    with running(APP) as url, connected(url) as connection:
        connection.sendall(WHOLE + b"0\r\n\r\n")
        told = b""
        while not told.endswith(b"0\r\n\r\n"):
            told += connection.recv(65_536)
        connection.sendall(b"no colon\r\n\r\n")
        assert received(connection).startswith(b"HTTP/1.1 400")
