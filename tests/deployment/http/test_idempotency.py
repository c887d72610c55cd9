from __future__ import annotations

import asyncio
import errno
import os
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from chainring.deployment.http import idempotency
from chainring.deployment.http.faults import HttpError
from chainring.deployment.http.idempotency import KEPT, KEPT_BYTES, KEPT_S, PAGE, Remembered


async def given(remembered: Remembered, key: str, answer: bytes, body: bytes = b"{}") -> bytes:
    async with remembered.place("k", "/v1/predict", key, body=body) as place:
        if not place.answer:
            place.answer = answer
        return place.answer


def test_a_request_that_is_sent_again_gets_the_answer_of_before() -> None:
    async def test() -> None:
        remembered = Remembered()
        assert await given(remembered, "a", b"first") == b"first"
        assert await given(remembered, "a", b"second") == b"first"
        assert await given(remembered, "b", b"second") == b"second"

    asyncio.run(test())


def test_the_same_key_of_another_caller_or_for_another_route_is_another_request() -> None:
    async def test() -> None:
        remembered = Remembered()
        for caller, route in (("ann", "/v1/predict"), ("bo", "/v1/predict"), ("ann", "/v1/react")):
            async with remembered.place(caller, route, "a", body=b"{}") as place:
                assert not place.answer
                place.answer = b"first"

    asyncio.run(test())


def test_one_that_comes_while_the_first_is_on_its_way_waits_for_it() -> None:
    async def test() -> None:
        remembered, go, asked = Remembered(), asyncio.Event(), 0

        async def ask() -> bytes:
            nonlocal asked
            async with remembered.place("k", "a", body=b"{}") as place:
                if not place.answer:
                    asked += 1
                    await go.wait()
                    place.answer = b"once"
                return place.answer

        calls = [asyncio.create_task(ask()) for _ in range(5)]
        await asyncio.sleep(0)
        go.set()
        assert await asyncio.gather(*calls) == [b"once"] * 5
        assert asked == 1

    asyncio.run(test())


def test_a_failed_request_is_tried_by_the_one_that_waited() -> None:
    async def test() -> None:
        remembered, go = Remembered(), asyncio.Event()

        async def fail() -> None:
            async with remembered.place("k", "a", body=b"{}"):
                await go.wait()
                raise ValueError("broken")

        failing = asyncio.create_task(fail())
        await asyncio.sleep(0)
        later = asyncio.create_task(given_a(remembered))
        await asyncio.sleep(0)
        go.set()
        with pytest.raises(ValueError, match="broken"):
            await failing
        assert await later == b"well"

    async def given_a(remembered: Remembered) -> bytes:
        async with remembered.place("k", "a", body=b"{}") as place:
            place.answer = place.answer or b"well"
            return place.answer

    asyncio.run(test())


def test_the_same_key_with_another_body_is_refused() -> None:
    async def test() -> None:
        remembered = Remembered()
        await given(remembered, "a", b"first")
        with pytest.raises(HttpError, match="key_reused"):
            await given(remembered, "a", b"second", body=b"other")

    asyncio.run(test())


def test_what_is_old_or_too_much_is_forgotten() -> None:
    now = 0.0

    async def test() -> None:
        nonlocal now
        remembered = Remembered(clock=lambda: now)
        for number in range(KEPT + 50):
            await given(remembered, str(number), b"x")
        assert len(remembered._places) == KEPT
        now = KEPT_S + 1
        assert await given(remembered, str(KEPT), b"again") == b"again"
        assert len(remembered._places) == 1

    asyncio.run(test())


def test_workers_share_what_they_remember(tmp_path: Path) -> None:
    async def test() -> None:
        one, other = Remembered(tmp_path), Remembered(tmp_path)
        await given(one, "a", b"first")
        assert await given(other, "a", b"second") == b"first"
        with pytest.raises(HttpError, match="key_reused"):
            await given(other, "a", b"second", body=b"other")

    asyncio.run(test())


def test_what_one_worker_has_on_its_way_another_waits_for_and_refuses_with_another_body(
    tmp_path: Path,
) -> None:
    async def test() -> None:
        one, other = Remembered(tmp_path), Remembered(tmp_path)
        async with one.place("k", "/v1/predict", "a", body=b"{}") as place:
            waiting = [asyncio.create_task(given(other, "a", b"second")) for _ in range(3)]
            await asyncio.sleep(0)
            with pytest.raises(HttpError, match="key_reused"):
                await given(Remembered(tmp_path), "a", b"second", body=b"other")
            place.answer = b"first"
        assert await asyncio.gather(*waiting) == [b"first"] * 3
        assert len(list(tmp_path.iterdir())) == 1

    asyncio.run(test())


def test_what_failed_in_one_worker_is_tried_by_another_that_waited(tmp_path: Path) -> None:
    async def test() -> None:
        one, other = Remembered(tmp_path), Remembered(tmp_path)
        async with one.place("k", "/v1/predict", "a", body=b"{}"):
            waiting = asyncio.create_task(given(other, "a", b"second"))
            await asyncio.sleep(0)
            assert not waiting.done()  # and no answer is put into its place
        assert await waiting == b"second"
        assert await given(one, "a", b"third") == b"second"

    asyncio.run(test())


