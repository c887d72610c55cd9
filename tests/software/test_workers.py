"""Several processes behind one port: a death costs nobody more than a retry, counts are shared."""

from __future__ import annotations

import re
import signal
import socket
import time
from pathlib import Path

import httpx
import psutil
import pytest
from tests.software.conftest import PATIENCE_S, Server, opened, served, wait_until

from chainring.software.client import Client

TEXT = "where is my parcel right now"
MANY = ("--workers", "2")


def workers(server: Server) -> list[psutil.Process]:
    return [
        child
        for child in psutil.Process(server.process.pid).children()
        if "chainring.software.workers" in child.cmdline()
    ]


def all_answer(server: Server) -> bool:
    """Whether both workers are up: the page of measures has a gauge of each."""
    page = httpx.get(f"{server.url}/metrics").text
    return {"0", "1"} <= set(re.findall(r'chainring_ready\{worker="(\d)"\} 1\.0', page))


def counted(server: Server) -> int:
    page = httpx.get(f"{server.url}/metrics").text
    line = r'requests_total\{route="/v1/predict",status="200",worker="\d"\} ([\d.]+)'
    return sum(int(float(count)) for count in re.findall(line, page))


def test_two_workers_answer_count_together_and_one_that_is_killed_is_begun_again(
    shop: Path,
) -> None:
    with served(shop, *MANY) as server, Client(server.url, timeout_s=PATIENCE_S) as client:
        wait_until(lambda: all_answer(server), server)
        for number in range(30):
            httpx.post(f"{server.url}/v1/predict", json={"text": f"{TEXT} {number}"})
        assert counted(server) == 30
        first, second = workers(server)
        first.kill()
        answers = [client.predict(f"{TEXT} {number}") for number in range(30)]
        assert {one.label for one in answers} == {"track_order"}
        wait_until(lambda: len(workers(server)) == 2 and all_answer(server), server)
        assert second.is_running()
        stored = client.react(answers[0].id, "rating", "up", author="ann")
    with opened(shop) as project:
        (row,) = project.ring.traffic.feedback_on(answers[0].id)
        kept = {one.id for one in project.ring.traffic.predictions()}
    assert row.id == stored.id
    assert {one.id for one in answers} <= kept


def test_a_quota_holds_over_all_workers_and_an_idempotency_key_too(shop: Path) -> None:
    with opened(shop) as project:
        secret, _ = project.make_key("ask", "page", per_day=10)
        project.make_key("operate", "ann")
    headers = {"authorization": f"Bearer {secret}"}
    with served(shop, *MANY, is_ready=False) as server:
        wait_until(lambda: httpx.get(f"{server.url}/health/ready").status_code == 200, server)
        statuses, ids = [], set()
        for number in range(14):  # a connection each, so that both workers are asked
            key = {"idempotency-key": "same"} if number < 5 else {}
            answer = httpx.post(
                f"{server.url}/v1/predict", json={"text": TEXT}, headers={**headers, **key}
            )
            statuses.append(answer.status_code)
            if number < 5:
                ids.add(answer.json()["id"])
        assert len(ids) == 1
        assert statuses == [200] * 14
        later = [
            httpx.post(f"{server.url}/v1/predict", json={"text": TEXT}, headers=headers)
            for _ in range(3)
        ]
        assert {one.status_code for one in later} == {429}
        assert {one.json()["error"]["code"] for one in later} == {"quota"}


def test_a_signal_ends_all_of_them_in_peace(shop: Path) -> None:
    with served(shop, *MANY) as server:
        wait_until(lambda: all_answer(server), server)
        crew = workers(server)
        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait(60) == 0
        assert not [one for one in crew if one.is_running()]


@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGINT], ids=["systemd", "Ctrl-C"])
def test_a_signal_to_all_of_them_at_once_lets_what_was_begun_be_answered(
    shop: Path, sign: signal.Signals
) -> None:
    body = b'{"text": "where is my parcel"}'
    with served(shop, *MANY) as server:
        wait_until(lambda: all_answer(server), server)
        crew = workers(server)
        with _begun(server, len(body)) as connection:
            for one in (psutil.Process(server.process.pid), *crew):
                one.send_signal(sign)
            time.sleep(0.5)  # by then the parent has told its workers once more
            connection.sendall(body)
            assert connection.recv(4096).startswith(b"HTTP/1.1 200")
        assert server.process.wait(60) == 0
        assert not [one for one in crew if one.is_running()]


def _begun(server: Server, length: int) -> socket.socket:
    """Return the connection of a request whose body a worker waits for."""
    url = httpx.URL(server.url)
    connection = socket.create_connection((url.host, url.port or 80), timeout=PATIENCE_S)
    connection.sendall(
        b"POST /v1/predict HTTP/1.1\r\nhost: localhost\r\nexpect: 100-continue\r\n"
        b"content-length: %d\r\n\r\n" % length
    )
    assert connection.recv(4096).startswith(b"HTTP/1.1 100")
    return connection
