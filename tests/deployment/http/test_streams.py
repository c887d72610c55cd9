"""Server-sent events over a real server: what is written, and what goes wrong on the way."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from types import SimpleNamespace
from typing import Any

import httpx
import orjson
import pytest
from tests.deployment.http.demo import DemoVerbs

from chainring.contracts.errors import BusyError, DamagedError, LockedError, SpaceError
from chainring.deployment.http.app import create_app
from chainring.deployment.http.offers import Begun
from chainring.deployment.http.server import running
from chainring.deployment.http.streams import event, streamed
from chainring.deployment.http.verbs import Caller, Served
from chainring.deployment.settings import DeploymentSettings
from chainring.software.client import wire

FAULTS: dict[str, Exception] = {
    "busy": BusyError("the server stopped before it came to this request"),
    "broken": RuntimeError("Mrs Li's parcel"),
    "locked": LockedError("ledger.db was locked by process 4711"),
    "full": SpaceError("500 MiB of free disk are needed at /srv/process 4711"),
    "damaged": DamagedError("the manifest /srv/process 4711 was altered"),
}


class Failing(DemoVerbs):
    """Streams a piece and then what the text names: a fault, or silence."""

    async def stream(
        self, text: Any, *, episode: str, author: str, caller: Caller
    ) -> AsyncIterator[Begun | str | Served]:
        if text == "busy at once":
            raise BusyError("the queue is full", retry_after_s=3.0)
        yield Begun(id="pred_1", model="blake2b:00")
        yield "a piece"
        if text in FAULTS:
            raise FAULTS[text]
        yield "another piece"


@pytest.fixture(scope="module")
def failing() -> Iterator[httpx.Client]:
    made = create_app(Failing(), settings=DeploymentSettings())
    with running(made) as url, httpx.Client(base_url=url) as client:
        yield client


def events(client: httpx.Client, text: str) -> list[tuple[str, Any]]:
    """Return name and data of each event."""
    answer = client.post("/v1/predict", json={"text": text, "stream": True})
    assert answer.headers["content-type"].startswith("text/event-stream")
    blocks = [block.splitlines() for block in answer.text.split("\n\n") if block]
    return [(name[len("event: ") :], orjson.loads(data[len("data: ") :])) for name, data in blocks]


def test_pieces_come_in_their_order_between_the_begin_and_the_answer(client: httpx.Client) -> None:
    (first, begun), *pieces, (last, answer) = events(client, "where is my parcel")
    assert (first, last) == ("begun", "answer")
    assert begun["id"] == answer["id"]
    assert {name for name, _ in pieces} == {"piece"}
    words = "".join(piece["text"] for _, piece in pieces).split()
    assert "_".join(words) == answer["label"]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("busy", "busy"),
        ("broken", "internal"),
        ("locked", "unavailable"),
        ("full", "unavailable"),
        ("damaged", "unavailable"),
    ],
)
def test_a_fault_on_the_way_is_an_event_without_what_the_fault_says(
    failing: httpx.Client, text: str, code: str, caplog: pytest.LogCaptureFixture
) -> None:
    *before, (name, told) = events(failing, text)
    assert [one for one, _ in before] == ["begun", "piece"]
    assert name == "error"
    assert told["error"]["code"] == code
    assert "Li" not in str(told) + caplog.text
    assert ("stream.failed cause=RuntimeError" in caplog.text) == (text == "broken")
    assert "4711" not in str(told)
    assert ("process 4711" in caplog.text) == (code == "unavailable")


def test_a_stream_with_an_idempotency_key_is_refused_before_anything_is_written(
    client: httpx.Client,
) -> None:
    body, headers = {"text": "where is it", "stream": True}, {"idempotency-key": "order-17"}
    answer = client.post("/v1/predict", json=body, headers=headers)
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "bad_input")
    assert "Idempotency-Key" in answer.json()["error"]["message"]
    assert client.post("/v1/predict", json=body).status_code == 200
    sent = wire.asked("where is it", stream=True)
    assert "idempotency-key" not in sent.headers


def test_no_character_of_a_text_ends_a_line_of_an_event() -> None:
    """What readers in Python and JavaScript may take for the end of a line is escaped."""
    text = "a\u2028b\u2029c\u0085d\ve\ff\x1cg\x1dh\x1ei\rj\nk 你好"
    _, data, empty = event({"text": text}, name="piece").decode().splitlines()
    assert (orjson.loads(data.removeprefix("data: ")), empty) == ({"text": text}, "")
    assert "你好" in data


def test_a_refusal_before_the_first_piece_is_an_answer_with_its_status(
    failing: httpx.Client,
) -> None:
    answer = failing.post("/v1/predict", json={"text": "busy at once", "stream": True})
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "3")


def test_the_first_piece_and_the_others_share_the_time_of_one_request() -> None:
    async def written() -> list[bytes]:
        loop, late = asyncio.get_running_loop(), 0.0
        now = loop.time
        loop.time = lambda: now() + late  # type: ignore[method-assign]

        async def pieces() -> AsyncIterator[Begun | str | Served]:
            nonlocal late
            late = 31.0
            yield "first"
            for _ in range(3):
                await asyncio.sleep(0)
            yield "second"

        house = SimpleNamespace(settings=DeploymentSettings(timeout_s=30.0))
        call: Any = SimpleNamespace(house=house, language="en")
        answer = await streamed(call, pieces(), lambda piece: [str(piece).encode()])
        return [bytes(line) async for line in answer.body_iterator]  # type: ignore[arg-type]

    first, last = asyncio.run(written())
    assert (first, b"too_slow" in last) == (b"first", True)


@pytest.mark.parametrize(("text", "is_done"), [("fine", True), ("broken", False)])
def test_chunks_of_openai_end_with_the_mark_that_its_clients_wait_for_unless_they_break_off(
    text: str, is_done: bool
) -> None:
    body = {"messages": [{"role": "user", "content": text}], "stream": True}
    verbs = DemoVerbs() if is_done else Failing()
    verbs.task = "generation"
    made = create_app(verbs, settings=DeploymentSettings())
    with running(made) as url, httpx.Client(base_url=url) as client:
        answer = client.post("/v1/chat/completions", json=body)
    *chunks, last = [block for block in answer.text.split("\n\n") if block]
    assert all(chunk.startswith("data: {") for chunk in chunks)
    assert (last == "data: [DONE]") == is_done
    assert last.startswith("event: error") != is_done
