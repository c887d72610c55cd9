"""A turn that asks a person where two models differ, and the turn after the answers."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from chainring.contracts.codec import decode
from chainring.contracts.errors import InputError
from chainring.contracts.evaluation import Evaluation, Outcome
from chainring.contracts.label import Label
from chainring.contracts.reaction import Reaction
from chainring.contracts.verdict import Verdict
from chainring.ring.asked import asks, open_asks, truths
from chainring.ring.due import due
from chainring.ring.turn import Turn
from chainring.software.api import Project
from chainring.software.reports.report_quality import judged_rows
from chainring.software.telling.results import tell_verdict
from chainring.store.tables import read_rows, read_table

TEXTS = [
    f"{who} {what} far too {how}"
    for who in (
        "this coat is",
        "the red hat looks",
        "我的鞋子",
        "her dress feels",
        "裤子",
        "a sock",
    )
    for what in ("really", "simply", "still", "就是", "again", "somehow")
    for how in ("small", "tight", "小", "narrow", "short")
]


@pytest.fixture(scope="module")
def held_once(turned_once: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Turn]:
    """Return a project whose users corrected every answer, and its turn after that.

    No row of the hold-out was sampled yet. Tests work on copies.
    """
    folder = tmp_path_factory.mktemp("held") / "shop"
    shutil.copytree(turned_once, folder)
    project = Project.open(folder)
    turn = corrected_turn(project)
    project.close()
    return folder, turn


@pytest.fixture
def folder(held_once: tuple[Path, Turn], tmp_path: Path) -> Path:
    shutil.copytree(held_once[0], tmp_path / "shop")
    return tmp_path / "shop"


@pytest.fixture
def held(held_once: tuple[Path, Turn]) -> Turn:
    return held_once[1]


def corrected_turn(project: Project) -> Turn:
    for answer in project.predict(TEXTS):
        project.react(
            Reaction(
                prediction=answer.id, kind="correction", value="size", author=answer.id,
                consent="training",
            )
        )  # fmt: skip
    return project.turn()


def answer_all(project: Project, value: str = "size") -> int:
    waiting = [item for item in project.review_items(limit=1000) if item.kind == "deciding"]
    for item in waiting:
        project.decide(item.id, decision="change", value=value, by="ann")
    return len(waiting)


def verdict(project: Project, turn: Turn) -> Verdict:
    row = project.ring.ledger.lineage_by_id(turn.verdict)
    assert row is not None
    return decode(Verdict, row.result)


def models(project: Project) -> int:
    return len(project.ring.ledger.all_lineage(step="model"))


def test_a_turn_that_cannot_tell_asks_only_where_both_models_differ(
    project: Project, held: Turn
) -> None:
    assert held.outcome == "held"
    asked = asks(project.ring)
    assert f"{len(asked)} answers would decide" in held.because
    told = list(tell_verdict(verdict(project, held)))
    assert told[-1].startswith(f"  {len(asked)} answers would decide")
    assert len(asked) >= 7
    rows = {row.id: row for row in project.ring.traffic.predictions(holdout=True)}
    assert set(asked) < set(rows)
    first = project.review_items(limit=len(asked))
    assert {item.id for item in first} == set(asked)
    assert {item.kind for item in first} == {"deciding"}


def test_once_all_are_answered_the_next_turn_promotes_the_same_model(
    project: Project, held: Turn
) -> None:
    made, asked = models(project), len(asks(project.ring))
    later = due(project.ring, now=held.started + 10 * 3600.0)
    assert not later.due
    assert later.because.endswith(
        f"{asked} answers would decide the last verdict (`chainring review`)"
    )
    assert answer_all(project) == len(asks(project.ring))
    assert open_asks(project.ring) == ()
    assert due(project.ring).because.startswith("all ")
    done = project.turn()
    assert (done.outcome, done.champion) == ("promoted", held.model)
    assert models(project) == made
    assert set(done.steps) == {"verdict", "deployment"}
    found = verdict(project, done)
    assert any(note.startswith("second look") for note in found.notes)
    assert asks(project.ring) == ()  # they were about another champion


def test_one_answer_left_open_decides_nothing(project: Project, held: Turn) -> None:
    items = [item for item in project.review_items(limit=1000) if item.kind == "deciding"]
    for item in items[:-1]:
        project.decide(item.id, decision="change", value="size", by="ann")
    assert project.turn().outcome == "held"
    assert len(asks(project.ring)) == 1
    assert open_asks(project.ring) == (items[-1].id,)
    assert not due(project.ring).due


def test_answers_that_speak_for_the_champion_hold_the_challenger(
    project: Project, held: Turn
) -> None:
    for item in project.review_items(limit=1000):
        if item.kind == "deciding":
            project.decide(item.id, decision="accept", by="ann")
    done = project.turn()
    assert done.outcome == "held"
    assert verdict(project, done).asks == ()
    assert project.turn().outcome == "nothing changed"


def test_the_answers_are_no_rows_of_the_data(project: Project, held: Turn) -> None:
    answer_all(project, "refund")
    assert [one for one in project.ring.ledger.facts("label", Label) if one.decides]
    assert project.turn().dataset == held.dataset


def test_without_a_share_everything_is_sampled_and_nothing_asked(
    turned_once: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "shop"
    shutil.copytree(turned_once, folder)
    recipe = folder / "chainring.toml"
    recipe.write_text(recipe.read_text() + "\n[feedback]\ndeciding_share = 0\n")
    again = Project.open(folder)
    done = corrected_turn(again)
    assert done.outcome == "held"
    assert verdict(again, done).asks == ()
    kinds = {item.kind for item in again.review_items(limit=1000)}
    assert "holdout" in kinds
    assert "deciding" not in kinds
    again.close()


def test_an_answer_that_is_forgotten_leaves_the_kept_ones_too(project: Project, held: Turn) -> None:
    gone = asks(project.ring)[0]
    words = (project.ring.traffic.text(gone) or "").encode()
    assert words
    trees = project.folder / ".chainring" / "store"

    def holding() -> list[Path]:
        return [p for p in trees.rglob("*") if p.is_file() and words in p.read_bytes()]

    assert holding()
    project.forget(prediction=[gone], reason="asked", by="ann")
    assert holding() == []
    assert gone not in open_asks(project.ring)
    assert gone not in {item.id for item in project.review_items(limit=1000)}


def test_what_was_asked_about_an_earlier_champion_is_asked_no_more(
    project: Project, held: Turn
) -> None:
    assert asks(project.ring)
    project.promote(held.model, by="ann", reason="I know better")
    assert asks(project.ring) == ()
    assert "deciding" not in {item.kind for item in project.review_items(limit=1000)}


def test_answers_that_the_rules_bar_from_judging_are_not_kept(
    project: Project, folder: Path, held: Turn
) -> None:
    recipe = folder / "chainring.toml"
    rule = """
