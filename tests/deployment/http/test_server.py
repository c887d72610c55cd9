from __future__ import annotations

import asyncio
import json
import logging
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence

import httpx
import pytest
from tests.deployment.http.demo import DemoVerbs

from chainring.contracts.errors import ConflictError, InputError
from chainring.contracts.values import Input
from chainring.deployment.http.app import create_app
from chainring.deployment.http.server import address, listener, running
from chainring.deployment.http.shell import SAFE_HEADERS
from chainring.deployment.http.verbs import Caller, Readiness, Served
from chainring.deployment.http.wordings import WORDINGS
from chainring.deployment.settings import DeploymentSettings

SERVER = """
import asyncio, sys
from chainring.deployment.http.app import create_app
from tests.deployment.http.demo import DemoVerbs
from chainring.deployment.http.server import address, listener, serve
from chainring.deployment.settings import DeploymentSettings

class Slow(DemoVerbs):
    async def predict(self, texts, **more):
        print("begun", flush=True)
        await asyncio.sleep(30.0 if "long" in texts[0] else 1.0)
        if "fail" in texts[0]:
            raise KeyError(texts[0])
        return await super().predict(texts, **more)
    async def stop(self):
        print("stopped", flush=True)

with listener(host="127.0.0.1", port=0) as taken:
    print(address(taken), flush=True)
    serve(create_app(Slow(), settings=DeploymentSettings()), listener=taken)
print("ended", flush=True)
"""


@pytest.fixture
def process() -> Iterator[subprocess.Popen[str]]:
    child = subprocess.Popen(
        [sys.executable, "-c", SERVER],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    with child:
        yield child
        child.kill()


def _line(child: subprocess.Popen[str]) -> str:
    assert child.stdout is not None
    return child.stdout.readline().strip()


def _url(child: subprocess.Popen[str]) -> str:
    url = _line(child)
    for _ in range(400):
        try:
            if httpx.get(f"{url}/health/live").status_code == 200:
                return url
        except httpx.TransportError:
            time.sleep(0.05)
    raise AssertionError("the server did not start")


@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "SIGINT"])
def test_a_signal_lets_what_was_begun_be_answered_and_then_ends_in_peace(
    process: subprocess.Popen[str], sign: signal.Signals
) -> None:
    url = _url(process)
    answers: list[int] = []

    def ask() -> None:
        answer = httpx.post(f"{url}/v1/predict", json={"text": "where is it"}, timeout=20)
        answers.append(answer.status_code)

    asking = threading.Thread(target=ask)
    asking.start()
    assert _line(process) == "begun"
    process.send_signal(sign)
    if sign == signal.SIGTERM:  # systemd tells a worker, and so does its parent
        _wait_until_refused(url)
        process.send_signal(sign)
    asking.join()
    assert answers == [200]
    assert [_line(process), _line(process)] == ["stopped", "ended"]
    assert process.wait(timeout=20) == 0


def test_a_second_ctrl_c_does_not_wait_for_what_was_begun(process: subprocess.Popen[str]) -> None:
    url = _url(process)
    with _socket(url) as connection:
        head = b"POST /v1/predict HTTP/1.1\r\nhost: localhost\r\ncontent-length: 16\r\n\r\n"
        connection.sendall(head + b'{"text": "long"}')
        assert _line(process) == "begun"
        process.send_signal(signal.SIGINT)
        _wait_until_refused(url)
        process.send_signal(signal.SIGINT)
        said, failures = process.communicate(timeout=20)
    assert said.endswith("ended\n")
    assert "exceeded" not in failures  # of waiting for `drain_s`


def _wait_until_refused(url: str) -> None:
    for _ in range(400):
        try:
            _socket(url).close()
        except ConnectionRefusedError:
            return
        time.sleep(0.02)
    raise AssertionError("the server goes on taking connections")


def test_a_failure_in_the_house_is_logged_without_the_users_text(
    process: subprocess.Popen[str],
) -> None:
    url = _url(process)
    text = "fail: my card is 6222020200112230"
    answer = httpx.post(f"{url}/v1/predict", json={"text": text}, timeout=20)
    assert answer.status_code == 500
    assert "6222" not in answer.text
    process.send_signal(signal.SIGTERM)
    _, said = process.communicate(timeout=20)
    assert "KeyError at" in said
    assert "6222" not in said


