"""With how many threads answers are computed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chainring.hardware.machine import machine
from chainring.hardware.placement import thread_count
from chainring.hardware.settings import HardwareSettings
from chainring.ring.recipe import Recipe
from chainring.software.api import Project
from chainring.software.verbs.answering import champion, stated_threads, threads_of

CORES = int(thread_count(machine(), settings=HardwareSettings()).value)


@pytest.mark.parametrize(
    ("deployment", "hardware", "threads"),
    [(0, "auto", 0), (3, "auto", 3), (0, 2, 2), (3, 2, 3)],
)
def test_inference_takes_its_own_threads_then_the_machines_then_the_engines(
    deployment: int, hardware: int | str, threads: int
) -> None:
    recipe = Recipe.model_validate(
        {
            "project": {"name": "shop"},
            "deployment": {"threads": deployment},
            "hardware": {"threads": hardware},
        }
    )
    assert stated_threads(recipe) == threads
    assert threads_of(recipe) == (threads or CORES)


def test_a_server_is_told_how_many_threads_it_may_use(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Told nothing, an engine counts the machine's cores, whatever a container allows."""
    small = replace(machine(), cores=3, physical_cores=64)
    monkeypatch.setattr("chainring.hardware.machine.machine", lambda: small)
    assert champion(project).threads == 3
