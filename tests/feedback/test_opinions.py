"""Ratings and preferences of written answers: what they teach, and what keeps them from it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from chainring.contracts.feedback import Feedback
from chainring.contracts.guard import FORGOTTEN, Guard
from chainring.contracts.label import Label
from chainring.feedback.corrections import statements
from chainring.feedback.settings import FeedbackSettings
from chainring.feedback.statement import Statement

Row = Callable[..., Feedback]
Review = Callable[..., Label]
AUTO = FeedbackSettings()
SERVED = {"answer": "请稍等", "text": "退款要几天？", "group": "g"}


def said(
    rows: list[Feedback], guard: Guard, *reviewed: Label, settings: FeedbackSettings = AUTO
) -> tuple[list[Statement], Counter[str]]:
    found, dropped = statements(rows, reviewed, guard, settings=settings, task="generation")
    return found, dropped.counts


def rated(row: Row, number: int, value: str = "up", **given: object) -> Feedback:
    return row(number, kind="rating", value=value, **{**SERVED, "group": f"g{number}", **given})


def answer(row: Row, number: int, text: str, **given: object) -> Feedback:
    """An answer as it stands in a snapshot: a row that says nothing itself."""
    own = {**SERVED, "answer": text, "id": f"pred_{number}", "author": "", **given}
    return row(number, kind="outcome", value="", **own)


def test_a_correction_of_a_written_answer_brings_that_answer_as_the_rejected_one(
    row: Row, guard: Guard
) -> None:
    (one,), _ = said([row(1, value="五天", private=True, **SERVED)], guard)
    assert (one.label, one.rejected) == ("五天", "请稍等")


@pytest.mark.parametrize(
    ("value", "liked", "rejected"), [("up", "请稍等", ""), ("down", "", "请稍等")]
)
def test_a_rating_says_whether_the_answer_was_wanted(
    value: str, liked: str, rejected: str, row: Row, guard: Guard
) -> None:
    (one,), _ = said([rated(row, 1, value)], guard)
    assert (one.label, one.rejected, one.state) == (liked, rejected, "accepted")
    assert one.private


@pytest.mark.parametrize("looked_up", [("", ""), ("一篇", "另一篇")])
def test_a_preference_makes_a_pair_of_two_answers_to_one_text(
    row: Row, guard: Guard, looked_up: tuple[str, str]
) -> None:
    first, second = looked_up
    rows = [
        replace(answer(row, 2, "五天"), pair=first, looked_up=bool(first)),
        row(1, kind="preference", value="pred_2", pair=second, looked_up=bool(second), **SERVED),
    ]
    (one,), _ = said(rows, guard)
    assert (one.label, one.rejected) == ("五天", "请稍等")


@pytest.mark.parametrize(
    ("other", "reason"),
    [
        ({"text": "包裹要几天？"}, "the preferred answer is to another text"),
        ({"answer": "请稍等"}, "both answers are the same, or the preferred one is empty"),
        ({"answer": ""}, "both answers are the same, or the preferred one is empty"),
        ({"consent": FORGOTTEN}, "the preferred answer is not there, or is the answer itself"),
        ({"id": "pred_9", "prediction": "pred_9"},
         "the preferred answer is not there, or is the answer itself"),
    ],
)  # fmt: skip
def test_a_preference_that_says_nothing_of_two_texts_is_left_out_with_the_reason(
    other: dict[str, Any], reason: str, row: Row, guard: Guard
) -> None:
    rows = [
        replace(answer(row, 2, "五天"), **other),
        row(1, kind="preference", value="pred_2", **SERVED),
    ]
    found, counts = said(rows, guard)
    assert found == []
    assert counts[reason] == 1


@pytest.mark.parametrize("given", [{}, {"holdout": True}])
def test_a_thumbs_down_accepted_with_its_answer_teaches_no_answer(
    given: dict[str, Any], row: Row, guard: Guard, review: Review
) -> None:
    rows = [rated(row, 1, "down", **given)]
    for settings in (AUTO, FeedbackSettings(ratings=False)):
        found, _ = said(rows, guard, review("fb_1", "请稍等", private=True), settings=settings)
        assert not any(one.label for one in found)


def test_an_author_s_correction_takes_the_place_of_their_rating(row: Row, guard: Guard) -> None:
    rows = [
        rated(row, 1, "down"),
        row(2, prediction="pred_1", value="五天", private=True, **SERVED),
        rated(row, 3, "down", prediction="pred_1", author="bo"),
    ]
    found, counts = said(rows, guard)
    assert [(one.about.author, one.label) for one in found] == [("ann", "五天"), ("bo", "")]
    assert counts["superseded by its author"] == 1


def test_a_rating_after_the_author_s_correction_says_nothing_more(row: Row, guard: Guard) -> None:
    rows = [
        row(1, prediction="pred_1", value="五天", private=True, **SERVED),
        rated(row, 2, "up", prediction="pred_1"),
    ]
    (one,), counts = said(rows, guard)
    assert (one.label, one.rejected) == ("五天", "请稍等")
    assert counts["superseded by its author"] == 1


def test_the_last_rating_of_an_author_stands(row: Row, guard: Guard) -> None:
    rows = [rated(row, 1, "up"), rated(row, 2, "down", prediction="pred_1")]
    (one,), counts = said(rows, guard)
    assert one.rejected == "请稍等"
    assert counts["superseded by its author"] == 1


@pytest.mark.parametrize(("one", "other"), [("", "a" * 12), ("a" * 12, "")])
def test_of_one_whose_application_is_unknown_the_last_opinion_stands(
    row: Row, guard: Guard, one: str, other: str
) -> None:
    same = {"prediction": "pred_1"}
    rows = [rated(row, 1, "up", via=one, **same), rated(row, 2, "down", via=other, **same)]
    assert [found.about.id for found in said(rows, guard)[0]] == ["fb_2"]
    corrected = row(0, value="Here it is", via=other, **same)
    found, _ = said([corrected, rows[0]], guard)
    assert [found.about.id for found in found] == ["fb_0"]
    apart = [replace(rows[0], via="a" * 12), replace(rows[1], via="b" * 12)]
    assert len(said(apart, guard)[0]) == 2


@pytest.mark.parametrize("via", ["a" * 12, "b" * 12])
def test_a_rating_that_refuses_takes_back_a_preference_by_whatever_key_it_came(
    row: Row, guard: Guard, via: str
) -> None:
    same: dict[str, Any] = {**SERVED, "prediction": "pred_9", "author": "ann"}
    liked = row(1, kind="preference", value="pred_2", via="a" * 12, consent="training", **same)
    refusal = row(3, kind="rating", value="down", via=via, consent="refused", **same)
    rows = [answer(row, 2, "五天"), liked]
    assert len(said(rows, guard)[0]) == 1
    found, dropped = said([*rows, refusal], guard)
    assert found == []
    assert dropped == {"superseded by its author": 1, "consent not allowed: refused": 1}


@pytest.mark.parametrize(("via", "stands"), [("b" * 12, True), ("a" * 12, False), ("", False)])
def test_a_decided_rating_yields_to_a_correction_of_its_own_author_alone(
    row: Row, review: Review, guard: Guard, via: str, *, stands: bool
) -> None:
    """Who has the same name and another key is another person."""
    rating = rated(row, 1, "up", via="a" * 12, prediction="pred_9", author="ann")
    corrected = row(2, value="五天", via=via, **SERVED | {"prediction": "pred_9", "author": "ann"})
    decided = review(rating.id, value="请稍等")
    found, _ = said([rating, corrected], guard, decided)
    liked = [one.label for one in found if one.about.id == rating.id and one.kind == "user"]
    assert liked == ["请稍等"] * stands


def test_nothing_of_the_hold_out_is_an_opinion(row: Row, guard: Guard) -> None:
    found, counts = said([rated(row, 1, holdout=True)], guard)
    assert found == []
    assert counts["an opinion on the hold-out, of which only reviewed answers judge"] == 1


def test_a_correction_in_the_hold_out_brings_no_pair(row: Row, guard: Guard) -> None:
    (one,), _ = said([row(1, value="五天", private=True, holdout=True, **SERVED)], guard)
    assert (one.part, one.rejected) == ("reacted", "")


def test_ratings_need_the_consent_that_corrections_need(row: Row, guard: Guard) -> None:
    strict = replace(guard, allowed_consents=("training",))
    rows = [rated(row, 1), rated(row, 2, consent="training")]
    found, counts = said(rows, strict)
    assert [one.about.id for one in found] == ["fb_2"]
    assert counts["consent not allowed: none"] == 1


def test_no_answer_and_an_erased_one_are_not_rated(row: Row, guard: Guard) -> None:
    found, counts = said([rated(row, 1, answer=""), rated(row, 2, text="")], guard)
    assert found == []
    assert counts["an opinion on no answer"] == 1
    assert counts["text erased or not logged"] == 1


def test_what_was_written_and_passed_on_was_shown_so_what_is_said_of_it_teaches(
    row: Row, guard: Guard
) -> None:
    rows = [
        rated(row, 1, "up", passed_on=True),
        rated(row, 2, "down", passed_on=True),
        row(3, value="五天", private=True, **{**SERVED, "group": "g3", "passed_on": True}),
    ]
    found, _ = said(rows, guard)
    pairs = {one.about.id: (one.label, one.rejected) for one in found}
    assert pairs == {"fb_1": ("请稍等", ""), "fb_2": ("", "请稍等"), "fb_3": ("五天", "请稍等")}


def test_ratings_beyond_the_cap_of_an_author_wait_for_a_person(row: Row, guard: Guard) -> None:
    rows = [rated(row, n, "down", text=f"text {n}") for n in range(4)]
    settings = FeedbackSettings.model_validate({"max_rows_per_author": 3})
    found, _ = said(rows, guard, settings=settings)
    assert [one.state for one in found] == ["accepted"] * 3 + ["pending"]


def test_ratings_take_nothing_from_what_an_author_may_correct(row: Row, guard: Guard) -> None:
    settings = FeedbackSettings.model_validate({"max_rows_per_author": 2})
    rows = [rated(row, n, text=f"text {n}") for n in (1, 2)]
    rows += [row(n, value=f"better {n}", private=True, answer="no") for n in (3, 4)]
    found, _ = said(rows, guard, settings=settings)
    assert {one.state for one in found} == {"accepted"}


def test_where_everything_is_reviewed_ratings_are_too(
    row: Row, guard: Guard, review: Review
) -> None:
    settings = FeedbackSettings.model_validate({"review": "all"})
    rows = [rated(row, 1, "down"), rated(row, 2, "down")]
    found, _ = said(rows, guard, review("fb_2", "五天", private=True), settings=settings)
    assert [one.state for one in found] == ["pending", "accepted"]


def test_ratings_can_be_left_out_by_the_recipe(row: Row, guard: Guard) -> None:
    found, counts = said(
        [rated(row, 1)], guard, settings=FeedbackSettings.model_validate({"ratings": False})
    )
    assert found == []
    assert counts["ratings are not used"] == 1


def test_a_rating_of_a_label_says_no_label(row: Row, guard: Guard) -> None:
    found, _ = statements([row(1, kind="rating", value="down")], (), guard, settings=AUTO)
    assert found == []