def test_a_port_in_use_is_a_conflict_that_names_it_and_the_next_step() -> None:
    with listener(host="127.0.0.1", port=0) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ConflictError, match=rf"port {port} of 127\.0\.0\.1 is in use.*--port"):
            listener(host="127.0.0.1", port=port)


def test_an_address_of_another_machine_is_refused_with_the_next_step() -> None:
    with pytest.raises(InputError, match=r"--host 127\.0\.0\.1"):
        listener(host="192.0.2.1", port=0)


def test_a_listening_address_is_written_as_a_link() -> None:
    with listener(host="127.0.0.1", port=0) as taken:
        assert address(taken) == f"http://127.0.0.1:{taken.getsockname()[1]}"


def _socket(url: str) -> socket.socket:
    parts = httpx.URL(url)
    assert parts.port is not None
    return socket.create_connection((parts.host, parts.port), timeout=20)


def _answer(connection: socket.socket) -> bytes:
    """Return an answer in JSON, of a connection that stays open."""
    answer = b""
    while not answer.endswith(b"}"):
        piece = connection.recv(4096)
        assert piece, answer
        answer += piece
    return answer


def _received(connection: socket.socket) -> bytes:
    return b"".join(iter(lambda: connection.recv(4096), b""))


@pytest.mark.parametrize(
    "sent",
    [b"", b"GET / HTTP/1.1\r\nhost: x\r\nx-a: ", b"GET /health/live HTTP/1.1\r\n\r\nGET /"],
    ids=["nothing", "half a head", "half a second head"],
)
def test_a_head_that_does_not_come_to_its_end_is_given_up(sent: bytes) -> None:
    app = create_app(DemoVerbs(), settings=DeploymentSettings())
    serving = running(app, head_timeout_s=0.2, keep_alive_s=600)
    with serving as url, _socket(url) as connection:
        connection.sendall(sent)
        received = _received(connection)
    assert received.count(b"HTTP/1.1 ") == sent.count(b"\r\n\r\n")


def test_a_dripping_head_does_not_wind_the_clock_up_again() -> None:
    app = create_app(DemoVerbs(), settings=DeploymentSettings())
    with running(app, head_timeout_s=0.3) as url, _socket(url) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\n")
        with pytest.raises(OSError, match=r"Broken pipe|reset"):
            _drip(connection)


def _drip(connection: socket.socket, drop: bytes = b"x-a: b\r\n") -> None:
    for _ in range(200):
        connection.sendall(drop)
        time.sleep(0.05)


@pytest.mark.parametrize("begin", [b"GET /health/live", b"POST /v1/nowhere", b"POST /v1/predict"])
def test_a_body_that_drips_on_behind_its_answer_is_given_up(begin: bytes) -> None:
    app = create_app(DemoVerbs(keys={"a-key": "ask"}), settings=DeploymentSettings())
    with running(app, head_timeout_s=0.3, keep_alive_s=1) as url, _socket(url) as connection:
        connection.sendall(begin + b" HTTP/1.1\r\nhost: x\r\ncontent-length: 900000\r\n\r\n")
        assert connection.recv(4096).startswith(b"HTTP/1.1 ")
        with pytest.raises(OSError, match=r"Broken pipe|reset"):
            _drip(connection, b"x")


def test_a_body_that_ends_behind_its_answer_leaves_no_connection_for_ever() -> None:
    app = create_app(DemoVerbs(), settings=DeploymentSettings())
    with running(app, head_timeout_s=0.3, keep_alive_s=1) as url, _socket(url) as connection:
        connection.sendall(b"GET /health/live HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\n\r\n")
        assert _answer(connection).startswith(b"HTTP/1.1 200")
        connection.sendall(b"x")
        assert _received(connection) == b""


