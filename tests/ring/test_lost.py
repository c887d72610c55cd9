from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.ring.conftest import Rows
from tests.ring.test_turn import TORN, Stopped, champion_of, turns_of

from chainring.contracts.errors import ChainringError
from chainring.contracts.verdict import Verdict
from chainring.ring import turn as turn_module
from chainring.ring.due import due
from chainring.ring.steps import STEPS
from chainring.ring.turn import Turn, last_turn
from chainring.software.api import Project
from chainring.store.remote import Remote
from chainring.store.trees import TreeStore

Open = Callable[[Path], Project]


def killed_before_it_is_kept(project: Project) -> None:
    """Turn, and let the kill come after all was done, before the fact of the turn."""

    def killed(*_: object) -> None:
        raise Stopped

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(turn_module, "_keep", killed)
        with pytest.raises(Stopped):
            project.turn()


@pytest.fixture
def unturned(turned_once: Path, tmp_path: Path) -> Path:
    """Return the project as it was before its first turn, its trees at hand."""
    of_it = shutil.ignore_patterns("ledger.db*", "fingerprint")
    shutil.copytree(turned_once, tmp_path / "shop", ignore=of_it)
    return tmp_path / "shop"


def bare(turn: Turn) -> Turn:
    """Return what two turns that did the same have in common."""
    return replace(turn, id="", started=0.0, duration_s=0.0, feedback="", verdict="")


def test_a_first_turn_killed_before_it_was_kept_is_told_by_the_next_and_ends_the_watch(
    unturned: Path, turned_once: Path, opened: Open
) -> None:
    project = opened(unturned)
    killed_before_it_is_kept(project)
    assert due(project.ring).because == "the ring has not turned yet"
    assert project.turn().outcome == "nothing changed"
    (found,) = turns_of(project)
    (whole,) = turns_of(opened(turned_once))
    assert bare(found) == bare(whole)
    rows = project.ring.ledger.all_lineage(step="verdict")
    assert [found.verdict] == [row.id for row in rows]
    last = last_turn(project.ring.ledger)
    assert last is not None
    assert last.feedback
    assert not due(project.ring, now=last.started + 1e5).because.startswith("the ring")
    project.turn()
    assert turns_of(project) == [found]


def test_a_first_turn_that_was_held_and_killed_ends_the_watch(unturned: Path, opened: Open) -> None:
    recipe = unturned / "chainring.toml"
    recipe.write_text(recipe.read_text() + "\n[gate]\nmax_size_mib = 0.000001\n")
    project = opened(unturned)
    killed_before_it_is_kept(project)
    project.turn()
    (found,) = turns_of(project)
    assert (found.outcome, found.because) == ("held", project.turn().because)
    assert not due(project.ring, now=found.started + 1e5).because.startswith("the ring")


def test_a_later_turn_that_was_killed_stands_in_the_history_before_the_next(
    folder: Path, opened: Open, more_rows: Callable[[Path, Rows], None]
) -> None:
    project = opened(folder)
    before = turns_of(project)
    more_rows(folder, TORN)
    killed_before_it_is_kept(project)
    made = project.ring.ledger.all_lineage()[-1].turn
    more_rows(folder, [*TORN, {"text": "my scarf is torn", "label": "damage"}])
    done = project.turn()
    first, found, last = turns_of(project)
    assert ([first], found.id, last.id) == (before, made, done.id)
    assert found.outcome in ("held", "promoted")
    assert found.model not in ("", first.model, last.model)


def test_a_turn_killed_before_its_verdict_was_carried_out_is_no_turn_that_ended(
    unturned: Path, opened: Open
) -> None:
    project = opened(unturned)

    def killed(*_: object, **__: object) -> None:
        raise Stopped

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(turn_module, "promote", killed)
        patch.setattr(turn_module, "_keep", killed)
        with pytest.raises(Stopped):
            project.turn()
    done = project.turn()
    assert (done.outcome, turns_of(project)) == ("promoted", [done])
    assert champion_of(project).model == done.model
    assert project.turn().outcome == "nothing changed"
    assert [one for one in turns_of(project) if one.outcome == "promoted"] == [done]
    last = last_turn(project.ring.ledger)
    assert last is not None
    assert last.id == done.id, "whose verdict it was is no turn beside it"


