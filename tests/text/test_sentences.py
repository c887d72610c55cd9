"""Sentences that are kept in English and found again in Chinese."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chainring.text.sentences import Sentences

SAID = Sentences(
    {
        "size": ("{size} MiB (of {limit})", "{size} MiB（上限 {limit}）"),
        "plain": ("nothing is left", "一点不剩"),
        "kind": ("flagged as {kind}", "被举报为{kind}"),
    },
    names={"wrong": "错误"},
)


@pytest.mark.parametrize(
    ("sentence", "chinese"),
    [
        ("3.0 MiB (of 2.0)", "3.0 MiB（上限 2.0）"),
        ("nothing is left", "一点不剩"),
        ("flagged as wrong", "被举报为错误"),
        ("flagged as odd\nlines", "被举报为odd\nlines"),
        ("nothing is left.", "nothing is left."),
        ("somebody wrote this", "somebody wrote this"),
    ],
)
def test_the_chinese_of_a_sentence_is_found_by_its_template(sentence: str, chinese: str) -> None:
    assert SAID.in_chinese(sentence) == chinese


@given(
    st.from_regex(r"[0-9a-z]{1,8}", fullmatch=True), st.from_regex(r"[0-9]{1,4}", fullmatch=True)
)
def test_every_value_is_carried_over(size: str, limit: str) -> None:
    said = SAID.say("size", size=size, limit=limit)
    assert SAID.in_chinese(said) == f"{size} MiB（上限 {limit}）"