def test_the_answer_behind_another_is_waited_for_however_its_body_came() -> None:
    app = create_app(Thoughtful(), settings=DeploymentSettings())
    with running(app, head_timeout_s=0.2) as url, _socket(url) as connection:
        connection.sendall(
            b"GET /health/live HTTP/1.1\r\nhost: localhost\r\n\r\n"
            b"POST /v1/predict HTTP/1.1\r\nhost: localhost\r\ncontent-length: 16\r\n\r\n"
        )
        assert _answer(connection).startswith(b"HTTP/1.1 200")
        connection.sendall(b'{"text": "card"}')
        assert _answer(connection).startswith(b"HTTP/1.1 200")


def test_a_finished_head_is_not_given_up_while_its_answer_is_made() -> None:
    app = create_app(DemoVerbs(), settings=DeploymentSettings())
    with running(app, head_timeout_s=0.2) as url, httpx.Client(base_url=url) as client:
        for _ in range(3):
            assert client.get("/health/live").status_code == 200
            time.sleep(0.15)


@pytest.mark.parametrize("size", [40_000, 200_000, 2_000_000])
@pytest.mark.parametrize("where", ["header", "path"])
def test_a_head_that_is_too_long_is_refused(open_url: str, size: int, where: str) -> None:
    path, header = ("/" + "a" * size, "b") if where == "path" else ("/", "b" * size)
    head = f"GET {path} HTTP/1.1\r\nhost: localhost\r\nx-a: {header}\r\n\r\n".encode()
    with _socket(open_url) as connection:
        try:
            connection.sendall(head)
            received = _received(connection)
        except ConnectionError:
            return
    assert received.startswith(b"HTTP/1.1 431") or received == b""
    assert httpx.get(f"{open_url}/health/live").status_code == 200


def test_a_head_without_an_end_is_refused_before_it_fills_the_memory() -> None:
    app = create_app(DemoVerbs(), settings=DeploymentSettings())
    with running(app, head_timeout_s=600) as url, _socket(url) as connection:
        try:
            connection.sendall(b"GET / HTTP/1.1\r\nx-a: " + b"b" * 2_000_000)
            received = _received(connection)
        except ConnectionError:
            return
    assert received.startswith(b"HTTP/1.1 431")


def test_bytes_that_are_no_http_are_400(open_url: str) -> None:
    with _socket(open_url) as connection:
        connection.sendall(b"\x16\x03\x01\x02\x00\x01\x00\r\n\r\n")
        assert _received(connection).startswith(b"HTTP/1.1 400")


CHUNKED = b"POST /v1/predict HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n\r\n"


@pytest.mark.parametrize(
    ("head", "code", "status"),
    [
        (b"GET / HTTP/1.1\r\nx-a: %s\r\n\r\n" % (b"b" * 40_000), "long_head", 431),
        (b"\x16\x03\x01\x02\x00\x01\x00\r\n\r\n", "bad_head", 400),
        (b"GET / HTTP/1.1\r\nno colon\r\n\r\n", "bad_head", 400),
        (b"GET / HTTP/1.1\r\naccept-language: zh\r\nx-b: c\r\nno colon\r\n\r\n", "bad_head", 400),
        (b"GET http://a:port/ HTTP/1.1\r\nhost: localhost\r\n\r\n", "bad_head", 400),
        (CHUNKED + b"no length\r\n", "bad_chunk", 400),
        (CHUNKED + b'4\r\n{"a"no end\r\n', "bad_chunk", 400),
    ],
)
def test_what_no_route_hears_is_answered_as_everything_else_and_logged(
    open_url: str,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
    head: bytes,
    code: str,
    status: int,
) -> None:
    monkeypatch.setattr(logging.getLogger("uvicorn"), "propagate", True)
    with caplog.at_level(logging.WARNING, "chainring.http"), _socket(open_url) as connection:
        connection.sendall(head)
        told, _, body = _received(connection).partition(b"\r\n\r\n")
    words = WORDINGS[code]
    error = json.loads(body)["error"]
    assert told.startswith(f"HTTP/1.1 {status} ".encode())
    assert (error["code"], error["faults"]) == (code, [])
    assert error["message"] == (words.zh if b"zh" in head else words.en)
    for name, value in SAFE_HEADERS.items():
        assert f"{name}: {value}".encode() in told
    assert caplog.messages == [f"http.unheard code={code} status={status}"]