def test_a_release_is_told_by_the_turn_that_began_it_not_by_the_killed_one_whose_verdict_it_was(
    folder: Path,
    opened: Open,
    more_rows: Callable[[Path, Rows], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    recipe, judge = folder / "chainring.toml", STEPS["verdict"].function()
    recipe.write_text(recipe.read_text() + '\n[release]\nthrough = "canary"\n')
    more_rows(folder, TORN)

    def better(*inputs: Any, **facts: Any) -> Verdict:
        made: Verdict = judge(*inputs, **facts)
        return replace(made, promote=True, value="better")

    def killed(*_: object, **__: object) -> None:
        raise Stopped

    monkeypatch.setattr("chainring.ring.gate.verdict.verdict", better)
    project = opened(folder)
    before = turns_of(project)
    with monkeypatch.context() as patch:
        patch.setattr(turn_module, "_settled", killed)
        patch.setattr(turn_module, "_keep", killed)
        with pytest.raises(Stopped):
            project.turn()
    done = project.turn()
    assert "canary" in done.because
    project.turn()
    assert turns_of(project)[: len(before) + 1] == [*before, done]
    assert all(one.outcome == "nothing changed" for one in turns_of(project)[len(before) :])


def other_form(folder: Path, opened: Open) -> Project:
    """Return the project once its recipe asks for another form of the champion."""
    recipe = folder / "chainring.toml"
    recipe.write_text(recipe.read_text().replace("[deployment]", '[deployment]\ntier = "light"'))
    return opened(folder)


def test_another_form_that_served_before_the_kill_is_told_as_promoted(
    folder: Path, opened: Open, two_forms: None
) -> None:
    project = other_form(folder, opened)
    killed_before_it_is_kept(project)
    assert champion_of(project).form_name == "light"
    project.turn()
    found = turns_of(project)[1]
    assert (found.outcome, found.because[:10]) == ("promoted", "form light")


def test_another_form_that_did_not_serve_yet_is_no_turn_that_was_held(
    folder: Path, opened: Open, two_forms: None
) -> None:
    project = other_form(folder, opened)

    def killed(*_: object, **__: object) -> None:
        raise Stopped

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(turn_module, "promote", killed)
        patch.setattr(turn_module, "_keep", killed)
        with pytest.raises(Stopped):
            project.turn()
    done = project.turn()
    assert (done.outcome, turns_of(project)[1:]) == ("promoted", [done])


def test_a_promotion_is_found_by_the_digest_that_its_verdict_had_in_its_day(
    unturned: Path, opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = opened(unturned)
    killed_before_it_is_kept(project)
    monkeypatch.setattr("chainring.ring.lost.digest", lambda _: "as verdicts have one more field")
    project.turn()
    assert turns_of(project)[0].outcome == "promoted"


def test_a_turn_killed_before_one_that_was_kept_is_not_told_as_the_newest(
    folder: Path,
    opened: Open,
    more_rows: Callable[[Path, Rows], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    project = opened(folder)
    more_rows(folder, TORN)
    killed_before_it_is_kept(project)
    more_rows(folder, [*TORN, {"text": "my scarf is torn", "label": "damage"}])
    with monkeypatch.context() as patch:
        patch.setattr(turn_module, "_keep_lost", lambda _: None)  # none was told in former days
        project.turn()
    before = turns_of(project)
    project.turn()
    assert [one.id for one in turns_of(project) if one.steps] == [one.id for one in before]


def test_a_lost_turn_that_cannot_be_told_is_the_cause_of_one_that_failed(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(_: object) -> None:
        raise ChainringError("it cannot be read")

    monkeypatch.setattr(turn_module, "_keep_lost", failing)
    with pytest.raises(ChainringError):
        project.turn()
    assert turns_of(project)[-1].because == "it cannot be read"


def test_what_a_turn_made_while_the_remote_was_away_is_there_when_it_ends(
    folder: Path,
    tmp_path: Path,
    opened: Open,
    more_rows: Callable[[Path, Rows], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    recipe, remote = folder / "chainring.toml", f"file://{tmp_path / 'remote'}"
    recipe.write_text(recipe.read_text().replace("[store]", f'[store]\nremote = "{remote}"'))
    more_rows(folder, TORN)

    def slow(*_: object, **__: object) -> None:
        raise TimeoutError("one slow listing")

    monkeypatch.setattr(Remote, "list_erasures", slow)
    project = opened(folder)
    assert project.turn().steps
    named = project.ring.ledger.trees()
    monkeypatch.undo()
    other = TreeStore(tmp_path / "other", remote=remote, secret=project.secret)
    assert other.closure(named) == named


def test_what_the_last_mirroring_raises_changes_nothing_of_how_a_turn_ended(
    folder: Path,
    opened: Open,
    more_rows: Callable[[Path, Rows], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    more_rows(folder, TORN)
    project, calls = opened(folder), iter([""])

    def failing(*_: object) -> str:
        for answer in calls:
            return answer
        raise ChainringError("no space")

    with monkeypatch.context() as patch:
        patch.setattr(turn_module, "mirrored", failing)
        with pytest.raises(ChainringError, match="no space"):
            project.turn()
    kept = turns_of(project)[-1]
    assert kept.outcome in ("held", "promoted")
    assert kept.because != "no space"
    assert kept.champion == champion_of(project).model


@pytest.mark.parametrize("error", [OSError("the stick was pulled"), ChainringError("no space")])
def test_what_mirroring_raises_is_the_cause_of_a_turn_that_failed_and_is_kept_once(
    project: Project, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    before = turns_of(project)

    def failing(*_: object) -> str:
        raise error

    with monkeypatch.context() as patch:
        patch.setattr(turn_module, "mirrored", failing)
        for _ in range(2):
            with pytest.raises(type(error)):
                project.turn()
    (failed,) = turns_of(project)[len(before) :]
    told = "no space" if isinstance(error, ChainringError) else "interrupted"
    assert (failed.outcome, failed.because, failed.steps) == ("failed", told, ())
    assert project.turn().outcome == "nothing changed"
    assert turns_of(project)[-1].outcome == "nothing changed"  # the last word is not the failure
    count = len(turns_of(project))
    project.turn()
    assert len(turns_of(project)) == count
