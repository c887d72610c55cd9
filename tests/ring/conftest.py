"""A small shop whose ring turns in a second: two languages, three intents, the linear model."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from chainring.contracts.forms import Forms
from chainring.contracts.model import Model
from chainring.contracts.work import Work
from chainring.deployment.settings import DeploymentSettings
from chainring.ring.steps import STEPS
from chainring.software.api import Project

SAID = {
    "refund": ("I want my money back", "please refund me", "我要退款", "把钱退给我"),
    "parcel": ("where is my parcel", "track my order", "我的包裹到哪了", "物流太久了"),
    "size": ("I need a larger size", "which size fits", "尺码偏小", "换大一号"),
}
FRAMES = (
    "{}", "hello, {}", "{} now", "{}!", "请问 {}", "{} today", "about this: {}", "{} thanks",
    "quick: {}", "{} please help",
)  # fmt: skip
RECIPE = """
[project]
name = "shop"
[training]
candidates = ["linear.v1"]
[data]
min_jaccard = 1.0
[store]
min_free_mib = 0
[deployment]
speed_rounds = 1
"""

Rows = list[dict[str, str]]


def shop_rows() -> Rows:
    return [
        {"text": frame.format(words), "label": label}
        for label, texts in SAID.items()
        for words in texts
        for frame in FRAMES
    ]


def write_rows(folder: Path, rows: Rows, name: str = "a.jsonl") -> None:
    lines = (json.dumps(row, ensure_ascii=False) for row in rows)
    (folder / "data" / name).write_text("\n".join(lines) + "\n", encoding="utf-8")


@pytest.fixture(scope="session")
def turned_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a project's folder after its first turn; tests work on copies."""
    folder = tmp_path_factory.mktemp("turned") / "shop"
    (folder / "data").mkdir(parents=True)
    write_rows(folder, shop_rows())
    (folder / "chainring.toml").write_text(RECIPE, encoding="utf-8")
    (folder / ".chainring").mkdir()
    (folder / ".chainring" / "key").write_text("07" * 32)  # the same hold-out in every run
    project = Project.open(folder)
    assert project.turn().outcome == "promoted"
    project.close()
    return folder


@pytest.fixture
def opened() -> Iterator[Callable[[Path], Project]]:
    projects: list[Project] = []

    def build(folder: Path) -> Project:
        projects.append(Project.open(folder))
        return projects[-1]

    yield build
    for project in projects:
        project.close()


@pytest.fixture
def folder(turned_once: Path, tmp_path: Path) -> Path:
    """Return a copy of the project that turned once, at a path of its own."""
    shutil.copytree(turned_once, tmp_path / "shop")
    return tmp_path / "shop"


@pytest.fixture
def project(folder: Path, opened: Callable[[Path], Project]) -> Project:
    return opened(folder)


@pytest.fixture
def more_rows() -> Callable[[Path, Rows], None]:
    """Write further rows into a project's data folder."""
    return lambda folder, rows: write_rows(folder, rows, "more.jsonl")


@pytest.fixture
def two_forms(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the tier `light` find a second form: the first with a note beside it."""
    make = STEPS["forms"].function()

    def made(model: Model, placement: Any, *, work: Work, settings: DeploymentSettings) -> Forms:
        found: Forms = make(model, placement, work=work, settings=settings)
        if settings.tier != "light":
            return found
        folder = work.folder("light")
        shutil.copytree(work.trees.open(found.served.address), folder, dirs_exist_ok=True)
        (folder / "note.txt").write_text("light")
        other = replace(found.served, name="light", address=work.trees.put(folder, kind="form"))
        return replace(found, forms=(*found.forms, other), chosen="light")

    monkeypatch.setattr("chainring.deployment.forms.step.forms", made)
