"""Whose refusal stands, and what lifts it."""

from __future__ import annotations

from collections.abc import Callable

from chainring.contracts.feedback import Feedback
from chainring.contracts.guard import FORGOTTEN
from chainring.feedback.consents import refused_answers, standing_refusals, under_refusals

Row = Callable[..., Feedback]


def test_the_refusal_of_a_person_who_was_forgotten_stands_and_nobody_lifts_it(row: Row) -> None:
    gone = row(1, prediction="p", author="", consent=FORGOTTEN, refused=True)
    bo = row(2, prediction="p", author="bo", consent="training")
    nameless = row(3, prediction="p", author="", consent="training")
    assert refused_answers([gone, bo, nameless]) == {"p": "refused"}
    rows = {one.id: one.consent for one in under_refusals([gone, bo, nameless])}
    assert rows == {gone.id: FORGOTTEN, bo.id: "refused", nameless.id: "refused"}


def test_what_a_person_who_was_forgotten_had_not_refused_or_took_back_stands_for_nothing(
    row: Row,
) -> None:
    gone = row(1, prediction="p", author="", consent=FORGOTTEN)
    assert refused_answers([gone, row(2, prediction="p", author="bo", consent="training")]) == {}


def test_of_each_author_the_last_refusal_is_the_one_that_stands(row: Row) -> None:
    rows = [
        row(1, prediction="p", consent="refused"),
        row(2, prediction="p", consent="no"),
        row(3, prediction="q", consent="refused"),
        row(4, prediction="q", consent="training"),
        row(5, prediction="q", author="bo", consent="不同意"),
    ]
    assert standing_refusals(rows) == {"fb_2", "fb_5"}
