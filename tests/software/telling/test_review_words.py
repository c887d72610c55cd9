"""Every reason of the review queue has its Chinese."""

from __future__ import annotations

import re

import pytest

from chainring.data.cluster import enough
from chainring.data.otherwise import OTHERWISE
from chainring.feedback.queue import WHY
from chainring.feedback.statement import SET_BACK
from chainring.software.telling.review_words import REASONS, why_in

SEEN = [
    *WHY.values(),
    "flagged as wrong",
    "flagged as harmful: 冒犯人",
    "rated up; every correction is reviewed",
    "rated down; more than 50 of one author",
    "rated down, and to accept is to agree; every correction is reviewed",
    "passed on to a person, 41% sure",
    "only 79% sure",
    "every correction is reviewed",
    "more than 12 of one author",
    SET_BACK,
    "the data contradicts it",
    OTHERWISE,
    "far outside the data's -1.5 to 5",
    "models that had not seen it are surer of 退款, by 31%",
    "14 texts: 退款, 邮费. 可以开始了",
    *enough({}),
    *enough({"退款": 12, "物流": 4}),
    *enough({"退款": 12, "物流": 30}),
]


@pytest.mark.parametrize("why", SEEN)
def test_a_reason_has_its_chinese_and_stays_as_it_is_in_english(why: str) -> None:
    chinese = why_in(why, "zh")
    assert not re.search("[a-z]{3}", chinese), chinese
    assert why_in(why, "en") == why


def test_values_are_carried_over() -> None:
    assert why_in("rated down; more than 50 of one author", "zh") == (
        "评价为“差”；同一作者超过 50 条"
    )
    assert why_in("flagged as unfair: to me; and her", "zh") == "被举报为“不公平”：to me; and her"


def test_a_reason_of_another_origin_stays_as_it_is() -> None:
    assert why_in("because I say so", "zh") == "because I say so"


def test_both_languages_of_a_template_have_the_same_places() -> None:
    for english, chinese in REASONS.templates.values():
        places = [set(re.findall(r"{\w+}", text)) for text in (english, chinese)]
        assert places[0] == places[1]
