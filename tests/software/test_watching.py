"""What a server does beside answering must never be in the way of an answer."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any, cast

import pytest

from chainring.contracts.errors import BusyError
from chainring.deployment.drift.settings import DriftSettings
from chainring.deployment.lane import Lane
from chainring.software import watching
from chainring.software.api import Project
from chainring.software.drifting import DriftWatch
from chainring.software.flag_cases import FlagCases
from chainring.software.watching import TEXTS, Watching


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
    return asyncio.run(made._embedded([f"{n:03}" for n in range(count)]))


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


def test_vectors_of_a_model_that_is_not_watched_are_left_out(project: Project) -> None:
    assert embedded(project, Quiet(), 3, watched="its successor") == [None] * 3


@pytest.mark.parametrize("error", [OSError("the disk is away"), ValueError("shapes do not fit")])
def test_a_look_that_fails_is_logged_and_the_next_one_succeeds(
    project: Project,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    error: Exception,
) -> None:
    recipe = project.ring.recipe.model_copy(update={"drift": DriftSettings(look_s=0.01)})
    object.__setattr__(project.ring, "recipe", recipe)
    looked: list[int] = []

    def look(_: object) -> list[Any]:
        looked.append(1)
        if len(looked) == 1:
            raise error
        return []

    monkeypatch.setattr("chainring.software.drifting.DriftWatch.look", look)

    async def run() -> None:
        made = Watching(project, lane=lambda: cast(Lane[Any], Quiet()), cases=FlagCases(project))
        task = asyncio.create_task(made.run())
        for _ in range(500):
            if len(looked) >= 2:
                break
            await asyncio.sleep(0.01)
        task.cancel()
        await asyncio.wait([task])

    asyncio.run(run())
    assert len(looked) >= 2
    assert f"watching.failed act=_look cause={type(error).__name__}" in caplog.text
