"""What a caller may be shown of a reaction."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from chainring.contracts.access import Rule, Who
from chainring.contracts.feedback import Feedback
from chainring.feedback.settings import FeedbackSettings
from chainring.ring.sight import Sight

SETTINGS = FeedbackSettings()
DENIED = (Rule(number=1, allow=False, actions=("read",), where={"source": ("feedback",)}),)
ROW = Feedback(
    id="fb_1", app="shop", prediction="pred_1", kind="correction", value="refund", author="zoe",
    at=1.0, text="my money", comment="quickly", answer="parcel", pair="of May",
)  # fmt: skip


def sight(rules: tuple[Rule, ...] = ()) -> Sight:
    return Sight(rules, who=Who(role="operate", name="bo"), purpose="review")


def test_of_a_reaction_that_is_withheld_the_label_is_left_and_no_words() -> None:
    eye = sight(DENIED)
    assert eye.feedback(ROW, SETTINGS) == replace(ROW, text="", comment="", pair="")
    assert sight().feedback(ROW, SETTINGS) == ROW
    assert eye.withheld.total() == 1


@pytest.mark.parametrize(
    "words",
    [
        {"value": "Frau Weber hat Krebs", "answer": "Frau Weber", "private": True},
        {"value": "solved by phone", "kind": "outcome"},
    ],
)
@pytest.mark.parametrize("beside", [{}, {"text": "", "comment": "", "pair": ""}])
def test_what_is_told_in_words_is_withheld_with_the_text_and_without_one(
    words: dict[str, Any], beside: dict[str, Any]
) -> None:
    eye, row = sight(DENIED), replace(ROW, **words, **beside)
    seen = eye.feedback(row, SETTINGS)
    assert (seen.text, seen.value, seen.pair) == ("", "", "")
    assert seen.answer == ("" if row.private else "parcel")
    assert eye.withheld.total() == 1
    assert sight().feedback(row, SETTINGS) == row
