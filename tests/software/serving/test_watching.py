"""What a server does beside answering must never be in the way of an answer."""

from __future__ import annotations

import asyncio
import json
import logging
import threading
from collections.abc import Callable, Sequence
from types import SimpleNamespace
from typing import Any, cast

import pytest

from chainring.contracts.errors import BusyError, MissingPackageError
from chainring.deployment.drift.settings import DriftSettings
from chainring.deployment.http.logs import JsonLines
from chainring.deployment.lane.lane import Lane
from chainring.software.api import Project
from chainring.software.serving import watching
from chainring.software.serving.flag_cases import FlagCases
from chainring.software.serving.watching import TEXTS, Watching
from chainring.software.verbs.drifting import DriftWatch


@pytest.fixture(autouse=True)
def heard(caplog: pytest.LogCaptureFixture) -> None:
    """Hear our warnings whatever a library has made of the root logger's level."""
    caplog.set_level(logging.INFO, logger="chainring")


class Quiet:
    """A lane that makes vectors; `idle` says whether it has time, `full` whether it refuses."""

    capabilities = frozenset({"embed"})

    def __init__(self, *, idle: bool = True, full: bool = False) -> None:
        self.idle, self.full = idle, full
        self.batches: list[int] = []

    @property
    def is_idle(self) -> bool:
        return self.idle

    async def embed(self, texts: Sequence[str]) -> tuple[list[Any], Any]:
        if self.full:
            raise BusyError("the queue is full")
        self.batches.append(len(texts))
        return [[float(len(text))] for text in texts], SimpleNamespace(model="the served one")


def embedded(
    project: Project, lane: Quiet, count: int, *, watched: str = "the served one"
) -> list[Any]:
    made = Watching(project, lane=lambda: cast(Lane[Any], lane), cases=FlagCases(project))
    made._drift = DriftWatch(project, embed=None)
    made._drift.model = watched
    found = asyncio.run(made._embedded([f"{n:03}" for n in range(count)]))
    assert found is not None
    return list(found)


def test_vectors_are_made_a_few_texts_at_a_time(project: Project) -> None:
    lane = Quiet()
    assert embedded(project, lane, 2 * TEXTS + 3) == [[3.0]] * (2 * TEXTS + 3)
    assert lane.batches == [TEXTS, TEXTS, 3]


@pytest.mark.parametrize("lane", [Quiet(idle=False), Quiet(full=True)], ids=["busy", "full"])
def test_a_lane_without_time_makes_none_and_is_not_asked_again(
    project: Project, lane: Quiet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watching, "_TRIES", 2)
    assert embedded(project, lane, 4) == [None] * 4
    assert lane.batches == []


