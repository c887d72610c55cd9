"""A predictor that writes and has to go: by a swap, or with its lane."""

from __future__ import annotations

import asyncio
import threading

import pytest
from tests.deployment.lane.test_lane import asked, run
from tests.deployment.lane.test_writing import Scribe, Stream, begun, last

from chainring.contracts.errors import BusyError
from chainring.contracts.request import Request
from chainring.deployment.lane import retiring
from chainring.deployment.lane.lane import Lane
from chainring.deployment.lane.writing import OPEN_TEXTS

Swap = asyncio.Future[None]


async def swapped(old: Scribe, new: Scribe, *texts: str) -> tuple[Lane[int], list[Stream], Swap]:
    """Return a lane that swaps its predictor while the old one writes texts, and the swap."""
    lane = Lane(old, tag=1)
    streams = await begun(lane, *texts)
    swap = asyncio.ensure_future(lane.swap(new, tag=2))
    await asyncio.sleep(0)
    return lane, streams, swap


def test_after_a_swap_the_old_one_ends_its_texts_and_is_closed_then() -> None:
    async def test() -> None:
        old, new = Scribe("old"), Scribe("new")
        lane, (stream,), swap = await swapped(old, new, "a")
        (reply,) = await lane.ask(asked("short"))
        (other,) = await begun(lane, "b")
        assert (reply.answer.label, reply.tag) == ("new", 2)
        assert (swap.done(), old.is_closed) == (False, False)
        for scribe, text in ((old, "a"), (new, "b")):
            scribe.enough.add(text)
        replies = [await last(stream), await last(other)]
        assert [(one.answer.label, one.tag) for one in replies] == [("old", 1), ("new", 2)]
        await swap
        assert (old.ended, old.is_closed, new.is_closed) == (["a"], True, False)
        await lane.drain(5)
        assert new.is_closed

    run(test)


def test_a_swap_that_is_given_up_still_closes_the_old_one_when_its_texts_have_ended() -> None:
    async def test() -> None:
        old, new = Scribe("old"), Scribe("new")
        lane, (stream,), swap = await swapped(old, new, "a")
        swap.cancel()
        await asyncio.wait([swap])
        assert not old.is_closed
        old.enough.add("a")
        assert (await last(stream)).tag == 1
        assert await asyncio.to_thread(old.closed.wait, 10)
        assert (await lane.ask(asked("short")))[0].tag == 2
        assert await lane.drain(5)

    run(test)


def test_a_drain_waits_for_open_texts() -> None:
    async def test() -> None:
        scribe = Scribe()
        lane = Lane(scribe, tag=1)
        (stream,) = await begun(lane, "a")
        drain = asyncio.ensure_future(lane.drain(20))
        await anext(stream)
        assert (lane.is_idle, drain.done()) == (False, False)
        scribe.enough.add("a")
        assert (await last(stream)).answer.text == "a"
        assert await drain
        assert scribe.is_closed

    run(test)


def test_a_drain_that_runs_out_of_time_breaks_off_texts_before_it_closes_their_predictors() -> None:
    async def test() -> None:
        old, new = Scribe("old"), Scribe("new")
        lane = Lane(old, tag=1)
        streams = await begun(lane, "a", *map(str, range(OPEN_TEXTS - 1)))
        waiting = asyncio.ensure_future(anext(lane.stream(Request(text="waiting"))))
        swap = asyncio.ensure_future(lane.swap(new, tag=2))
        await asyncio.sleep(0)
        await lane.ask(asked("short"))
        assert not await lane.drain(0.01)
        found = await asyncio.gather(waiting, *map(last, streams), return_exceptions=True)
        assert {type(one) for one in found} == {BusyError}
        await swap
        await asyncio.to_thread(new.closed.wait, 30)
        assert old.is_closed
        assert len(old.ended) == OPEN_TEXTS
        assert len(old.threads) == 1

    run(test)


def test_a_drain_that_is_given_up_breaks_off_texts_and_closes_their_predictor() -> None:
    async def test() -> None:
        scribe = Scribe()
        lane = Lane(scribe, tag=1)
        (stream,) = await begun(lane, "a")
        drain = asyncio.ensure_future(lane.drain(20))
        await asyncio.sleep(0)
        drain.cancel()
        await asyncio.wait([drain])
        assert drain.cancelled()
        with pytest.raises(BusyError, match="stopped before"):
            await last(stream)
        assert await asyncio.to_thread(scribe.closed.wait, 10)
        assert scribe.ended == ["a"]

    run(test)


class Slow(Scribe):
    """Is closed once it is told that the lane ends."""

    def __init__(self) -> None:
        super().__init__("old")
        self.ends = threading.Event()

    def close(self) -> None:
        assert self.ends.wait(30)
        super().close()


def test_a_lane_that_is_drained_has_closed_what_was_swapped_out_before(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def test() -> None:
        old = Slow()
        lane = Lane(old, tag=1)
        shutdown = lane._thread.shutdown

        def ending(*, wait: bool) -> None:
            old.ends.set()
            shutdown(wait=wait)

        monkeypatch.setattr(lane._thread, "shutdown", ending)
        closing = lane.take_up(Scribe("new"), tag=2)
        assert await lane.drain(5)
        assert (closing.done(), old.is_closed) == (True, True)

    run(test)


class Stuck(Scribe):
    """Cannot be closed."""

    def close(self) -> None:
        raise RuntimeError("the engine does not let go")


def test_an_old_one_that_cannot_be_closed_is_told_and_the_new_one_answers(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    lines: list[str] = []

    def error(line: str, *values: object) -> None:
        lines.append(line % values)

    async def test() -> None:
        lane = Lane(Stuck("old"), tag=1)
        with pytest.raises(RuntimeError, match="does not let go"):
            await lane.swap(Scribe("new"), tag=2)
        assert (await lane.ask(asked("short")))[0].tag == 2
        assert await lane.drain(5)

    monkeypatch.setattr(retiring.log, "error", error)
    run(test)
    assert lines == ["lane.close failed cause=RuntimeError"]
