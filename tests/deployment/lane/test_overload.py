"""Ten times more than it can answer: the lane keeps its pace, and those refused hear so at once.

Time is played, not waited for: the loop jumps to the next thing that is due, and a batch lasts as
long as its texts cost. So the bounds are those of the policy and not of the machine that tests it.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from chainring.contracts.errors import BusyError
from chainring.contracts.prediction import Answer
from chainring.contracts.predictor import PredictSettings
from chainring.contracts.request import Request
from chainring.deployment.lane.lane import Lane
from chainring.deployment.settings import DeploymentSettings

CLIENTS = 64
STEADY_S, OVERLOAD_S = 5.0, 10.0
BURST_S = 2.0
"""A burst may wait for a second; it is what lasts that has to keep its pace."""
BATCH_S, TEXT_S, CHARACTER_S = 0.002, 0.001, 1e-5
SHORT, LONG = 60, 800
"""Characters of a question, and of a text of 189 tokens."""


class PlayedLoop(asyncio.SelectorEventLoop):
    """An event loop whose clock jumps to what is due next; work takes the time that it costs.

    One piece of work is done after another, as by a thread.
    """

    def __init__(self) -> None:
        super().__init__()
        self.now, self.cost_s, self.free_at = 0.0, 0.0, 0.0
        wait = self._selector.select  # type: ignore[attr-defined]

        def jump(timeout: float | None = None) -> Any:
            self.now += timeout or 0.0
            return wait(0)

        self._selector.select = jump  # type: ignore[attr-defined]

    def time(self) -> float:
        return self.now

    def time_at_work(self) -> float:
        """Return the time as work reads it, which has cost something so far."""
        return self.now + self.cost_s

    def run_in_executor(  # type: ignore[override]
        self, _: Any, work: Callable[..., Any], *args: Any
    ) -> Any:
        done: asyncio.Future[Any] = self.create_future()
        result = work(*args)
        self.free_at = max(self.now, self.free_at) + self.cost_s
        self.cost_s = 0.0
        self.call_at(self.free_at, done.set_result, result)
        return done


class Costly:
    """Answers at a price by text and by character."""

    labels: tuple[str, ...] = ("a",)
    threshold = 0.5
    capabilities: frozenset[str] = frozenset()

    def __init__(self, loop: PlayedLoop) -> None:
        self.loop = loop

    def predict(
        self, requests: Sequence[Request], *, settings: PredictSettings | None = None
    ) -> list[Answer]:
        texts = [request.text for request in requests]
        self.loop.cost_s = BATCH_S + TEXT_S * len(texts) + CHARACTER_S * sum(map(len, texts))
        return [Answer(label="a", confidence=1.0, passed_on=False, text=text) for text in texts]

    def probabilities(self, texts: object) -> object:
        raise NotImplementedError

    def close(self) -> None:
        pass


@dataclass
class Seen:
    """What clients saw: how long answers and refusals took, and how long the queue ever was."""

    answered_s: list[float] = field(default_factory=list)
    refused_s: list[float] = field(default_factory=list)
    retry_after_s: list[float] = field(default_factory=list)
    asked_at: list[float] = field(default_factory=list)
    longest: int = 0

    async def ask(self, lane: Lane[int], loop: PlayedLoop, text: str) -> None:
        begun = loop.time()
        try:
            await lane.ask([Request(text=text)])
            self.answered_s.append(loop.time() - begun)
            self.asked_at.append(begun)
        except BusyError as error:
            self.refused_s.append(loop.time() - begun)
            self.retry_after_s.append(error.retry_after_s)
        self.longest = max(self.longest, lane.waiting)


def p99(times: Sequence[float]) -> float:
    return sorted(times)[int(0.99 * len(times))]


def play(
    monkeypatch: pytest.MonkeyPatch,
    script: Callable[[Lane[int], PlayedLoop, Seen], Coroutine[Any, Any, None]],
) -> Seen:
    loop, seen = PlayedLoop(), Seen()
    monkeypatch.setattr(time, "perf_counter", loop.time_at_work)
    monkeypatch.setattr(time, "monotonic", loop.time)

    async def whole() -> None:
        settings = DeploymentSettings()
        lane = Lane(Costly(loop), tag=1, settings=settings)
        lane._admission._clock = loop.time
        await script(lane, loop, seen)
        assert seen.longest <= settings.max_queue
        await lane.drain(30)

    try:
        loop.run_until_complete(whole())
    finally:
        monkeypatch.undo()
        loop.close()
    return seen


def steady(characters: int, monkeypatch: pytest.MonkeyPatch) -> Seen:
    """Let so many clients ask again as soon as they are answered: the most that it can answer."""

    async def script(lane: Lane[int], loop: PlayedLoop, seen: Seen) -> None:
        async def client() -> None:
            while loop.time() < STEADY_S:
                await seen.ask(lane, loop, "x" * characters)

        await asyncio.gather(*(client() for _ in range(CLIENTS)))

    return play(monkeypatch, script)


def flooded(characters: int, per_s: float, monkeypatch: pytest.MonkeyPatch) -> Seen:
    """Ask so often, whether or not what was asked before is answered."""
    draw = random.Random(1)

    async def script(lane: Lane[int], loop: PlayedLoop, seen: Seen) -> None:
        asked = set()
        while loop.time() < OVERLOAD_S:
            task = asyncio.ensure_future(seen.ask(lane, loop, "x" * characters))
            asked.add(task)
            task.add_done_callback(asked.discard)
            await asyncio.sleep(draw.expovariate(per_s))
        await asyncio.gather(*asked)

    return play(monkeypatch, script)


@pytest.mark.parametrize(("characters", "times"), [(LONG, 10), (SHORT, 3), (SHORT, 10)])
def test_under_overload_the_accepted_keep_their_pace_and_the_refused_hear_at_once(
    characters: int, times: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    usual = steady(characters, monkeypatch)
    assert not usual.refused_s, "clients that wait for their answers are no overload"
    peak = len(usual.answered_s) / STEADY_S
    found = flooded(characters, times * peak, monkeypatch)
    lasting = [
        took for at, took in zip(found.asked_at, found.answered_s, strict=True) if at > BURST_S
    ]
    assert len(found.answered_s) / OVERLOAD_S >= 0.8 * peak
    assert p99(lasting) <= 2 * p99(usual.answered_s)
    assert max(found.answered_s) <= 2 * p99(usual.answered_s) + BURST_S / 2
    assert len(found.refused_s) > 0.5 * (times - 1) * peak * OVERLOAD_S
    assert max(found.refused_s) <= 0.05
    assert min(found.retry_after_s) >= 1.0