[[access.rules]]
action = "evaluate"
where = { split = "holdout" }
allow = false
"""
    recipe.write_text(recipe.read_text() + rule)
    barred = Project.open(folder)
    for answer in barred.predict(["these gloves are much too small for me"]):
        barred.react(Reaction(prediction=answer.id, kind="flag", value="wrong"))
    done = barred.turn()
    assert done.outcome == "held"
    assert verdict(barred, done).asks == ()
    barred.close()


def flagged(project: Project, texts: list[str]) -> None:
    """Let users ask more and say something, so that nothing is as it was when the verdict asked."""
    for number, answer in enumerate(project.predict(texts)):
        react = Reaction(prediction=answer.id, kind="confirmation", author=f"later-{number}",
                         consent="training")  # fmt: skip
        project.react(react)


def test_what_users_say_meanwhile_waits_for_the_turn_after(project: Project, held: Turn) -> None:
    answer_all(project)
    flagged(project, [f"{text}, as I said" for text in TEXTS])
    done = project.turn()
    assert (done.outcome, done.champion, done.feedback) == ("promoted", held.model, held.feedback)
    assert set(done.steps) == {"verdict", "deployment"}
    after = project.turn()
    assert after.feedback != held.feedback
    assert "dataset" in after.steps


def test_where_the_answers_speak_against_it_the_turn_goes_on_with_what_is_new(
    project: Project, held: Turn
) -> None:
    for item in project.review_items(limit=1000):
        if item.kind == "deciding":
            project.decide(item.id, decision="accept", by="ann")
    flagged(project, [f"{text}, as I said" for text in TEXTS])
    done = project.turn()
    assert done.feedback != held.feedback
    assert "dataset" in done.steps
    row = project.ring.ledger.all_lineage(step="verdict")[-2]
    assert decode(Verdict, row.result).challenger == held.model
    assert not decode(Verdict, row.result).asks


def kinds(project: Project, names: tuple[str, ...]) -> set[bool]:
    labels = project.ring.ledger.facts("label", Label)
    return {one.decides for one in labels if one.record in names}


def test_what_was_asked_to_decide_never_becomes_a_random_sample(
    project: Project, folder: Path, held: Turn
) -> None:
    asked = asks(project.ring)
    project.decide(asked[0], decision="change", value="size", by="ann")
    project.releases.begin(held.model, stage="shadow", by="ann", reason="to see")
    assert set(asked[1:]) <= {item.id for item in project.review_items(limit=1000)}
    for name in asked:  # the first one a second time
        project.decide(name, decision="change", value="size", by="bo")
    assert kinds(project, asked) == {True}
    project.releases.stop(by="ann", reason="seen")
    assert open_asks(project.ring) == ()


def test_a_share_that_was_changed_changes_nothing_that_was_asked(
    project: Project, folder: Path, held: Turn
) -> None:
    asked = asks(project.ring)
    recipe = folder / "chainring.toml"
    recipe.write_text(recipe.read_text() + "\n[feedback]\ndeciding_share = 0\n")
    again = Project.open(folder)
    for name in asked:
        again.decide(name, decision="change", value="size", by="ann")
    assert kinds(again, asked) == {True}
    again.close()


def test_what_decides_cannot_be_a_must(project: Project, held: Turn) -> None:
    with pytest.raises(InputError, match="must: what decides"):
        project.decide(asks(project.ring)[0], decision="change", value="size", must=True, by="ann")


def test_an_erased_text_holds_no_verdict_open(project: Project, held: Turn) -> None:
    first, *others = asks(project.ring)
    project.ring.traffic.erase([first])  # its time was up
    for name in others:
        project.decide(name, decision="change", value="size", by="ann")
    assert open_asks(project.ring) == ()
    assert dict(truths(project.ring))[first] == ""
    project.turn()
    assert asks(project.ring) == ()


def test_the_report_of_a_model_leaves_kept_answers_out(project: Project, held: Turn) -> None:
    trees = project.ring.runner.trees
    made = project.ring.ledger.all_lineage(step="evaluation")
    folders = [trees.open(decode(Evaluation, row.result).address) for row in made]
    parts = {row.part for folder in folders for row in read_table(Outcome, folder)}
    assert "deciding" in parts
    told = {row.part for folder in folders for row in judged_rows(folder)}
    assert told == {"suite"}


def test_a_model_that_learnt_from_people_forgotten_since_is_neither_asked_about_nor_promoted(
    project: Project, held: Turn
) -> None:
    taught = read_rows(project.ring.runner.trees.open(held.dataset), "train")
    authors = sorted({row.author for row in taught if row.feedback})[:5]
    asked = asks(project.ring)
    receipt = project.forget(author=authors, reason="asked", by="ann")
    assert held.model in receipt.act.models
    assert not receipt.act.champion
    assert asks(project.ring) == ()
    for name in asked:
        project.decide(name, decision="change", value="size", by="ann")
    done = project.turn()
    assert done.model not in {held.model, ""}
    assert done.champion != held.model
    assert project.champion().deployment.model != held.model
