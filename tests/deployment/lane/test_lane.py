from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable, Sequence

import pytest

from chainring.contracts.errors import BusyError, RefusedError
from chainring.contracts.prediction import Answer
from chainring.contracts.predictor import PredictSettings
from chainring.contracts.request import Request
from chainring.contracts.values import Input
from chainring.deployment.lane.admission import Admission
from chainring.deployment.lane.lane import BATCH_TEXTS, Lane, Reply
from chainring.deployment.settings import DeploymentSettings


class Panic(BaseException):
    """What a library in Rust raises when it gives up; no Exception."""


class Echo:
    """Answers with its name; stops at the gate while it is shut; keeps the batches it saw."""

    labels: tuple[str, ...] = ("a", "b")
    threshold = 0.5
    capabilities: frozenset[str] = frozenset()

    def __init__(self, name: str = "first", *, is_open: bool = True) -> None:
        self.name = name
        self.batches: list[list[str]] = []
        self.closed = threading.Event()
        self.gate = threading.Event()
        self.entered = threading.Event()
        self.threads: set[int] = set()
        if is_open:
            self.gate.set()

    def predict(
        self, requests: Sequence[Request], *, settings: PredictSettings | None = None
    ) -> list[Answer]:
        assert not self.is_closed
        self.entered.set()
        assert self.gate.wait(30)
        assert not self.is_closed
        self.threads.add(threading.get_ident())
        texts = [request.text for request in requests]
        self.batches.append(texts)
        if "bad" in texts:
            raise ValueError("a bad text")
        if "panic" in texts:
            raise Panic("retry-limit-in-match over")
        if "stop" in texts:
            raise StopIteration
        found = texts[1:] if "lost" in texts else texts
        return [
            Answer(label=self.name, confidence=1.0, passed_on=False, text=text) for text in found
        ]

    def probabilities(self, texts: Sequence[Input]) -> object:
        raise NotImplementedError

    def close(self) -> None:
        self.closed.set()

    @property
    def is_closed(self) -> bool:
        return self.closed.is_set()


def run(test: Callable[[], Awaitable[None]]) -> None:
    async def limited() -> None:
        await asyncio.wait_for(test(), 30)

    asyncio.run(limited())


def asked(*texts: str) -> list[Request]:
    return [Request(text=text) for text in texts]


async def entered(predictor: Echo) -> None:
    """Wait until the thread is inside `predict`."""
    await asyncio.to_thread(predictor.entered.wait, 30)


def texts_of(replies: list[Reply[int]]) -> list[str]:
    return [reply.answer.text for reply in replies]


def small(**changes: int) -> DeploymentSettings:
    return DeploymentSettings.model_validate({"max_queue": 4, "max_texts": 4} | changes)


def test_each_caller_gets_the_answers_to_its_own_texts_in_order() -> None:
    async def test() -> None:
        predictor = Echo()
        lane = Lane(predictor, tag=1)
        calls = [[f"{caller}-{n}" for n in range(caller % 4)] for caller in range(40)]
        found = await asyncio.gather(*(lane.ask(asked(*call)) for call in calls))
        assert [texts_of(replies) for replies in found] == calls
        assert len(predictor.threads) == 1
        assert sum(size * times for size, times in lane.batches.items()) == 60
        assert await lane.drain(10)

    run(test)


def test_a_lone_request_is_run_at_once_and_what_comes_meanwhile_is_one_batch() -> None:
    async def test() -> None:
        predictor = Echo(is_open=False)
        lane = Lane(predictor, tag=1)
        first = asyncio.create_task(lane.ask(asked("1")))
        await entered(predictor)
        others = [asyncio.create_task(lane.ask(asked(str(n)))) for n in range(2, 10)]
        await asyncio.sleep(0)
        assert lane.waiting == 8
        predictor.gate.set()
        await asyncio.gather(first, *others)
        assert predictor.batches == [["1"], [str(n) for n in range(2, 10)]]
        await lane.drain(10)

    run(test)


def test_a_batch_stays_within_its_budget_of_characters() -> None:
    async def test() -> None:
        predictor = Echo(is_open=False)
        settings = DeploymentSettings(batch_tokens=16)  # 64 characters
        lane = Lane(predictor, tag=1, settings=settings)
        texts = ["x" * 40, "y" * 24, "z", "w" * 200, "v"]
        call = asyncio.create_task(lane.ask(asked(*texts)))
        await entered(predictor)
        predictor.gate.set()
        await call
        assert [[len(text) for text in batch] for batch in predictor.batches] == [
            [40, 24],
            [1],
            [200],
            [1],
        ]
        await lane.drain(10)

    run(test)


