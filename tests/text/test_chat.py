from __future__ import annotations

import pytest

from chainring.text.chat import conversation, messages_of


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
