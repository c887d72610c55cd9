from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chainring.text.chat import conversation, messages_of, spoken
from chainring.text.prepare import prepare

PRIVATE = (
    "密码：abc123",
    "密码是hunter2",
    "地址：北京市朝阳区建国路88号3单元501室",
    "身份证110101199003074477",
    'password: "hunter2"',
    "call 13912345678\nor mail a@b.com",
)


@pytest.mark.parametrize("said", PRIVATE)
@pytest.mark.parametrize("escaped", [True, False])
@pytest.mark.parametrize("separators", [(",", ":"), (", ", ": ")])
def test_no_spelling_of_a_conversation_hides_what_is_private(
    said: str, escaped: bool, separators: tuple[str, str]
) -> None:
    turns = [{"role": "user", "content": said}, {"role": "assistant", "content": "好的"}]
    text = json.dumps(turns, ensure_ascii=escaped, separators=separators)
    found = prepare(text)
    assert [one["content"] for one in messages_of(found)] == [prepare(said), "好的"]
    assert found == conversation(messages_of(found))


def test_a_byte_order_mark_hides_no_conversation() -> None:
    assert prepare('\ufeff[{"role":"user","content":"\\u5bc6\\u7801\\uff1ahunter2"}]') == (
        '[{"role": "user", "content": "密码：[secret]"}]'
    )


@given(st.lists(st.text(), min_size=1), st.booleans(), st.booleans())
def test_a_prepared_conversation_is_prepared_already(
    contents: list[str], escaped: bool, redacted: bool
) -> None:
    turns = [{"role": "user", "content": one} for one in contents]
    once = prepare(json.dumps(turns, ensure_ascii=escaped), redacted=redacted)
    assert prepare(once, redacted=redacted) == once
    assert len(messages_of(once)) == len(turns)


def test_where_places_count_a_conversation_is_a_text_like_any_other() -> None:
    text = '[{"role":"user","content":"call 13912345678"}]'
    assert prepare(text, as_one=True) == text.replace("13912345678", "[phone]")


@pytest.mark.parametrize("text", ["[" * 100_000, '[{"role": "user", "content": "x"'])
def test_brackets_that_open_nothing_are_any_text(text: str) -> None:
    assert prepare(text) == text


def test_of_a_conversation_people_say_what_is_not_of_the_system() -> None:
    system = {"role": "system", "content": "Answer in one short sentence."}
    assert spoken(conversation([system, {"role": "user", "content": "退款"}])) == "退款"
    assert spoken(conversation([system])) == system["content"]
