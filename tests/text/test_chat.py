from __future__ import annotations

import pytest

from chainring.text.chat import conversation, conversation_fault, messages_of, recent
from chainring.text.errors import error_in_chinese


def test_a_conversation_is_read_back_as_it_was_written() -> None:
    messages = [
        {"role": "system", "content": "Be short."},
        {"role": "user", "content": "物流太久了\n“真的”"},
    ]
    assert messages_of(conversation(messages)) == messages


@pytest.mark.parametrize(
    "text", ["[not json", "[1, 2]", '[{"role": "boss", "content": "x"}]', "[]", "我要退款"]
)
def test_any_other_text_is_what_one_user_says(text: str) -> None:
    assert messages_of(text) == [{"role": "user", "content": text}]


@pytest.mark.parametrize(
    "text",
    [
        '[{"id": 17, "status": "failed"}]',
        "[{order}] see above",
        "[{}, 1]",
        '[{"a": ' + "[" * 99_999,
    ],
)
def test_a_list_of_other_things_is_what_a_user_says_and_no_broken_conversation(text: str) -> None:
    assert conversation_fault(text) is None


def test_a_conversation_in_another_form_or_broken_in_any_way_is_told() -> None:
    long = '[{"role": "user", "content": "a", "n": ' + "1" * 5000 + "}]"
    deep = '[{"role": ' + "[" * 99_999
    known = {
        '[{"from": "human", "value": "Hi"}]': "message 1 of the conversation has no `role`",
        "[{'role': 'user', 'content': 'Hi'}]": "the conversation is broken JSON: Expecting",
        long: "the conversation is broken JSON: a number of too many digits",
        deep: "the conversation is broken JSON: too deep",
    }
    for text, wanted in known.items():
        assert (conversation_fault(text) or "").startswith(wanted)
    for text in (long, deep):
        told = error_in_chinese(f"text: {conversation_fault(text)}")
        assert told.startswith("text：对话的 JSON 已损坏：")
        assert "too" not in told


@pytest.mark.parametrize(("limit", "left"), [(400, 100), (399, 99), (12, 3), (4, 1), (2, 1)])
def test_as_many_of_the_last_turns_are_left_as_fit_and_many_are_cut_in_few_looks(
    limit: int, left: int
) -> None:
    looks = list[str]()

    def four_a_turn(text: str) -> dict[str, list[str]]:
        looks.append(text)
        return {"input_ids": text.split()}

    turns = [{"role": "user", "content": f"{number}"} for number in range(100)]
    found = recent(four_a_turn, conversation(turns), limit=limit)
    assert messages_of(found) == turns[-left:]
    assert len(looks) <= 9
