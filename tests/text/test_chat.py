from __future__ import annotations

import pytest

from chainring.text.chat import conversation, messages_of, recent


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
