"""What PostgreSQL cannot store, sent by every way in: refused or stored safely, never a 500."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from tests.software.conftest import ON_BOTH, PATIENCE_S, Server, opened, served

from chainring.software.api import Project

pytestmark = ON_BOTH

NUL = "a\x00b"
SPELT = "a\\u0000b \\x00 %00"
"""Six characters that only look like it."""


@pytest.fixture
def server(grown_in: Project) -> Iterator[Server]:
    """Serve a project whose stores are in SQLite and in PostgreSQL."""
    with served(grown_in.folder) as found:
        yield found


def bodies(answer: str, case: str, item: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield what can be sent, with NUL in one field each."""
    for field in ("text", "episode", "author", "pair"):
        yield "/v1/predict", {"text": "hello", field: NUL}
    yield "/v1/predict", {"texts": ["hello", NUL]}
    yield "/v1/embed", {"texts": [NUL]}
    yield "/v1/embeddings", {"model": "any", "input": NUL}
    said = {"role": "user", "content": NUL}
    yield "/v1/chat/completions", {"model": "any", "messages": [said]}
    for kind in ("correction", "comment", "outcome", "flag", "rating", "preference"):
        yield "/v1/react", {"prediction": answer, "kind": kind, "value": NUL}
    for field in ("prediction", "comment", "author", "episode", "consent", "key"):
        yield "/v1/react", {"prediction": answer, "kind": "rating", "value": "up", field: NUL}
    for field in ("item", "value"):
        yield "/v1/review", {"item": item, "decision": "change", "value": "invoice", field: NUL}
    for field in ("outcome", "told", "truth"):
        yield f"/v1/cases/{case}/close", {"outcome": "looked", "told": "yes", field: NUL}
    yield "/v1/keys", {"role": "ask", "name": NUL}
    yield "/v1/releases", {"model": NUL, "reason": NUL}


def addresses() -> Iterator[tuple[str, str]]:
    """Yield methods and addresses with NUL in an id or a question."""
    for path in ("/v1/why/{}", "/v1/cases/{}", "/why/{}", "/v1/keys/{}", "/v1/models/{}"):
        yield "GET", path.format("pred_a%00b")
    for path in ("/v1/cases/{}/close", "/v1/keys/{}/revoke", "/v1/keys/{}/rotate"):
        yield "POST", path.format("a%00b")
    for query in ("/v1/cases?author=%00", "/v1/audit?who=a%00", "/v1/review?limit=%00"):
        yield "GET", query


def spoken(server: Server, head: bytes) -> bytes:
    """Return the first bytes that come back for a raw head of a request."""
    place = urlsplit(server.url)
    assert place.hostname is not None
    with socket.create_connection((place.hostname, place.port), timeout=PATIENCE_S) as wire:
        wire.sendall(head + b"\r\nhost: localhost\r\nconnection: close\r\n\r\n")
        return wire.recv(200)


def test_a_character_that_no_postgresql_takes_is_refused_wherever_it_stands(
    server: Server, grown_in: Project
) -> None:
    with httpx.Client(base_url=server.url, timeout=PATIENCE_S) as web:
        answer = web.post("/v1/predict", json={"text": "where is my parcel"}).json()["id"]
        flag = {"prediction": answer, "kind": "flag", "value": "wrong", "comment": SPELT}
        told = web.post("/v1/react", json=flag | {"author": SPELT}).json()
        for path, body in bodies(answer, told["case"], answer):
            found = web.post(path, json=body)
            assert found.status_code in (404, 422), (path, body, found.text)
        for method, path in addresses():
            found = web.request(method, path, json={} if method == "POST" else None)
            assert found.status_code in (404, 405, 422), (method, path, found.text)
        for head in (b"GET /v1/cases?author=a\x00 HTTP/1.1", b"GET /v1/why/a\x00 HTTP/1.1",
                     b"GET /v1/status HTTP/1.1\r\nidempotency-key: a\x00b"):  # fmt: skip
            assert b" 500 " not in spoken(server, head), head
        assert web.get("/v1/status").status_code == 200
    assert "Traceback" not in server.log.read_text()
    (row,) = grown_in.ring.traffic.feedback()
    assert (row.id, row.comment, row.author) == (told["id"], SPELT, SPELT)
    assert [one.reporter for one in grown_in.cases()] == [SPELT]
    assert len(list(grown_in.ring.traffic.predictions())) == 1
    with opened(grown_in.folder) as again:
        assert again.ring.traffic.text(answer) == "where is my parcel"
