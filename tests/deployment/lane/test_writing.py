"""A text on its way from the thread that writes it to whoever reads it piece by piece."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncGenerator, Iterator, Sequence
from typing import Any

import pytest
from tests.deployment.lane.test_lane import Echo, Panic, asked, run

from chainring.contracts.errors import BusyError, RefusedError
from chainring.contracts.prediction import Answer
from chainring.contracts.predictor import PredictSettings
from chainring.contracts.request import Request
from chainring.deployment.lane.lane import BATCH_TEXTS, Lane, Reply
from chainring.deployment.lane.writing import OPEN_TEXTS


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
        await lane.drain(5)
        assert writer.ended.is_set()
        assert len(writer.said) <= 2

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


def test_a_drained_lane_takes_no_stream() -> None:
    async def test() -> None:
        lane = Lane(Writer(), tag=1)
        await heard(lane, "one")
        await lane.drain(5)
        with pytest.raises(BusyError, match="stopping"):
            await heard(lane, "two")

    run(test)


class Scribe(Echo):
    """Writes each text until told that it is enough, and keeps what it did, step by step."""

    capabilities = frozenset({"stream"})

    def __init__(self, name: str = "first") -> None:
        super().__init__(name)
        self.log: list[str] = []
        self.enough: set[str] = set()
        self.ended: list[str] = []

    def stream(self, request: Request, *, settings: PredictSettings) -> Iterator[str | Answer]:
        text = request.text
        try:
            while text not in self.enough:
                assert not self.is_closed
                self.threads.add(threading.get_ident())
                self.log.append(text)
                yield text
                if text == "panic":
                    raise Panic("retry-limit-in-match over")
            if text != "lost":
                yield Answer(label=self.name, confidence=1.0, passed_on=False, text=text)
        finally:
            assert not self.is_closed
            self.threads.add(threading.get_ident())
            self.ended.append(text)

    def predict(
        self, requests: Sequence[Request], *, settings: PredictSettings | None = None
    ) -> list[Answer]:
        self.log.append("a batch")
        return super().predict(requests, settings=settings)


Stream = AsyncGenerator[str | Reply[int], None]


async def begun(lane: Lane[int], *texts: str) -> list[Stream]:
    """Return streams that have each said a piece."""
    streams = [lane.stream(Request(text=text)) for text in texts]
    assert await asyncio.gather(*map(anext, streams)) == list(texts)
    return streams


async def last(stream: Stream) -> Reply[int]:
    found = [piece async for piece in stream][-1]
    assert isinstance(found, Reply)
    return found


def test_whole_answers_are_given_while_a_text_is_written() -> None:
    async def test() -> None:
        scribe = Scribe()
        lane = Lane(scribe, tag=1)
        (stream,) = await begun(lane, "a")
        (reply,) = await lane.ask(asked("short"))
        assert reply.answer.text == "short"
        assert not scribe.ended
        scribe.enough.add("a")
        assert (await last(stream)).answer.text == "a"
        assert len(scribe.threads) == 1
        await lane.drain(5)

    run(test)


def test_open_texts_are_written_in_turns() -> None:
    async def test() -> None:
        scribe = Scribe()
        lane = Lane(scribe, tag=1)
        first, second = await begun(lane, "a", "b")
        for _ in range(20):
            assert (await anext(first), await anext(second)) == ("a", "b")
        steps = scribe.log[scribe.log.index("b") :]
        assert steps == (["b", "a"] * len(steps))[: len(steps)]
        scribe.enough.update("ab")
        assert [(await last(one)).answer.text for one in (first, second)] == ["a", "b"]
        await lane.drain(5)

    run(test)


def test_between_any_two_batches_a_piece_is_written() -> None:
    async def test() -> None:
        scribe = Scribe()
        lane = Lane(scribe, tag=1)
        (stream,) = await begun(lane, "a")
        await lane.ask(asked(*["t"] * (3 * BATCH_TEXTS)))
        batches = [n for n, what in enumerate(scribe.log) if what == "a batch"]
        assert len(batches) >= 3
        assert all(scribe.log[n + 1] == "a" for n in batches[:-1])
        scribe.enough.add("a")
        await last(stream)
        await lane.drain(5)

    run(test)


def test_texts_beyond_the_places_wait_until_one_has_ended_and_hold_up_nobody() -> None:
    async def test() -> None:
        scribe = Scribe()
        lane = Lane(scribe, tag=1)
        texts = [str(n) for n in range(OPEN_TEXTS)]
        streams = await begun(lane, *texts)
        late = lane.stream(Request(text="late"))
        piece = asyncio.ensure_future(anext(late))
        for _ in range(3):
            await lane.ask(asked("short"))
            assert lane.waiting == 1
        assert "late" not in scribe.log
        scribe.enough.add("3")
        await last(streams[3])
        assert await piece == "late"
        scribe.enough.update([*texts, "late"])
        assert [(await last(one)).tag for one in (*streams[4:], late)] == [1] * (OPEN_TEXTS - 3)
        await asyncio.gather(*(one.aclose() for one in streams))
        await lane.drain(5)

    run(test)


def test_who_leaves_frees_a_place_and_the_writer_is_closed_in_its_thread() -> None:
    async def test() -> None:
        scribe = Scribe()
        lane = Lane(scribe, tag=1)
        streams = await begun(lane, *map(str, range(OPEN_TEXTS)))
        gone, late = (lane.stream(Request(text=text)) for text in ("gone", "late"))
        pieces = [asyncio.ensure_future(anext(one)) for one in (gone, late)]
        await lane.ask(asked("short"))
        pieces[0].cancel()
        await asyncio.wait(pieces[:1])
        assert lane.waiting == 1
        await streams[0].aclose()
        assert await pieces[1] == "late"
        assert scribe.ended == ["0"]
        assert "gone" not in scribe.log
        assert len(scribe.threads) == 1
        assert (lane.waiting, lane.is_idle) == (0, False)
        await asyncio.gather(*(one.aclose() for one in (*streams, late)))
        assert await lane.drain(5)
        assert len(scribe.ended) == OPEN_TEXTS + 1

    run(test)


@pytest.mark.parametrize(
    ("text", "because"), [("panic", "broke off"), ("lost", "without its answer")]
)
def test_a_fault_of_one_text_reaches_its_listener_alone(text: str, because: str) -> None:
    async def test() -> None:
        scribe = Scribe()
        lane = Lane(scribe, tag=1)
        scribe.enough.add("lost")
        (stream,) = await begun(lane, "a")
        with pytest.raises(RefusedError, match=because):
            await heard(lane, text)
        assert await anext(stream) == "a"
        scribe.enough.add("a")
        assert (await last(stream)).answer.text == "a"
        await lane.ask(asked("short"))
        assert await lane.drain(5)

    run(test)


def test_pieces_are_no_batches_and_teach_nothing_about_the_speed_of_batches() -> None:
    async def test() -> None:
        scribe = Scribe()
        lane = Lane(scribe, tag=1)
        (stream,) = await begun(lane, "a")
        scribe.enough.add("a")
        await last(stream)
        assert lane._admission.wait_s(1_000_000) == 0.0
        assert not lane.batches
        await lane.ask(asked("short", "too"))
        assert lane.batches == {2: 1}
        assert lane._admission.wait_s(1_000_000) > 0.0
        await lane.drain(5)

    run(test)
