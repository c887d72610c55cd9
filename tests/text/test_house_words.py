"""Every word of the house that a card or report shows has its Chinese."""

from __future__ import annotations

from typing import get_args

import pytest

from chainring.contracts.dataset import Task
from chainring.contracts.verdict import Value
from chainring.ring.steps import STEPS
from chainring.text.house_words import Term, counted, house_term, house_word
from chainring.training.outcomes import PARTS

UNUSED = {"prediction", "case"}  # no steps of a turn: nothing that is counted is made by them


@pytest.mark.parametrize(
    "name",
    sorted(
        {*get_args(Task), *get_args(Value), *STEPS, *PARTS.values()} - {"recommendation"} - UNUSED
    ),
)
def test_tasks_verdicts_steps_and_parts_have_their_chinese(name: str) -> None:
    assert house_word(name, "zh") != name
    assert house_word(name, "en") == name


@pytest.mark.parametrize(
    ("name", "kind", "chinese"),
    [
        ("feedback", "source", "反馈"),
        ("training", "source", "training"),
        ("owner", "source", "owner"),
        ("unstated", "licence", "未说明"),
        ("user feedback", "licence", "用户反馈"),
        ("training", "consent", "可用于训练"),
        ("none", "consent", "未给出"),
        ("feedback", "consent", "feedback"),
    ],
)
def test_a_name_of_one_kind_is_not_told_as_a_word_of_another(
    name: str, kind: Term, chinese: str
) -> None:
    assert house_term(name, "zh", kind=kind) == chinese
    assert house_term(name, "en", kind=kind) == name


def test_counts_of_names_that_become_one_word_add_up() -> None:
    counts = {"none": 50, "未给出": 7}
    assert counted(counts, "zh", kind="consent") == {"未给出": 57}
    assert counted(counts, "zh", kind="label") == counts
