"""Every word of the house that a card or report shows has its Chinese."""

from __future__ import annotations

from typing import get_args

import pytest

from chainring.contracts.dataset import Task
from chainring.contracts.verdict import Value
from chainring.ring.steps import STEPS
from chainring.text.house_words import house_word
from chainring.training.evaluation import PARTS

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
