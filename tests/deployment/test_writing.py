"""A text on its way from the thread that writes it to whoever reads it piece by piece."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest
from tests.deployment.test_lane import Echo, asked, run

from chainring.contracts.errors import BusyError
from chainring.contracts.prediction import Answer
from chainring.contracts.predictor import PredictSettings
from chainring.contracts.request import Request
from chainring.deployment.lane import Lane, Reply


class Writer(Echo):
    """Writes word by word; of a text that says `wait` each word behind the first needs a nod."""

    capabilities = frozenset({"stream"})

    def __init__(self) -> None:
        super().__init__("writer")
        self.said: list[str] = []
        self.nod = threading.Event()
        self.ended = threading.Event()

    def stream(self, request: Request, *, settings: PredictSettings) -> Iterator[str | Answer]:
        try:
            for word in request.text.split():
                if word == "bad":
                    raise ValueError("a bad word")
                if self.said and request.text.startswith("wait"):
                    assert self.nod.wait(30)
                self.said.append(word)
                yield word
            yield Answer(
                label="", confidence=0.9, passed_on=False, text=request.text, output=request.text
            )
        finally:
            self.ended.set()


async def heard(lane: Lane[int], text: str, found: list[Any] | None = None) -> list[Any]:
    """Return what came; `found` has it where something goes wrong, too."""
    found = [] if found is None else found
    async for piece in lane.stream(Request(text=text)):
        found.append(piece)
    return found


def test_pieces_come_in_their_order_and_last_the_whole_with_its_tag() -> None:
    async def test() -> None:
        lane = Lane(Writer(), tag=7)
        *pieces, last = await heard(lane, "退款 takes five days")
        assert pieces == ["退款", "takes", "five", "days"]
        assert isinstance(last, Reply)
        assert (last.answer.output, last.tag) == ("退款 takes five days", 7)
        await lane.drain(5)

    run(test)


def test_a_predictor_that_writes_at_once_gives_one_piece() -> None:
    async def test() -> None:
        lane = Lane(Echo(), tag=1)
        piece, last = await heard(lane, "hello")
        assert piece == "first"
        assert last.answer.label == "first"
        await lane.drain(5)

    run(test)


def test_who_stops_listening_stops_the_writer_and_the_next_is_answered() -> None:
    async def test() -> None:
        writer = Writer()
        lane = Lane(writer, tag=1)
        stream = lane.stream(Request(text="wait for a very long text"))
        assert await anext(stream) == "wait"
        await stream.aclose()
        writer.nod.set()
        (reply,) = await lane.ask(asked("next"))
        assert reply.answer.text == "next"
        assert writer.ended.is_set()
        assert len(writer.said) <= 2
        await lane.drain(5)

    run(test)


def test_what_goes_wrong_while_it_is_written_reaches_who_listens() -> None:
    async def test() -> None:
        lane = Lane(Writer(), tag=1)
        found: list[Any] = []
        with pytest.raises(ValueError, match="a bad word"):
            await heard(lane, "one bad end", found)
        assert found == ["one"]
        await lane.drain(5)

    run(test)


def test_a_stream_has_the_thread_to_itself_and_a_drained_lane_takes_none() -> None:
    async def test() -> None:
        lane = Lane(Writer(), tag=1)
        await heard(lane, "one")
        assert set(lane.batches) == {1}
        await lane.drain(5)
        with pytest.raises(BusyError, match="stopping"):
            await heard(lane, "two")

    run(test)