def test_very_many_short_texts_are_run_in_batches_of_a_bounded_number(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(Admission, "ran", lambda *_, **__: None)  # however slow the machine is

    async def test() -> None:
        predictor = Echo()
        lane = Lane(predictor, tag=1)
        await lane.ask(asked(*["t"] * (2 * BATCH_TEXTS + 1)))
        assert list(map(len, predictor.batches)) == [BATCH_TEXTS, BATCH_TEXTS, 1]
        await lane.drain(10)

    run(test)


def test_the_thread_goes_on_with_a_full_batch_while_the_loop_is_busy(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("chainring.deployment.lane.lane.BATCH_TEXTS", 2)

    async def test() -> None:
        predictor = Echo(is_open=False)
        lane = Lane(predictor, tag=1)
        calls = [asyncio.create_task(lane.ask(asked(str(n)))) for n in range(5)]
        await entered(predictor)
        predictor.gate.set()
        until = time.monotonic() + 30
        while len(predictor.batches) < 2 and time.monotonic() < until:
            time.sleep(0.001)  # the loop stands still, as it does while it writes answers
        assert predictor.batches == [["0", "1"], ["2", "3"]]
        assert [text for call in calls for text in texts_of(await call)] == list("01234")
        await lane.drain(10)

    run(test)


def test_a_full_batch_that_was_handed_over_is_answered_by_the_model_it_was_handed_to(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("chainring.deployment.lane.lane.BATCH_TEXTS", 1)

    async def test() -> None:
        old, new = Echo("old", is_open=False), Echo("new")
        lane = Lane(old, tag=1)
        calls = [asyncio.create_task(lane.ask(asked(str(n)))) for n in range(3)]
        await entered(old)
        swap = asyncio.create_task(lane.swap(new, tag=2))
        await asyncio.sleep(0)
        old.gate.set()
        replies = [(await call)[0] for call in calls]
        await swap
        assert [(r.answer.label, r.tag) for r in replies] == [("old", 1), ("old", 1), ("new", 2)]
        assert old.is_closed
        await lane.drain(10)

    run(test)


class Vectors(Echo):
    """Gives vectors, too: the length of each text."""

    capabilities = frozenset({"embed"})

    def embed(self, texts: Sequence[str]) -> list[list[float]]:
        return [[float(len(text))] for text in texts]


def test_vectors_and_answers_that_wait_together_are_each_given_what_was_asked_for() -> None:
    async def test() -> None:
        predictor = Vectors(is_open=False)
        lane = Lane(predictor, tag=1)
        first = asyncio.create_task(lane.ask(asked("first")))
        await entered(predictor)
        vectors = asyncio.create_task(lane.embed(["a", "bb"]))
        replies = asyncio.create_task(lane.ask(asked("ccc")))
        await asyncio.sleep(0)
        predictor.gate.set()
        assert await vectors == ([[1.0], [2.0]], 1)
        assert texts_of(await first + await replies) == ["first", "ccc"]
        await lane.drain(10)

    run(test)


def test_a_full_queue_refuses_at_once_and_says_when_to_come_back() -> None:
    async def test() -> None:
        predictor = Echo(is_open=False)
        lane = Lane(predictor, tag=1, settings=small())
        first = asyncio.create_task(lane.ask(asked("first")))
        await entered(predictor)
        waiting = asyncio.create_task(lane.ask(asked("1", "2", "3")))
        await asyncio.sleep(0)
        with pytest.raises(BusyError, match="3 texts wait, 2 more") as caught:
            await lane.ask(asked("4", "5"))
        assert caught.value.retry_after_s > 0
        last = asyncio.create_task(lane.ask(asked("4")))
        await asyncio.sleep(0)
        predictor.gate.set()
        await asyncio.gather(first, waiting, last)
        assert predictor.batches[1] == ["1", "2", "3", "4"]
        await lane.drain(10)

    run(test)


def test_requests_of_callers_that_left_are_not_run_and_hold_no_place() -> None:
    async def test() -> None:
        predictor = Echo(is_open=False)
        lane = Lane(predictor, tag=1, settings=small())
        first = asyncio.create_task(lane.ask(asked("first")))
        await entered(predictor)
        gone = asyncio.create_task(lane.ask(asked("1", "2", "3", "4")))
        await asyncio.sleep(0)
        gone.cancel()
        await asyncio.wait([gone])
        stays = asyncio.create_task(lane.ask(asked("5", "6", "7", "8")))
        await asyncio.sleep(0)
        predictor.gate.set()
        await asyncio.gather(first, stays)
        assert predictor.batches == [["first"], ["5", "6", "7", "8"]]
        await lane.drain(10)

    run(test)


def test_a_caller_that_left_is_not_run_beside_those_that_stay() -> None:
    async def test() -> None:
        predictor = Echo(is_open=False)
        lane = Lane(predictor, tag=1)
        first = asyncio.create_task(lane.ask(asked("first")))
        await entered(predictor)
        calls = [asyncio.create_task(lane.ask(asked(text))) for text in ("1", "2", "3")]
        await asyncio.sleep(0)
        calls[1].cancel()
        await asyncio.wait([calls[1]])
        predictor.gate.set()
        await asyncio.gather(first, calls[0], calls[2])
        assert predictor.batches == [["first"], ["1", "3"]]
        await lane.drain(10)

    run(test)


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("bad", ValueError),
        ("stop", RuntimeError),
        ("lost", RefusedError),
        ("panic", RefusedError),
    ],
)
def test_a_text_that_fails_reaches_its_own_caller_and_fails_none_beside_it(
    text: str, error: type[Exception]
) -> None:
    async def test() -> None:
        predictor = Echo(is_open=False)
        lane = Lane(predictor, tag=1)
        fine = asyncio.create_task(lane.ask(asked("fine")))
        await entered(predictor)
        calls = [asyncio.create_task(lane.ask(asked(t))) for t in (text, "beside")]
        await asyncio.sleep(0)
        predictor.gate.set()
        found = await asyncio.gather(*calls, return_exceptions=True)
        assert type(found[0]) is error
        assert not isinstance(found[1], BaseException)
        assert texts_of(found[1]) == ["beside"]
        assert texts_of(await fine) == ["fine"]
        assert texts_of(await lane.ask(asked("later"))) == ["later"]
        await lane.drain(10)

    run(test)


def test_a_swap_drops_no_request_and_closes_the_old_after_its_last_batch() -> None:
    async def test() -> None:
        old, new = Echo("old", is_open=False), Echo("new")
        lane = Lane(old, tag=1)
        in_flight = asyncio.create_task(lane.ask(asked("1")))
        await entered(old)
        waiting = asyncio.create_task(lane.ask(asked("2", "3")))
        swap = asyncio.create_task(lane.swap(new, tag=2))
        await asyncio.sleep(0)
        assert (old.is_closed, new.is_closed) == (False, False)
        old.gate.set()
        replies = await in_flight + await waiting
        await swap
        assert [(r.answer.label, r.tag) for r in replies] == [("old", 1), ("new", 2), ("new", 2)]
        assert (old.is_closed, new.is_closed) == (True, False)
        await lane.drain(10)
        assert (old.is_closed, new.is_closed) == (True, True)

    run(test)


def test_twenty_swaps_under_load_answer_every_request_with_its_own_tag() -> None:
    async def test() -> None:
        predictors = [Echo(str(n)) for n in range(21)]
        lane = Lane(predictors[0], tag=0)

        async def caller(name: int) -> list[Reply[int]]:
            return [reply for n in range(50) for reply in await lane.ask(asked(f"{name}-{n}"))]

        callers = [asyncio.create_task(caller(name)) for name in range(8)]
        for n in range(1, 21):
            await lane.swap(predictors[n], tag=n)
            await asyncio.sleep(0)
        found = [reply for call in callers for reply in await call]
        assert len(found) == 400
        assert all(reply.answer.label == str(reply.tag) for reply in found)
        assert all(predictor.is_closed for predictor in predictors[:-1])
        await lane.drain(10)

    run(test)


def test_draining_answers_what_waits_then_refuses() -> None:
    async def test() -> None:
        predictor = Echo(is_open=False)
        lane = Lane(predictor, tag=1)
        calls = [asyncio.create_task(lane.ask(asked(str(n)))) for n in range(5)]
        await entered(predictor)
        drain = asyncio.create_task(lane.drain(20))
        await asyncio.sleep(0)
        with pytest.raises(BusyError, match="stopping"):
            await lane.ask(asked("late"))
        predictor.gate.set()
        assert await drain
        assert len([await call for call in calls]) == 5
        assert predictor.is_closed

    run(test)


def test_a_drain_that_runs_out_of_time_tells_every_caller() -> None:
    async def test() -> None:
        predictor = Echo(is_open=False)
        lane = Lane(predictor, tag=1)
        calls = [asyncio.create_task(lane.ask(asked("in flight")))]
        await entered(predictor)
        calls.append(asyncio.create_task(lane.ask(asked("waiting"))))
        await asyncio.sleep(0)
        assert not await lane.drain(0.01)
        found = await asyncio.gather(*calls, return_exceptions=True)
        assert [type(one) for one in found] == [BusyError, BusyError]
        assert not predictor.is_closed, "a model in use must not be freed"
        predictor.gate.set()
        await asyncio.to_thread(predictor.closed.wait, 30)

    run(test)


def test_a_drain_that_runs_out_of_time_tells_those_of_the_batch_that_was_handed_over(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("chainring.deployment.lane.lane.BATCH_TEXTS", 1)

    async def test() -> None:
        predictor = Echo(is_open=False)
        lane = Lane(predictor, tag=1)
        calls = [asyncio.create_task(lane.ask(asked(str(n)))) for n in range(3)]
        await entered(predictor)
        assert not await lane.drain(0.01)
        found = await asyncio.gather(*calls, return_exceptions=True)
        assert [type(one) for one in found] == 3 * [BusyError]
        predictor.gate.set()
        await asyncio.to_thread(predictor.closed.wait, 30)

    run(test)


def test_a_predictor_that_comes_while_draining_is_closed() -> None:
    async def test() -> None:
        lane, late = Lane(Echo(), tag=1), Echo("late")
        await lane.drain(10)
        with pytest.raises(BusyError, match="stopping"):
            await lane.swap(late, tag=2)
        assert late.is_closed

    run(test)
