"""A person's decision stands whatever its author says later; only his consent he may take back."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from chainring.contracts.dataset import Task
from chainring.contracts.feedback import Feedback
from chainring.contracts.guard import Guard
from chainring.contracts.label import Label
from chainring.feedback.corrections import statements
from chainring.feedback.queue import review_items
from chainring.feedback.settings import FeedbackSettings
from chainring.feedback.statement import Statement

Row = Callable[..., Feedback]
Review = Callable[..., Label]
SHOP, HELP = "a" * 12, "b" * 12
LATER = "a person decided on what its author said before"
STRICT = Guard(redact=True, log="redacted", retention_s=1.0, allowed_consents=("training",))


def said(
    rows: list[Feedback], guard: Guard, *reviewed: Label, task: Task = "classification"
) -> list[Statement]:
    return statements(rows, reviewed, guard, settings=FeedbackSettings(), task=task)[0]


def told(found: list[Statement]) -> list[tuple[str, str, str]]:
    return [(one.about.id, one.state, one.why) for one in found]


@pytest.mark.parametrize("via", ["", SHOP])
@pytest.mark.parametrize("author", ["mallory", ""])
@pytest.mark.parametrize("state", ["accepted", "rejected", "pending"])
def test_the_same_word_again_undoes_no_decision(
    row: Row, review: Review, guard: Guard, state: Any, author: str, via: str
) -> None:
    same: dict[str, Any] = {"prediction": "pred_1", "author": author, "value": "cancel"}
    rows = [row(n, via=via if n > 1 else SHOP, **same) for n in (1, 2, 3)]
    decision = review("fb_1", "退款", state=state, must=state == "accepted")
    (one,) = said(rows, guard, decision)
    assert (one.about.id, one.state, one.decision) == ("fb_1", state, decision)


@pytest.mark.parametrize("state", ["accepted", "rejected", "pending"])
def test_another_word_after_a_decision_waits_beside_it_until_it_is_decided_too(
    row: Row, review: Review, guard: Guard, state: Any
) -> None:
    same: dict[str, Any] = {"prediction": "pred_1", "author": "mallory"}
    first, second = row(1, value="cancel", **same), row(2, value="退款", **same)
    third = row(3, kind="confirmation", value="refund", **same)
    decision = review("fb_1", "track_order", state=state)
    found = said([first, second, third], guard, decision)
    assert [one[:2] for one in told(found)] == [("fb_1", state), ("fb_3", "pending")]
    assert found[1].why == LATER
    rejected = review("fb_3", state="rejected", at=200.0)
    found = said([first, second, third], guard, decision, rejected)
    assert [one[:2] for one in told(found)] == [("fb_1", state), ("fb_3", "rejected")]
    accepted = replace(rejected, state="accepted")
    found = said([first, second, third], guard, decision, accepted)
    stands = [] if state == "accepted" else [("fb_1", state)]
    assert [one[:2] for one in told(found)] == [*stands, ("fb_3", "accepted")]


def test_what_waits_beside_a_decision_is_shown_for_review(
    row: Row, review: Review, guard: Guard
) -> None:
    rows = [row(n, prediction="pred_1", value=value) for n, value in [(1, "cancel"), (2, "退款")]]
    items = review_items(
        rows,
        [],
        [review("fb_1")],
        guard,
        texts=lambda _: [],
        secret=b"secret",
        settings=FeedbackSettings(),
    )
    assert [(one.id, one.kind, one.proposed, one.why) for one in items] == [
        ("fb_2", "correction", "退款", LATER)
    ]


def test_another_author_and_what_was_said_before_the_decided_word_wait_for_nobody(
    row: Row, review: Review, guard: Guard
) -> None:
    same: dict[str, Any] = {"prediction": "pred_1"}
    rows = [
        row(1, value="cancel", **same),
        row(2, value="退款", **same),
        row(3, value="cancel", author="bo", **same),
        row(4, value="cancel", via=SHOP, author="cy", **same),
        row(5, value="退款", via=HELP, author="cy", **same),
    ]
    found = said(rows, guard, review("fb_2"), review("fb_4"))
    assert [one[:2] for one in told(found)] == [(f"fb_{n}", "accepted") for n in (2, 3, 4, 5)]


def test_a_consent_withdrawn_takes_a_decided_word_along_and_one_given_again_brings_it_back(
    row: Row, review: Review
) -> None:
    same: dict[str, Any] = {"prediction": "pred_1", "value": "cancel"}
    rows = [
        row(1, consent="training", **same),
        row(2, consent="none", **same),
        row(3, consent="training", **same),
        row(4, consent="refused", **same),
        row(5, consent="training", **same),
    ]
    stand = [told(said(rows[:n], STRICT, review("fb_1"))) for n in range(1, 6)]
    one = [("fb_1", "accepted", "")]
    assert stand == [one, [], one, [], one]


@pytest.mark.parametrize("state", ["accepted", "rejected"])
def test_a_rating_again_undoes_no_decision_on_the_first(
    row: Row, review: Review, guard: Guard, state: Any
) -> None:
    same: dict[str, Any] = {"prediction": "pred_1", "kind": "rating"}
    up, again = (row(n, value="up", **same) for n in (1, 2))
    decision = review("fb_1", "refund", state=state)
    found = said([up, again], guard, decision, task="translation")
    assert [one[:2] for one in told(found)] == [("fb_1", state)]
    down = replace(again, value="down")
    found = said([up, down], guard, decision, task="translation")
    assert [one[:2] for one in told(found)] == [("fb_1", state), ("fb_2", "pending")]
    assert found[1].why == LATER


KINDS = [
    {"kind": "correction", "value": "退款"},
    {"kind": "confirmation", "value": "refund"},
    {"kind": "flag", "value": "wrong"},
]


@pytest.mark.parametrize("asks", ["comment", "correction"])
@pytest.mark.parametrize("reaction", KINDS, ids=lambda one: one["kind"])
def test_what_the_asker_refused_nobody_else_lifts(
    row: Row, review: Review, guard: Guard, reaction: dict[str, Any], asks: str
) -> None:
    same: dict[str, Any] = {"prediction": "pred_1"}
    other = row(2, author="bob", consent="training", **same, **reaction)
    for at in (1.0, 3.0):
        refusal = row(1, kind=asks, value="", author="asker", consent="refused", at=at, **same)
        decision = [review("fb_2", "退款")] if reaction["kind"] == "flag" else []
        assert said([refusal, other], guard, *decision) == []
        silent = row(4, kind="comment", value="", author="asker", **same)
        assert said([refusal, other, silent], guard, *decision) == []
        own = replace(silent, consent="training")
        found = said([refusal, other, own], guard, *decision)
        assert [one.about.id for one in found if one.about.id != "fb_1"] == ["fb_2"]


def test_opinions_of_a_refused_answer_and_for_one_teach_nothing(row: Row, guard: Guard) -> None:
    text = {"text": "Hello", "group": "g"}
    up = row(1, kind="rating", value="up", consent="training", **text)
    refusal = row(2, prediction="pred_1", kind="comment", value="", author="bo", consent="no")
    assert said([up], guard, task="translation") != []
    assert said([up, refusal], guard, task="translation") == []
    better = row(3, kind="preference", value="pred_4", consent="training", **text)
    other = row(4, id="pred_4", kind="outcome", value="", answer="您好", **text)
    assert said([better, other], guard, task="translation") != []
    elsewhere = replace(refusal, prediction="pred_4")
    assert said([better, other, elsewhere], guard, task="translation") == []


def test_a_refusal_that_was_taken_back_lets_a_reviewed_answer_teach(
    row: Row, review: Review
) -> None:
    same: dict[str, Any] = {"prediction": "pred_1", "kind": "comment", "value": ""}
    rows = [row(1, consent="refused", **same), row(2, consent="training", **same)]
    assert said(rows[:1], STRICT, review("pred_1")) == []
    assert said([rows[0], replace(rows[1], author="bo")], STRICT, review("pred_1")) == []
    assert [one.about.consent for one in said(rows, STRICT, review("pred_1"))] == ["training"]
