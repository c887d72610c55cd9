"""What a turn sees of the traffic log."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa

from chainring.contracts.feedback import Feedback
from chainring.contracts.guard import Guard
from chainring.contracts.label import Label
from chainring.contracts.prediction import Prediction
from chainring.contracts.reaction import Reaction
from chainring.contracts.table import Table
from chainring.feedback.holdout import decides
from chainring.ring.snapshots import (
    answers_beside,
    kept_answers,
    snapshot_feedback,
)
from chainring.ring.steps import Made
from chainring.ring.tilt import refused_to_judge
from chainring.software.api import Project
from chainring.store.answers import to_sample
from chainring.store.outline import Outline
from chainring.store.tables import read_table

GUARD = Guard(redact=False, log="redacted", retention_s=1e6)
TEXTS = [f"my {what} is {how}" for what in ("coat", "hat", "shoe", "scarf", "belt", "sock")
         for how in ("lost", "late", "too large", "too small", "torn")]  # fmt: skip


def rows(project: Project, made: Made[Table[Feedback]]) -> list[Feedback]:
    return list(read_table(Feedback, project.ring.runner.trees.open(made.noun.address)))


def test_an_answer_asked_through_a_key_has_no_author_and_one_of_a_user_keeps_it(
    project: Project,
) -> None:
    _, key = project.make_key("react", "web shop")
    asked = {
        author: {answer.id for answer in project.predict(texts, author=author)}
        for author, texts in ((key.id, TEXTS[::2]), ("ann", TEXTS[1::2]))
    }
    for item in project.review_items(limit=1000):
        if item.kind == "holdout":
            project.decide(item.id, decision="accept", by="reviewer")
    reviewed = project.ring.ledger.facts("label", Label)
    kept = kept_answers(project.ring, reviewed, GUARD)
    assert kept is not None
    for found in (rows(project, snapshot_feedback(project.ring, reviewed)), rows(project, kept)):
        authors = {row.prediction: row.author for row in found}
        assert {authors[one] for one in asked[key.id] if one in authors} == {""}
        assert {authors[one] for one in asked["ann"] if one in authors} == {"ann"}


def test_an_answer_whose_user_refused_is_not_kept_to_decide(project: Project) -> None:
    hold_out(project, "g", 60)
    before = kept_answers(project.ring, (), GUARD)
    assert before is not None
    refused, rated, silent, *others = [row.prediction for row in rows(project, before)]
    correction = Reaction(prediction=refused, kind="correction", value="size", consent="refused")
    rating = Reaction(prediction=rated, kind="rating", value="down", consent="Opt out")
    unsaid = Reaction(prediction=silent, kind="rating", value="down")
    for one in (correction, rating, unsaid):
        project.react(one)
    after = kept_answers(project.ring, (), GUARD)
    assert after is not None
    assert {row.prediction for row in rows(project, after)} == {silent, *others}


def test_what_users_refused_of_the_sample_is_counted_among_all_that_would_be_sampled(
    project: Project,
) -> None:
    held = hold_out(project, "g", 60)
    sampled = [one.id for one in to_sample(project.ring.traffic) if not is_kept(project, one)]
    kept = next(one.id for one in held if one.id not in sampled)
    before = snapshot_feedback(project.ring, ()).noun
    assert (before.counts, refused_to_judge(project.ring, before)) == ({}, (0, 0))
    for name in (kept, *sampled[:3]):
        project.react(Reaction(prediction=name, kind="rating", value="down", consent="refused"))
    snapshot = snapshot_feedback(project.ring, ()).noun
    assert snapshot.counts == {"refused": 4}
    assert refused_to_judge(project.ring, snapshot) == (3, len(sampled))
    settings = project.ring.recipe.feedback.model_copy(update={"deciding_share": 0.0})
    recipe = project.ring.recipe.model_copy(update={"feedback": settings})
    asked = {one.group or one.id for one in to_sample(project.ring.traffic)}
    assert refused_to_judge(replace(project.ring, recipe=recipe), snapshot) == (4, len(asked))


def test_answers_that_nobody_reacted_to_make_no_step_run_again(project: Project) -> None:
    held = hold_out(project, "a", 40)
    for one in held:
        refusal = Reaction(prediction=one.id, kind="rating", value="down", consent="refused")
        project.react(refusal)
    project.turn()
    before = snapshot_feedback(project.ring, ()).noun
    refused, asked = refused_to_judge(project.ring, before)
    assert 0 < refused == asked < len(held)
    hold_out(project, "b", 160)
    after = snapshot_feedback(project.ring, ()).noun
    assert after == before
    sampled = sum(not is_kept(project, one) for one in to_sample(project.ring.traffic))
    assert refused_to_judge(project.ring, after) == (refused, sampled)
    assert not {"corrections", "labels", "dataset"} & set(project.turn().steps)


def test_a_turn_that_makes_a_data_set_says_how_far_refusals_may_tilt_the_holdout(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    monkeypatch.setattr(project.ring.runner, "say", said.append)
    monkeypatch.setattr("chainring.ring.tilt.refused_to_judge", lambda ring, snapshot: (6, 200))
    monkeypatch.setattr("chainring.data.summary.tilted", lambda kept, *counts: [f"tilted {counts}"])
    hold_out(project, "a", 4)
    project.predict(TEXTS)
    (row,) = project.predict(["where is my parcel today, please"])
    project.react(Reaction(prediction=row.id, kind="correction", value="size", consent="training"))
    project.turn()
    assert sum("tilted (6, 200)" in line for line in said) == 1
    project.turn()
    assert sum("tilted (6, 200)" in line for line in said) == 1


def hold_out(project: Project, name: str, count: int) -> list[Prediction]:
    """Let answers stand in the hold-out, each of a near-duplicate group of its own."""
    (row,) = project.predict(TEXTS[:1])
    held = [
        replace(row, id=f"{row.id[:-3]}{n:03}", group=f"{name}{n}", holdout=True)
        for n in range(count)
    ]
    project.ring.traffic.commit([(one, f"text {one.group}") for one in held], [])
    return held


def is_kept(project: Project, answer: Outline) -> bool:
    return decides(answer, secret=project.secret, share=project.ring.recipe.feedback.deciding_share)


def test_answers_are_read_in_few_statements_however_many_were_reviewed(project: Project) -> None:
    answered = [one.id for one in project.predict(TEXTS)]
    sent: list[str] = []

    def note(*told: Any) -> None:
        sent.append(told[2])

    sa.event.listen(sa.Engine, "before_cursor_execute", note)
    found = list(answers_beside(project.ring, [], ["rec_1", *answered]))
    sa.event.remove(sa.Engine, "before_cursor_execute", note)
    assert [row.text for row in found] == TEXTS
    assert len(sent) < 5


def test_an_answer_that_is_kept_to_decide_keeps_its_second_text(project: Project) -> None:
    (row,) = project.predict(TEXTS[:1])
    held = (
        replace(row, id=f"{row.id[:-2]}{n:02}", group=f"g{n}", pair=f"pair g{n}", holdout=True)
        for n in range(20)
    )
    project.ring.traffic.commit([(one, f"text {one.group}") for one in held], [])
    kept = kept_answers(project.ring, (), GUARD)
    assert kept is not None
    assert {(row.text, row.pair) for row in rows(project, kept)} == {
        (f"text {row.group}", f"pair {row.group}") for row in rows(project, kept)
    }