BEGUN = """
import asyncio, sys
from pathlib import Path
from chainring.deployment.http.idempotency import Remembered

async def begin():
    async with Remembered(Path(sys.argv[1])).place("k", "/v1/predict", "a", body=b"{}"):
        print("begun", flush=True)
        await asyncio.Event().wait()

asyncio.run(begin())
"""


def test_what_a_worker_had_on_its_way_when_it_was_killed_another_takes_over(
    tmp_path: Path,
) -> None:
    async def test(worker: subprocess.Popen[bytes]) -> None:
        waiting = asyncio.create_task(given(Remembered(tmp_path), "a", b"second"))
        await asyncio.sleep(0)
        assert not waiting.done()
        worker.kill()
        assert await asyncio.wait_for(waiting, 20) == b"second"

    command = [sys.executable, "-c", BEGUN, str(tmp_path)]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment) as worker:
        assert worker.stdout is not None
        try:
            assert worker.stdout.readline() == b"begun\n"
            asyncio.run(test(worker))
        finally:
            worker.kill()
    assert len(list(tmp_path.iterdir())) == 1


def test_half_an_answer_is_nothing_that_another_worker_could_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write, names = Path.write_bytes, list[str]()

    def halved(path: Path, data: bytes) -> int:
        write(path, data[:20])
        names.extend(file.name for file in tmp_path.iterdir())
        return write(path, data)

    monkeypatch.setattr(Path, "write_bytes", halved)
    asyncio.run(given(Remembered(tmp_path), "a", b"first"))
    (file,) = tmp_path.iterdir()
    assert names
    assert file.name not in names


def test_what_another_worker_remembered_is_forgotten_after_as_long(tmp_path: Path) -> None:
    async def test() -> None:
        await given(Remembered(tmp_path), "a", b"first")
        (file,) = tmp_path.iterdir()
        written = file.stat().st_mtime
        os.utime(file, (written, written - KEPT_S - 1))
        assert await given(Remembered(tmp_path), "a", b"second") == b"second"

    asyncio.run(test())


def test_memory_that_is_full_costs_no_answer_and_is_told_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines: list[str] = []

    def warning(line: str, *values: object) -> None:
        lines.append(line % values)

    def full(path: Path, data: bytes) -> None:
        with path.open("wb") as file:
            file.write(data[:3])
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    async def test() -> None:
        remembered = Remembered(tmp_path)
        for key in ("a", "b"):
            assert await given(remembered, key, b"first") == b"first"
            assert await asyncio.wait_for(given(remembered, key, b"second"), 20) == b"first"

    monkeypatch.setattr(Path, "write_bytes", full)
    monkeypatch.setattr(idempotency.log, "warning", warning)  # whatever levels libraries have set
    asyncio.run(test())
    assert list(tmp_path.iterdir()) == []
    (told,) = lines
    assert str(tmp_path) in told
    assert "No space left on device" in told


@pytest.mark.parametrize(("size", "kept"), [(1, KEPT_BYTES // PAGE), (KEPT_BYTES // 16 - 16, 16)])
def test_what_workers_share_is_bounded_by_the_memory_it_takes(
    tmp_path: Path, size: int, kept: int
) -> None:
    async def test() -> None:
        remembered = Remembered(tmp_path)
        for number in range(kept + 3):
            await given(remembered, str(number), b"x" * size)
        assert len(list(tmp_path.iterdir())) == kept
        assert await given(remembered, str(kept), b"again") == b"x" * size
        assert await given(remembered, "0", b"again") == b"again"

    asyncio.run(test())


def test_over_http_a_repeated_predict_is_one_prediction(client: httpx.Client) -> None:
    headers, body = {"idempotency-key": "order-17"}, {"text": "where is my parcel"}
    first = client.post("/v1/predict", json=body, headers=headers)
    again = client.post("/v1/predict", json=body, headers=headers)
    assert first.json() == again.json()
    assert "idempotency-replayed" not in first.headers
    assert again.headers["idempotency-replayed"] == "true"
    assert client.post("/v1/predict", json=body).json()["id"] != first.json()["id"]
    other = client.post("/v1/predict", json={"text": "refund"}, headers=headers)
    assert (other.status_code, other.json()["error"]["code"]) == (422, "key_reused")


@pytest.mark.parametrize(
    ("route", "body"),
    [
        ("/v1/predict", {"text": "where is my parcel"}),
        ("/v1/react", {"prediction": "pred_1", "kind": "rating", "value": "up"}),
    ],
)
def test_a_key_too_long_to_be_remembered_whole_is_refused_and_never_cut(
    client: httpx.Client, route: str, body: dict[str, str]
) -> None:
    answer = client.post(route, json=body, headers={"idempotency-key": "x" * 201})
    assert answer.status_code == 422
    fault = "Idempotency-Key: 201 characters; at most 200"
    assert answer.json()["error"]["faults"] == [fault]
    longest = client.post(route, json=body, headers={"idempotency-key": "x" * 200})
    assert longest.status_code != 422
