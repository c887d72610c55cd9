from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chainring.contracts.errors import InputError, UnknownNameError
from chainring.contracts.payload import packed, unpacked
from chainring.contracts.tasks import TASKS, Form, facts
from chainring.contracts.values import both, canonical, input_of, is_same, labels_in, tags_of


@pytest.mark.parametrize(
    ("form", "value", "stored"),
    [
        ("one", "refund", "refund"),
        ("several", "退款|delivery| 退款 ", "delivery|退款"),
        ("several", "|", "|"),
        ("several", "[]", "|"),
        ("several", ' ["退款", "delivery"]', "delivery|退款"),
        ("number", " 3.50", "3.5"),
        ("number", "-1e3", "-1000"),
        ("tags", '[[5, 7, "城市"], [0, 4, "name"]]', '[[0,4,"name"],[5,7,"城市"]]'),
        ("tags", "[]", "[]"),
        ("text", "Dein Paket ist da.", "Dein Paket ist da."),
    ],
)
def test_a_value_is_stored_in_one_way_and_stays_so(form: Form, value: str, stored: str) -> None:
    assert canonical(form, value) == stored
    assert canonical(form, stored) == stored


@pytest.mark.parametrize(
    ("form", "value", "expected"),
    [
        ("several", '["refund"', "or a JSON list"),
        ("several", "[1]", "or a JSON list"),
        ("number", "five", "a decimal number is expected, found 'five'"),
        ("number", "nan", "a decimal number is expected"),
        ("number", "1e39", "from -1e\\+15 to 1e\\+15 is expected, found '1e39'"),
        ("number", "-2e15", "a number from"),
        ("tags", "Ben", "tags are written"),
        ("tags", '{"a": 1}', "tags are written"),
        ("tags", '[[3, 3, "x"]]', "start < end"),
        ("tags", '[[0, 4, "x"], [2, 6, "y"]]', "no tag over another"),
        ("tags", '[[0, 4.0, "x"]]', "whole numbers"),
        ("one", "  ", "found nothing"),
    ],
)
def test_what_is_no_value_of_the_form_says_what_is_expected(
    form: Form, value: str, expected: str
) -> None:
    with pytest.raises(InputError, match=expected):
        canonical(form, value)


def test_labels_of_a_value_are_those_that_have_to_be_learnt() -> None:
    assert labels_in("one", "refund") == ("refund",)
    assert labels_in("several", "a|b") == ("a", "b")
    assert labels_in("several", "|") == ()
    assert labels_in("tags", '[[0,4,"name"],[5,7,"name"]]') == ("name",)
    assert labels_in("tags", "") == ()  # a text that nobody has tagged yet
    assert labels_in("number", "3.5") == labels_in("text", "ja") == ()


@given(st.lists(st.tuples(st.integers(1, 9), st.integers(0, 9), st.sampled_from("甲xy"))))
def test_tags_that_do_not_overlap_come_back(parts: list[tuple[int, int, str]]) -> None:
    tags, at = [], 0
    for length, gap, kind in parts:
        tags.append((at + gap, at + gap + length, kind))
        at += gap + length
    assert tags_of(json.dumps(tags[::-1])) == tags


def test_a_payload_gives_back_what_was_packed_and_a_text_alone_is_itself() -> None:
    assert packed("我的包裹") == "我的包裹"
    assert unpacked(packed("a", "", "c")) == ("a", "", "c")
    assert unpacked(packed("a", "b")) == ("a", "b", "")
    assert unpacked(None) == ("", "", "")
    assert unpacked(packed("a\x1fb", "c")) == ("a b", "c", "")


def test_every_task_says_what_it_needs_and_where_its_value_stands() -> None:
    for name, row in TASKS.items():
        assert row.says in row.needs, name
        assert row.needs[0] == "text", name
        assert row.asks, name


def test_an_unknown_task_is_offered_the_nearest() -> None:
    with pytest.raises(UnknownNameError, match="did you mean 'matching'"):
        facts("maching")


def test_a_pair_is_asked_only_where_the_task_reads_one() -> None:
    assert input_of("a", "b") == ("a", "b")
    assert input_of("a", "b", pairs=False) == "a"
    assert both("a") == "a"


def test_brackets_in_one_another_are_a_fault_like_any_other() -> None:
    deep = "[" * 100_000
    for form in ("tags", "several"):
        assert not is_same(form, deep, "[]")
        with pytest.raises(InputError):
            canonical(form, deep)
