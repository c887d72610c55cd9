"""Vectors and texts piece by piece, as the service gives and logs them."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.deployment.lane.test_writing import Scribe
from tests.software.conftest import copy, opened

from chainring.contracts.deployment import Deployment
from chainring.contracts.errors import BusyError, InputError
from chainring.contracts.prediction import Answer
from chainring.contracts.predictor import PredictSettings
from chainring.contracts.request import Request
from chainring.deployment.http.offers import Begun
from chainring.deployment.http.verbs import Served
from chainring.deployment.lane.lane import Reply
from chainring.ring.built import current
from chainring.software.api import Project
from chainring.software.serving.service import Service
from chainring.software.verbs.answering import Opened

TEXT = "where is my parcel right now"


def pieces_of(shop: Path, *, most: int | None = None) -> list[Any]:
    """Return what a stream yields, or its first pieces where the listener leaves then."""

    async def listened() -> list[Any]:
        service = Service(Project.open(shop), open_to_all=True)
        await service.start()
        caller = service.authenticate(None, "127.0.0.1")
        found = []
        stream = service.stream(TEXT, episode="chat", author="ann", caller=caller)
        async for piece in stream:
            found.append(piece)
            if len(found) == most:
                await stream.aclose()  # type: ignore[attr-defined]
        await service.stop()
        return found

    return asyncio.run(listened())


def test_a_stream_begins_with_the_id_under_which_its_whole_answer_is_logged(shop: Path) -> None:
    begun, *pieces, last = pieces_of(shop)
    assert isinstance(begun, Begun)
    assert isinstance(last, Served)
    assert begun.id == last.prediction.id
    assert begun.model == last.prediction.model
    assert "".join(pieces) == last.prediction.value
    with opened(shop) as project:
        row = project.ring.traffic.prediction(begun.id)
        assert row is not None
        assert (row.label, row.author, row.episode) == (last.prediction.label, "ann", "chat")
        assert project.ring.traffic.text(begun.id) == TEXT


def test_a_stream_that_nobody_hears_to_its_end_is_no_answer(shop: Path) -> None:
    (begun,) = pieces_of(shop, most=1)
    with opened(shop) as project:
        assert project.ring.traffic.prediction(begun.id) is None


def test_a_stream_without_room_is_refused_before_it_begins(
    shop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "chainring.deployment.lane.lane.Lane.refusal", lambda *_: BusyError("the queue is full")
    )
    with pytest.raises(BusyError, match="the queue is full"):
        pieces_of(shop)


def test_a_model_without_vectors_says_what_gives_them(shop: Path) -> None:
    async def embedded() -> None:
        service = Service(Project.open(shop), open_to_all=True)
        await service.start()
        try:
            await service.embed([TEXT], caller=service.authenticate(None, "127.0.0.1"))
        finally:
            await service.stop()

    with pytest.raises(InputError, match="serve an encoder"):
        asyncio.run(embedded())


# While the champion changes


@pytest.fixture
def scribes(monkeypatch: pytest.MonkeyPatch) -> dict[str, Scribe]:
    """Return what answers in place of each model, by its address."""
    found: dict[str, Scribe] = {}

    def loaded(opened: Opened) -> Scribe:
        model = opened.deployment.model
        return found.setdefault(model, Scribe(model))

    monkeypatch.setattr("chainring.software.serving.service._load", loaded)
    return found


async def started(shop: Path) -> tuple[Service, Deployment]:
    """Return a service that looks for another champion only when told to, and its champion."""
    service = Service(Project.open(shop), open_to_all=True)
    await service.start()
    assert service._watcher is not None
    service._watcher.cancel()
    _, champion = current(service.project.ring)
    assert champion is not None
    return service, champion


async def rolled_back(service: Service) -> Deployment:
    """Name the champion of before, let the service look, and return it."""
    deployment = service.project.rollback(by="bo", reason="a test")
    await asyncio.wait_for(service._refresh(), 20)
    return deployment


def test_the_tokens_of_an_answer_are_those_that_its_writer_counted(
    shop: Path, scribes: dict[str, Scribe]
) -> None:
    async def test() -> Served:
        service, champion = await started(shop)
        said = Answer(label="", confidence=0.9, passed_on=False, text="[]", output="two dogs",
                      read_tokens=23, written_tokens=4)  # fmt: skip
        reply = Reply(answer=said, tag=champion)
        asked = Request(text=TEXT)
        found = service._served(asked, reply, 1.0, variant="champion", failed=False)
        await service.stop()
        return found

    served = asyncio.run(test())
    assert (served.read_tokens, served.written_tokens) == (23, 4)


def streamed(service: Service, text: str) -> Any:
    caller = replace(service.authenticate(None, "127.0.0.1"), key_id="c" * 12, meter="a" * 12)
    return service.stream(text, episode="", author="ann", caller=caller)


def test_a_text_that_is_being_written_holds_up_no_refresh_and_is_ended_by_its_model(
    grown: Path, tmp_path: Path, scribes: dict[str, Scribe]
) -> None:
    async def test() -> None:
        service, before = await started(copy(grown, tmp_path / "shop"))
        old = scribes[before.model]
        stream = streamed(service, "a")
        assert [(await anext(stream)).model, await anext(stream)] == [before.model, "a"]
        after = await rolled_back(service)
        assert (service.load().model, old.is_closed) == (after.model, False)
        old.enough.add("a")
        *_, last = [piece async for piece in stream]
        assert last.prediction.model == before.model != after.model
        assert (last.prediction.via, last.prediction.author) == ("a" * 12, "ann")
        assert await asyncio.to_thread(old.closed.wait, 20)
        await service.stop()

    asyncio.run(test())


def test_a_text_that_waited_for_its_place_is_told_to_be_of_the_model_that_writes_it(
    grown: Path, tmp_path: Path, scribes: dict[str, Scribe]
) -> None:
    async def test() -> None:
        service, before = await started(copy(grown, tmp_path / "shop"))
        old = scribes[before.model]
        old.gate.clear()
        caller = service.authenticate(None, "127.0.0.1")
        asked = service.predict(["whole"], episode="", author="ann", caller=caller)
        whole = asyncio.ensure_future(asked)
        await asyncio.to_thread(old.entered.wait, 20)
        stream = streamed(service, "a")
        waits = asyncio.ensure_future(anext(stream))
        await asyncio.sleep(0)
        after = await rolled_back(service)
        old.gate.set()
        begun = await waits
        scribes[after.model].enough.add("a")
        *_, last = [piece async for piece in stream]
        assert begun.model == last.prediction.model == after.model
        assert (await whole)[0].prediction.model == before.model
        await service.stop()

    asyncio.run(test())


class Refusing(Scribe):
    """Takes a text and then finds that it cannot write to it."""

    def stream(self, request: Request, *, settings: PredictSettings) -> Iterator[str | Answer]:
        raise InputError("this conversation is too long")


def test_what_goes_wrong_before_the_first_piece_is_no_begin(
    shop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chainring.software.serving.service._load", lambda _: Refusing())
    with pytest.raises(InputError, match="too long"):
        pieces_of(shop, most=1)
