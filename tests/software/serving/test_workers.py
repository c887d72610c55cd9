"""Several processes behind one port: a death costs nobody more than a retry, counts are shared."""

from __future__ import annotations

import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import psutil
import pytest
from tests.software.conftest import ALONE, PATIENCE_S, Server, opened, served, wait_until

from chainring.contracts.errors import RefusedError
from chainring.deployment.http.server import address, listener
from chainring.software.client import Client
from chainring.software.serving import workers as crews

TEXT = "where is my parcel right now"
MANY = ("--workers", "2")


def workers(server: Server) -> list[psutil.Process]:
    return [
        child
        for child in psutil.Process(server.process.pid).children()
        if "chainring.software.serving.workers" in child.cmdline()
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


def test_while_a_start_fails_the_other_worker_answers_on_and_the_log_says_why(shop: Path) -> None:
    recipe = shop / "chainring.toml"
    kept = recipe.read_text()
    with served(shop, *MANY) as server:
        wait_until(lambda: all_answer(server), server)
        recipe.write_text(kept + "\n[nowhere]\n")
        first, second = workers(server)
        first.kill()
        wait_until(lambda: server.log.read_text().count("ended with status 1;") > 1, server)
        assert httpx.post(f"{server.url}/v1/predict", json={"text": TEXT}).status_code == 200
        recipe.write_text(kept)
        wait_until(lambda: len(workers(server)) == 2 and all_answer(server), server)
        assert second.is_running()
    said = server.log.read_text()
    assert "chainring: " in said
    assert "nowhere" in said
    assert "Traceback" not in said


@pytest.fixture
def run_crew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Return what runs a crew whose workers end at once, until so many deaths were told."""
    monkeypatch.setattr(crews, "FIRST_WAIT_S", 0.01)
    monkeypatch.setattr(crews, "LONGEST_WAIT_S", 0.02)
    monkeypatch.setattr(signal, "signal", lambda *_: None)

    def started(self: crews._Crew, number: int) -> subprocess.Popen[bytes]:
        return subprocess.Popen([sys.executable, "-S", "-c", "raise SystemExit(1)"])

    monkeypatch.setattr(crews._Crew, "_started", started)

    def run(*, deaths: int) -> None:
        told: list[str] = []

        def say(line: str) -> None:
            told.append(line)
            if len(told) == deaths:
                crew._told(signal.SIGTERM, None)

        with socket.socket() as taken:
            crew = crews._Crew(tmp_path, taken, tmp_path, workers=2, open_to_all=True, say=say)
            try:
                crew.run()
            finally:
                crew.stop(within_s=PATIENCE_S)

    return run


def test_a_crew_of_which_no_worker_ever_answered_ends_and_says_what_to_do(
    run_crew: Callable[..., None],
) -> None:
    with pytest.raises(RefusedError, match="--workers 1"):
        run_crew(deaths=20)


def test_a_crew_that_answered_before_is_not_ended_by_starts_that_fail(
    run_crew: Callable[..., None], tmp_path: Path
) -> None:
    (tmp_path / "worker-0.sock").touch()
    run_crew(deaths=20)


def test_a_worker_that_ends_again_and_again_waits_longer_each_time() -> None:
    place = crews._Place(since=100.0)
    assert [place.ended(now=100.0 + second) for second in range(8)] == [
        0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0,
    ]  # fmt: skip
    assert place.ended(now=100.0 + crews.WITHIN_S + 1) == 0.5


def test_workers_end_with_a_parent_that_was_killed_and_the_next_start_clears_up(
    shop: Path,
) -> None:
    with served(shop, *MANY) as server:
        wait_until(lambda: all_answer(server), server)
        crew = workers(server)
        shared = next(Path(word) for word in crew[0].cmdline() if "/chainring-" in word)
        with served(shop, *MANY):
            assert shared.is_dir()
        server.process.kill()
        server.process.wait()
        wait_until(lambda: not any(one.is_running() for one in crew), server)
    assert shared.is_dir()
    with served(shop, *MANY):
        assert not shared.exists()


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
        with _begun(server.url, len(body)) as connection:
            for one in (psutil.Process(server.process.pid), *crew):
                one.send_signal(sign)
            time.sleep(0.5)  # by then the parent has told its workers once more
            connection.sendall(body)
            assert connection.recv(4096).startswith(b"HTTP/1.1 200")
        assert server.process.wait(60) == 0
        assert not [one for one in crew if one.is_running()]


ANSWERING = """
import socket, sys
from tests.deployment.http.demo import DemoVerbs
from chainring.deployment.http.app import create_app
from chainring.deployment.http.server import serve
from chainring.deployment.settings import DeploymentSettings

taken = socket.socket(fileno=int(sys.argv[1]))
serve(create_app(DemoVerbs(), settings=DeploymentSettings()), listener=taken, drain_s=20)
"""


def test_while_workers_answer_what_was_begun_new_callers_are_refused_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[Callable[..., None]] = []
    monkeypatch.setattr(signal, "signal", lambda sign, act: told.append(act))

    def started(self: crews._Crew, number: int) -> subprocess.Popen[bytes]:
        handle = self._taken.fileno()
        command = [sys.executable, "-c", ANSWERING, str(handle)]
        return subprocess.Popen(command, pass_fds=[handle], env=ALONE)

    monkeypatch.setattr(crews._Crew, "_started", started)
    recipe = SimpleNamespace(deployment=SimpleNamespace(drain_s=20.0))
    ring = SimpleNamespace(recipe=recipe)
    project: Any = SimpleNamespace(ring=ring, folder=tmp_path, close=lambda: None)
    taken = listener(host="127.0.0.1", port=0)
    url, body = address(taken), b'{"text": "where is my parcel"}'
    how = {"workers": 1, "open_to_all": True, "say": print}
    crew = threading.Thread(target=crews.serve_by_many, args=(project, taken), kwargs=how)
    crew.start()
    with _begun(url, len(body)) as connection:
        told[0](signal.SIGTERM, None)
        wait_until(lambda: _is_refused(url))
        connection.sendall(body)
        assert connection.recv(4096).startswith(b"HTTP/1.1 200")
    crew.join()


def _is_refused(url: str) -> bool:
    try:
        _connected(url).close()
    except ConnectionRefusedError:
        return True
    return False


def _connected(url: str) -> socket.socket:
    parts = httpx.URL(url)
    return socket.create_connection((parts.host, parts.port or 80), timeout=PATIENCE_S)


def _begun(url: str, length: int) -> socket.socket:
    """Return the connection of a request whose body a worker waits for."""
    connection = _connected(url)
    connection.sendall(
        b"POST /v1/predict HTTP/1.1\r\nhost: localhost\r\nexpect: 100-continue\r\n"
        b"content-length: %d\r\n\r\n" % length
    )
    assert connection.recv(4096).startswith(b"HTTP/1.1 100")
    return connection