@pytest.mark.parametrize(
    "sent",
    [
        b"GET / HTTP/1.1\r\nno colon\r\n\r\n",
        b"GET / HTTP/1.1\r\nx-a: %s\r\n\r\n" % (b"b" * 40_000),
    ],
)
def test_what_no_route_hears_has_the_headers_that_the_server_gives_all_answers(
    sent: bytes,
) -> None:
    app = create_app(DemoVerbs(), settings=DeploymentSettings())
    with running(app, headers=[("x-region", "north")]) as url:
        others = httpx.get(f"{url}/health/live").headers
        with _socket(url) as connection:
            connection.sendall(sent)
            told = _received(connection)
    assert others["x-region"] == "north"
    assert "date" in others
    assert b"\r\nx-region: north\r\n" in told
    assert b"\r\ndate: " in told


def test_beyond_the_most_connections_a_caller_hears_when_to_come_again(
    caplog: pytest.LogCaptureFixture,
) -> None:
    app = create_app(DemoVerbs(), settings=DeploymentSettings())
    ask = {"accept-language": "zh-CN"}
    with running(app, max_connections=2) as url, httpx.Client(base_url=url) as client:
        assert client.get("/health/live").status_code == 200
        with caplog.at_level(logging.WARNING, "chainring.http"):
            other = httpx.get(f"{url}/health/live", headers=ask)
        assert (other.status_code, other.headers["retry-after"]) == (503, "2")
        assert other.json()["error"]["message"] == WORDINGS["full"].zh
        assert other.headers["x-content-type-options"] == "nosniff"
        assert other.headers["connection"] == "close"
        assert "http.unheard code=full status=503" in caplog.messages
        assert "Exceeded" not in caplog.text


def test_requests_sent_in_one_breath_are_answered_one_by_one(open_url: str) -> None:
    one = b"GET /health/live HTTP/1.1\r\nhost: localhost\r\n\r\n"
    last = b"GET /health/live HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n"
    with _socket(open_url) as connection:
        connection.sendall(one * 3 + last)
        assert _received(connection).count(b"HTTP/1.1 200 OK") == 4


class Thoughtful(DemoVerbs):
    async def predict(
        self, texts: Sequence[Input], *, episode: str, author: str, caller: Caller
    ) -> list[Served]:
        await asyncio.sleep(0.6)
        return await super().predict(texts, episode=episode, author=author, caller=caller)


class Refusing(DemoVerbs):
    async def predict(
        self, texts: Sequence[Input], *, episode: str, author: str, caller: Caller
    ) -> list[Served]:
        from chainring.contracts.errors import BusyError

        raise BusyError("the server is stopping", retry_after_s=1)


def test_readiness_and_busy_answers_follow_the_house() -> None:
    verbs = Refusing()
    with running(create_app(verbs, settings=DeploymentSettings())) as url:
        assert httpx.get(f"{url}/health/ready").status_code == 200
        assert httpx.post(f"{url}/v1/predict", json={"text": "a"}).status_code == 429
        verbs.readiness = Readiness(ok=False, code="no_model", reason="run `chainring turn`")
        ready = httpx.get(f"{url}/health/ready")
        assert (ready.status_code, ready.json()["code"]) == (503, "no_model")
        answer = httpx.post(f"{url}/v1/predict", json={"text": "a"})
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "60")
        assert answer.json()["error"]["code"] == "unserved"
        verbs.readiness = Readiness(ok=False, code="draining", reason="the server is stopping")
        answer = httpx.post(f"{url}/v1/predict", json={"text": "a"})
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
        assert answer.json()["error"]["code"] == "not_ready"
        assert httpx.get(f"{url}/health/live").status_code == 200


def test_the_house_is_stopped_with_its_server() -> None:
    verbs = DemoVerbs()
    with running(create_app(verbs, settings=DeploymentSettings())):
        assert not verbs.stopped
    assert verbs.stopped
