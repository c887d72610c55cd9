"""Callers that leave, requests that take too long, a server that stops."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
from collections.abc import Sequence

import httpx
from tests.deployment.http.demo import DemoVerbs

from chainring.contracts.values import Input
from chainring.deployment.http.app import create_app
from chainring.deployment.http.server import running
from chainring.deployment.http.verbs import Caller, Served
from chainring.deployment.settings import DeploymentSettings


class Slow(DemoVerbs):
    """Answers when it is let; notes who was given up."""

    def __init__(self) -> None:
        super().__init__()
        self.begun, self.given_up = threading.Event(), threading.Event()

    async def predict(
        self, texts: Sequence[Input], *, episode: str, author: str, caller: Caller
    ) -> list[Served]:
        self.begun.set()
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            self.given_up.set()
            raise
        raise AssertionError("nobody waits so long in a test")


class Metered(Slow):
    """Gives every caller one text a day."""

    def authenticate(self, secret: str | None, client: str) -> Caller:
        return Caller(role="ask", meter="everybody", per_day=1)


def sent(url: str) -> socket.socket:
    parts = httpx.URL(url)
    assert parts.port is not None
    body = json.dumps({"text": "where is my parcel"}).encode()
    head = f"POST /v1/predict HTTP/1.1\r\nhost: localhost\r\ncontent-length: {len(body)}\r\n\r\n"
    connection = socket.create_connection((parts.host, parts.port), timeout=20)
    connection.sendall(head.encode() + body)
    return connection


def test_a_caller_that_leaves_is_given_up_at_once() -> None:
    verbs = Slow()
    with running(create_app(verbs, settings=DeploymentSettings()), drain_s=1.0) as url:
        connection = sent(url)
        assert verbs.begun.wait(20)
        connection.close()
        assert verbs.given_up.wait(20)
        assert httpx.get(f"{url}/health/live").status_code == 200


def test_a_request_that_takes_longer_than_one_may_is_503_and_is_given_up() -> None:
    verbs = Slow()
    settings = DeploymentSettings(timeout_s=0.2)
    with running(create_app(verbs, settings=settings)) as url:
        answer = httpx.post(f"{url}/v1/predict", json={"text": "a"}, timeout=20)
        assert (answer.status_code, answer.json()["error"]["code"]) == (503, "too_slow")
        assert answer.headers["retry-after"] == "1"
        assert verbs.given_up.wait(20)


def test_texts_that_took_too_long_count_and_so_do_those_that_nobody_waited_for() -> None:
    ask = {"json": {"text": "a"}, "timeout": 20}
    app = create_app(Metered(), settings=DeploymentSettings(timeout_s=0.2))
    with running(app) as url:
        answers = [httpx.post(f"{url}/v1/predict", **ask) for _ in range(2)]  # type: ignore[arg-type]
    assert [one.json()["error"]["code"] for one in answers] == ["too_slow", "quota"]
    verbs = Metered()
    with running(create_app(verbs, settings=DeploymentSettings()), drain_s=1.0) as url:
        connection = sent(url)
        assert verbs.begun.wait(20)
        connection.close()
        assert verbs.given_up.wait(20)
        refused = httpx.post(f"{url}/v1/predict", **ask)  # type: ignore[arg-type]
        assert refused.json()["error"]["code"] == "quota"


def test_a_body_that_does_not_come_is_given_up() -> None:
    app = create_app(DemoVerbs(), settings=DeploymentSettings(), body_timeout_s=0.2)
    with running(app) as url:
        parts = httpx.URL(url)
        assert parts.port is not None
        with socket.create_connection((parts.host, parts.port), timeout=20) as connection:
            head = b"POST /v1/predict HTTP/1.1\r\nhost: localhost\r\ncontent-length: 99\r\n\r\n{"
            connection.sendall(head)
            received = b"".join(iter(lambda: connection.recv(4096), b""))
    assert received.startswith(b"HTTP/1.1 408")


def test_a_server_that_stops_says_so_to_connections_that_stay() -> None:
    app = create_app(DemoVerbs(), settings=DeploymentSettings())
    with running(app) as url, httpx.Client(base_url=url) as client:
        assert client.post("/v1/predict", json={"text": "a"}).status_code == 200
        app.state.draining = True
        answer = client.post("/v1/predict", json={"text": "a"})
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
        assert client.get("/health/live").status_code == 200
        assert client.get("/health/ready").status_code == 503
