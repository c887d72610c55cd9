"""A project is named behind the verb, before it, or by a variable; and the nearest name counts."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import typer
from tests.software.conftest import copy, invoke, opened, run

from chainring.software.api import Project
from chainring.software.cli import app
from chainring.software.commands.folder import VARIABLE
from chainring.software.surfaces import SURFACES

OF_NO_PROJECT = {
    "init", "restore", "data clean", "tokeniser",
    *(one.command for one in SURFACES if one.command.startswith("words ")),
}  # fmt: skip
"""Verbs that work on files, or on a folder that is their argument."""


@pytest.mark.parametrize(
    "command",
    [
        ["status", "--project", "{shop}"],
        ["status", "-p", "{shop}"],
        ["--project", "{shop}", "status"],
        ["-p", "{shop}", "status"],
        ["-p", "nowhere", "status", "-p", "{shop}"],
    ],
    ids=" ".join,
)
def test_the_project_is_named_before_or_behind_the_verb(
    shop: Path, command: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, "elsewhere")
    assert "version 1 serves" in run(*(word.format(shop=shop) for word in command))
    assert os.environ[VARIABLE] == "elsewhere"


def test_a_verb_of_a_group_finds_the_project_named_before_it(
    shop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    found = invoke("-p", str(shop), "data", "show", "--help")
    assert found.exit_code == 0
    assert "--project" in found.output
    assert "track_order" in run("-p", str(shop), "data", "show")
    assert VARIABLE not in os.environ


def test_whoever_makes_a_backup_of_a_named_project_makes_one_of_no_other(
    shop: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, str(copy(shop, tmp_path / "other")))
    with opened(shop) as project:
        project.predict(["where is my parcel"])
    assert "answers: 1" in run("-p", str(shop), "status")
    assert "answers: 0" in run("status")


def test_every_verb_of_a_project_has_the_same_option() -> None:
    options = {}
    for name, command in typer.main.get_group(app).commands.items():
        inner = getattr(command, "commands", None) or {"": command}
        for last, one in inner.items():
            named = [p for p in one.params if "--project" in p.opts]
            options[f"{name} {last}".strip()] = [(p.opts, p.envvar) for p in named]
    wanted = [(["--project", "-p"], VARIABLE)]
    have = {name for name, found in options.items() if found == wanted}
    assert have == {one.command for one in SURFACES} - OF_NO_PROJECT
    assert all(options[name] == [] for name in OF_NO_PROJECT)


@pytest.mark.parametrize(
    "words",
    [
        "turn", "watch --once", "predict hello", "react p_none confirmation", "review --list",
        "cases",
        "why p_none", "status", "report", "promote none --reason x", "rollback --reason x", "keys",
        "release", "drift", "audit", "forget --list", "gc", "backup {out}/a.tar.gz",
        "package {out}", "upgrade", "data report", "data show", "data trace r_none",
        "data fetch",
    ],
)  # fmt: skip
def test_every_command_closes_the_project_that_it_opened(
    turned: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: str
) -> None:
    """Whether it succeeds or fails; the cut project fails at some of them, which is all right."""
    shop = copy(turned, tmp_path / "shop")
    made: list[Project] = []
    closed: list[Project] = []
    monkeypatch.setattr(Project, "__init__", noted(made, Project.__init__))
    monkeypatch.setattr(Project, "close", noted(closed, Project.close))
    found = invoke(*words.format(out=tmp_path).split(), "--project", str(shop))
    assert found.exit_code != 2, found.output
    assert made
    assert set(map(id, made)) == set(map(id, closed))


def noted(seen: list[Project], real: Callable[..., None]) -> Callable[..., None]:
    def called(self: Project, *given: Any, **named: Any) -> None:
        seen.append(self)
        real(self, *given, **named)

    return called
