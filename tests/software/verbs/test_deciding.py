"""What people decide, and what is done with privilege, is in the audit whichever way it came."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from tests.software.conftest import copy, invoke, opened

from chainring.contracts.access import RING
from chainring.contracts.deployment import Deployment
from chainring.contracts.reaction import Reaction
from chainring.contracts.release import Outcome, Release
from chainring.ring.release import course
from chainring.ring.release.judge import Decision
from chainring.software.api import Project
from chainring.software.serving.arms import Arms
from chainring.software.verbs.auditing import audit

TEXT = "where is my parcel right now"


def test_decisions_and_closed_cases_of_a_command_are_in_the_audit_without_a_text(
    project: Project,
) -> None:
    (answer,) = project.predict([TEXT])
    project.react(Reaction(prediction=answer.id, kind="flag", value="wrong"))
    (case,) = project.cases()
    label = project.labels()[0]
    project.decide(answer.id, decision="change", value=label)
    project.close_case(case.id, outcome=f"read {TEXT}", told="thanks", by="ann")
    closed, decided = audit(project, limit=2)
    assert (closed.verb, closed.role, closed.about) == ("close_case", "owner", case.id)
    assert (decided.verb, decided.because, decided.about) == ("decide", "change", answer.id)
    assert TEXT not in f"{closed}{decided}"


def test_a_cleaning_is_in_the_audit(untouched: Path, tmp_path: Path) -> None:
    folder = copy(untouched, tmp_path / "shop")
    assert invoke("gc", "-p", str(folder)).exit_code == 0
    with opened(folder) as project:
        (act,) = audit(project, verb="gc")
    assert (act.role, act.because) == ("owner", "0 trees and 0 texts")


def test_a_turn_that_promotes_is_in_the_audit_and_one_that_changes_nothing_is_not(
    project: Project,
) -> None:
    assert project.turn().outcome == "nothing changed"
    (act,) = audit(project, verb="turn")
    assert (act.because, act.about) == ("promoted", project.champion().deployment.model)


DEPLOYMENT = Deployment(
    app="shop", model="blake2b:new", form="blake2b:form", form_name="exact", engine="linear",
    labels=(), threshold=0.0, verdict="blake2b:verdict", dataset="blake2b:data",
)  # fmt: skip


@pytest.mark.parametrize(
    ("outcome", "verb", "about"),
    [("promoted", "promote", "blake2b:new"), ("rolled back", "release", "rel_1")],
)
@pytest.mark.parametrize("by", ["look", "settle"])
def test_what_a_server_does_with_a_release_is_in_the_audit_as_the_rings(
    untouched: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    by: str,
    outcome: Outcome,
    verb: str,
    about: str,
) -> None:
    ended = Release(
        id="rel_1", app="shop", stage="ended", candidate=DEPLOYMENT, champion="blake2b:old",
        champion_version=1, at=0.0, since=0.0, share=0.1, outcome=outcome,
    )  # fmt: skip
    monkeypatch.setattr(course, by, lambda *given, **more: ended)
    monkeypatch.setattr(course, "running", lambda ring: (object(), ended))
    with opened(copy(untouched, tmp_path / "shop")) as project:
        arms: Any = Arms(project, load=lambda _: None, note=lambda *_: None)
        arms.release = arms._collector = ended
        asyncio.run(
            arms._look() if by == "look" else arms._settle(Decision(action="stop", because="x"))
        )
        (act,) = audit(project)
    assert (act.verb, act.about, act.who) == (verb, about, RING.name)
    assert act.because == f"release rel_1: {outcome}"
