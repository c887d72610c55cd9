"""What verbs read of a store that has grown for years: statements and decoded rows are counted."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from tests.software.conftest import texts_of
from tests.statements import statements

from chainring.contracts import codec
from chainring.contracts.act import Act
from chainring.contracts.errors import UnknownNameError
from chainring.contracts.ids import new_id
from chainring.contracts.prediction import Prediction
from chainring.contracts.reaction import Reaction
from chainring.feedback.queue import ReviewItem
from chainring.software.api import Project
from chainring.software.reports import history
from chainring.software.verbs import auditing
from chainring.software.verbs.reviewing import review_items
from chainring.store import answers, ledger, newest, traffic, traffic_rows

DAY_S = 86_400.0


def served(project: Project, count: int, *, months: int = 1) -> list[Prediction]:
    """Write answers as if they were served over some months, each to a question of its own."""
    (text,) = (row["text"] for row in texts_of(project.folder, 1))
    (pattern,) = project.predict([text])
    moments = [time.time() - number * 30 * DAY_S * months / count for number in range(count)]
    rows = [
        replace(
            pattern,
            id=new_id("pred", now=at),
            at=at,
            group=f"group {number}",
            confidence=0.1,
            holdout=number % 2 == 0,
        )
        for number, at in enumerate(moments)
    ]
    project.ring.traffic.commit([(row, f"{text} {row.id}") for row in rows], [])
    return rows


@pytest.fixture
def decoded(monkeypatch: pytest.MonkeyPatch) -> list[type]:
    """Return the list of the nouns that are decoded from the ledger meanwhile."""
    found: list[type] = []

    def noting(decode: Callable[..., Any]) -> Callable[..., Any]:
        def noted(noun: type, body: str) -> Any:
            found.append(noun)
            return decode(noun, body)

        return noted

    for module in (ledger, newest):
        monkeypatch.setattr(module, "decode", noting(getattr(module, "decode")))  # noqa: B009
    return found


def test_for_the_queue_no_answer_and_no_reaction_is_decoded_whose_text_is_gone(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [replace(row, holdout=True) for row in served(project, 1)] + served(project, 40)
    for row in rows[1:]:
        said = Reaction(prediction=row.id, kind="correction", value="invoice", consent="training")
        project.react(said)
    project.ring.traffic.erase([row.id for row in rows[:31]])
    read: list[str] = []
    for module in (answers, traffic_rows):
        decode = module.decode

        def noted(noun: type, body: str, decode: Callable[..., Any] = decode) -> Any:
            found = decode(noun, body)
            read.append(getattr(found, "prediction", found.id))
            return found

        monkeypatch.setattr(module, "decode", noted)
    doubted = {row.id for row in rows if not row.holdout}
    project.review_items(limit=100)
    assert set(read) & {row.id for row in rows[31:]}
    assert not set(read) & {row.id for row in rows[:31]} - doubted
    assert sum(name in {row.id for row in rows[:31]} for name in read) <= 20  # as unsure, once


def test_a_group_that_was_reviewed_is_not_drawn_again_when_its_text_is_gone(
    project: Project,
) -> None:
    old, new, other = (
        replace(row, group="one group" if number < 2 else "another", holdout=True,
                id=new_id("pred"), at=time.time())
        for number, row in enumerate(served(project, 3))
    )  # fmt: skip
    settings = project.ring.recipe.feedback.model_copy(update={"deciding_share": 0.0})
    recipe = project.ring.recipe.model_copy(update={"feedback": settings})
    object.__setattr__(project.ring, "recipe", recipe)
    project.ring.traffic.commit([(row, "where is my parcel") for row in (old, new, other)], [])
    project.decide(old.id, decision="change", value="invoice", by="ann")
    project.ring.traffic.erase([old.id])
    drawn = {item.id for item in project.review_items(limit=100) if item.kind == "holdout"}
    assert other.id in drawn
    assert new.id not in drawn


def test_what_waits_is_counted_anew_only_once_something_came_or_was_decided(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted: list[int] = []

    def listened(project: Project, *, limit: int) -> list[ReviewItem]:
        counted.append(limit)
        return review_items(project, limit=limit)

    monkeypatch.setattr(history, "review_items", listened)
    rows = served(project, 10)
    first = [history.history(project).waiting for _ in range(3)]
    assert (len(counted), first[0], first[0] == first[2]) == (1, first[1], True)
    project.react(Reaction(prediction=rows[1].id, kind="flag", value="wrong"))
    assert history.history(project).waiting["flag"] == first[0].get("flag", 0) + 1
    project.decide(rows[3].id, decision="change", value="invoice", by="ann")
    assert history.history(project).waiting["unsure"] == first[0]["unsure"] - 1
    served(project, 12)
    assert history.history(project).waiting["unsure"] == first[0]["unsure"] + 1
    history.history(project)
    assert len(counted) == 4


def test_a_queue_of_answers_without_text_is_looked_through_in_few_statements(
    project: Project,
) -> None:
    rows = served(project, 300)
    project.ring.traffic.erase([row.id for row in rows[:280]])
    with statements() as sent:
        items = project.review_items(limit=100)
    kept = {row.id for row in rows[280:]}
    shown = {item.id for item in items} & {row.id for row in rows}
    assert {row.id for row in rows[280:] if not row.holdout} <= shown <= kept
    assert len(sent) < 60


def test_of_the_newest_acts_no_more_are_decoded_than_are_asked_for(
    project: Project, decoded: list[type]
) -> None:
    for number in range(600):
        auditing.record(project, "review", because=str(number))
    acts = project.audit(limit=3)
    assert [one.because for one in acts] == ["599", "598", "597"]
    assert decoded.count(Act) <= 4
    assert len(project.audit(verb="review", limit=550)) == 550
    assert [one.because for one in project.audit(who=project.who.name)] == [
        str(number) for number in range(599, 499, -1)
    ]


def test_an_unknown_verb_of_an_act_is_said_after_all_were_looked_through(project: Project) -> None:
    auditing.record(project, "review")
    with pytest.raises(UnknownNameError, match="did you mean 'review'"):
        project.audit(verb="revew")
    assert project.audit(who="operate") == []


def test_of_answers_that_the_model_was_sure_of_none_is_decoded_for_a_review(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [replace(row, id=new_id("pred"), confidence=0.99) for row in served(project, 60)]
    project.ring.traffic.commit([(row, "a text") for row in rows if not row.holdout], [])
    read: list[Prediction] = []

    def noted(kind: type, body: str) -> Any:
        read.append(codec.decode(kind, body))
        return read[-1]

    for module in (traffic, answers):
        monkeypatch.setattr(module, "decode", noted)
    project.review_items(limit=50)
    assert read
    assert all(one.holdout or one.confidence < 0.8 for one in read)


def test_of_a_long_hold_out_and_many_unsure_answers_those_alone_are_decoded_that_are_shown(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [
        replace(row, id=new_id("pred"), confidence=0.3, group=f"group {number}",
                holdout=number % 2 == 0)
        for number, row in enumerate(served(project, 1) * 400)
    ]  # fmt: skip
    project.ring.traffic.commit([(row, "a text") for row in rows], [])
    read: list[str] = []

    def noted(kind: type, body: str) -> Any:
        found: Any = codec.decode(kind, body)
        read.append(found.id)
        return found

    monkeypatch.setattr(answers, "decode", noted)
    items = project.review_items(limit=500)
    assert len(items) >= 100
    assert sorted(read) == sorted(item.id for item in items)
