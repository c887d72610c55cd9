"""Vectors and texts piece by piece, as the service gives and logs them."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from tests.software.conftest import opened

from chainring.contracts.errors import BusyError, InputError
from chainring.deployment.http.offers import Begun
from chainring.deployment.http.verbs import Served
from chainring.software.api import Project
from chainring.software.service import Service

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
        "chainring.deployment.lane.Lane.refusal", lambda *_: BusyError("the queue is full")
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
