from __future__ import annotations

import json
from typing import get_args

import pytest

from chainring.contracts.dataset import Task
from chainring.contracts.tasks import TASKS
from chainring.text.chat import conversation
from chainring.text.compared import compared, said

SYSTEM = {"role": "system", "content": "You are the assistant of a shop. 请礼貌地回答。"}
TALK = [
    {"role": "user", "content": "我要退货"},
    {"role": "assistant", "content": "Which order?"},
    {"role": "user", "content": "第五个"},
]


@pytest.mark.parametrize("task", ["dialogue", "generation", "preference"])
def test_of_a_conversation_only_what_is_said_is_compared(task: Task) -> None:
    told = "我要退货\nWhich order?\n第五个"
    assert said(conversation(TALK), facts=TASKS[task]) == told
    assert said(json.dumps([SYSTEM, *TALK]), facts=TASKS[task]) == told
    assert said("我要退货", facts=TASKS[task]) == "我要退货"


def test_rules_alone_are_compared_as_they_are_said() -> None:
    assert said(conversation([SYSTEM]), facts=TASKS["dialogue"]) == SYSTEM["content"]


def test_other_tasks_compare_the_text_whatever_it_looks_like() -> None:
    for task in get_args(Task):
        if task in TASKS and TASKS[task].form != "text":
            assert said(conversation(TALK), facts=TASKS[task]) == conversation(TALK)
            assert compared("a", facts=TASKS[task]) == "a"
            assert compared("a", "b", facts=TASKS[task]) == "a\nb"


def test_what_was_not_wanted_makes_no_other_prompt() -> None:
    assert compared("a", "b", facts=TASKS["preference"]) == "a"
    assert compared("a", "b", facts=TASKS["question-answering"]) == "a\nb"