def test_the_quiet_moments_of_a_whole_look_are_waited_for_together(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Fitful(Quiet):
        """Busy for three questions before each batch, and for good after two batches."""

        asked = 0

        @property
        def is_idle(self) -> bool:
            self.asked += 1
            return self.asked % 4 == 0 and len(self.batches) < 2

    monkeypatch.setattr(watching, "_TRIES", 20)
    monkeypatch.setattr(watching, "_REST_S", 0.0)
    lane = Fitful()
    made = embedded(project, lane, 50 * TEXTS)
    assert made == [[3.0]] * (2 * TEXTS) + [None] * (48 * TEXTS)
    assert lane.asked <= 20 + 2


def test_a_few_texts_that_fail_cost_the_others_no_vector_and_are_told_once(
    project: Project, caplog: pytest.LogCaptureFixture
) -> None:
    class Failing(Quiet):
        async def embed(self, texts: Sequence[str]) -> tuple[list[Any], Any]:
            if not self.batches or len(self.batches) == 2:
                self.batches.append(0)
                raise ValueError("shapes do not fit")
            return await super().embed(texts)

    made = embedded(project, Failing(), 4 * TEXTS)
    none, some = [None] * TEXTS, [[3.0]] * TEXTS
    assert made == [*none, *some, *none, *some]
    assert "without_vectors texts=16 of=32 causes=ValueError:16" in caplog.text


def test_what_is_made_until_time_is_up_is_kept(
    project: Project, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    class Stuck(Quiet):
        async def embed(self, texts: Sequence[str]) -> tuple[list[Any], Any]:
            if self.batches:
                await asyncio.sleep(30.0)
            return await super().embed(texts)

    monkeypatch.setattr(watching, "PATIENCE_S", 0.2)
    made = embedded(project, Stuck(), 3 * TEXTS)
    assert made == [[3.0]] * TEXTS + [None] * (2 * TEXTS)
    assert "without_vectors texts=16 of=24 causes=NotTried:8,TimeoutError:8" in caplog.text


def test_a_lane_that_makes_no_vectors_says_so(project: Project) -> None:
    class Plain(Quiet):
        capabilities = frozenset()

    made = Watching(project, lane=lambda: cast(Lane[Any], Plain()), cases=FlagCases(project))
    assert asyncio.run(made._embedded(["one"])) is None


def test_vectors_of_a_model_that_is_not_watched_are_left_out(project: Project) -> None:
    assert embedded(project, Quiet(), 3, watched="its successor") == [None] * 3


def often(project: Project) -> None:
    """Let a server of this project look all the time."""
    recipe = project.ring.recipe.model_copy(update={"drift": DriftSettings(look_s=0.01)})
    object.__setattr__(project.ring, "recipe", recipe)


def until(project: Project, done: Callable[[], bool]) -> None:
    """Watch until it is done, at most five seconds long."""

    async def run() -> None:
        made = Watching(project, lane=lambda: cast(Lane[Any], Quiet()), cases=FlagCases(project))
        task = asyncio.create_task(made.run())
        for _ in range(500):
            if done():
                break
            await asyncio.sleep(0.01)
        task.cancel()
        await asyncio.wait([task])

    asyncio.run(run())
    assert done()


@pytest.mark.parametrize("error", [OSError("the disk is away"), ValueError("shapes do not fit")])
def test_a_look_that_fails_is_logged_and_the_next_one_succeeds(
    project: Project,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    error: Exception,
) -> None:
    often(project)
    looked: list[int] = []

    def look(_: object) -> list[Any]:
        looked.append(1)
        if len(looked) == 1:
            raise error
        return []

    monkeypatch.setattr("chainring.software.verbs.drifting.DriftWatch.look", look)

    until(project, lambda: len(looked) >= 2)
    assert f"watching.failed act=_look cause={type(error).__name__}" in caplog.text


def test_a_look_that_takes_long_holds_back_no_alert_and_no_case(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    often(project)
    monkeypatch.setattr(watching, "_ALERT_S", 0.01)
    begun, told, opened, ends = (threading.Event() for _ in range(4))

    def look(_: object) -> list[Any]:
        begun.set()
        ends.wait(10.0)
        return []

    def during_a_look(done: threading.Event) -> Callable[[object], None]:
        def act(_: object) -> None:
            if begun.is_set():
                done.set()

        return act

    monkeypatch.setattr("chainring.software.verbs.drifting.DriftWatch.look", look)
    monkeypatch.setattr("chainring.software.serving.alerts.Alerts.send", during_a_look(told))
    monkeypatch.setattr(FlagCases, "catch_up", during_a_look(opened))

    def both() -> bool:
        if told.is_set() and opened.is_set():
            ends.set()  # the watch is waited for until its look has ended
        return ends.is_set()

    until(project, both)


def test_what_keeps_an_alert_from_being_sent_is_logged_with_the_next_step(
    project: Project, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(watching, "_ALERT_S", 0.01)

    def send(_: object) -> int:
        raise MissingPackageError("httpcore", extra="serve", needed_for="telling a webhook")

    monkeypatch.setattr("chainring.software.serving.alerts.Alerts.send", send)
    until(project, lambda: "watching.failed act=send" in caplog.text)
    (record, *_) = [one for one in caplog.records if "watching.failed" in one.msg]
    told = json.loads(JsonLines().format(record))
    assert (told["event"], told["act"], told["cause"]) == (
        "watching.failed",
        "send",
        "MissingPackageError",
    )
    assert "pip install 'chainring[serve]'" in told["because"]
