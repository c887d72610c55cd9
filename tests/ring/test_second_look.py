"""A turn that asks a person where two models differ, and the turn after the answers."""

from __future__ import annotations

from pathlib import Path

import pytest

from chainring.contracts.codec import decode
from chainring.contracts.label import Label
from chainring.contracts.reaction import Reaction
from chainring.contracts.verdict import Verdict
from chainring.ring.due import asks, due, labelled_drop, open_asks
from chainring.ring.turn import Turn
from chainring.software.api import Project
from chainring.software.telling import tell_verdict

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


@pytest.fixture
def held(project: Project) -> Turn:
    """Turn after users corrected every answer: no row of the hold-out was sampled yet."""
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


def test_the_answers_are_no_rows_of_the_data_and_no_sample_of_the_champion(
    project: Project, held: Turn
) -> None:
    answer_all(project, "refund")
    assert [one for one in project.ring.ledger.facts("label", Label) if one.decides]
    assert labelled_drop(project.ring) is None  # as many wrong answers of a random sample were one
    assert project.turn().dataset == held.dataset


def test_without_a_share_everything_is_sampled_and_nothing_asked(
    project: Project, folder: Path
) -> None:
    recipe = folder / "chainring.toml"
    recipe.write_text(recipe.read_text() + "\n[feedback]\ndeciding_share = 0\n")
    again = Project.open(folder)
    for answer in again.predict(TEXTS):
        again.react(
            Reaction(
                prediction=answer.id, kind="correction", value="size", author=answer.id,
                consent="training",
            )
        )  # fmt: skip
    done = again.turn()
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
