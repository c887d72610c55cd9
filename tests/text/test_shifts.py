from __future__ import annotations

import random
import sys
import unicodedata

import pytest

from chainring.contracts.values import Tag
from chainring.text.normalise import normalise
from chainring.text.redact import redact, rule_sets
from chainring.text.shifts import (
    further,
    joins_back,
    length_sent,
    lost,
    moved,
    reverse,
    shifts_of,
)

PIECES = (
    "lamp", "台灯", " ", "  ", "\u3000", "\u200b", "\r\n", "\n\n\n", "\t", "ｔｈｅ", "ﬁ", "e\u0301",
    "\u1100\u1161\u11a8", "한", "\u0915\u093c", "q\u0323\u0307", "👍🏽", "\U0001d400", "\ufeff",
    "13812345678", "ann.lee@example.com", "，", "a1", "\ud800", "⽂", "\u0f71\u0f72", "\u0344",
)  # fmt: skip
CASES = (
    ("the lamp does not work", "the lamp does not work"),
    ("call 13812345678 the lamp does not work", "call [phone] the lamp does not work"),
    ("the  lamp \u200b does not work", "the lamp does not work"),
    ("我的手机号13812345678，台灯坏了", "我的手机号[phone]，台灯坏了"),
)


def prepared(text: str) -> str:
    return redact(normalise(text)).text


def mixed(seed: int) -> str:
    draw = random.Random(seed)
    return "".join(draw.choice(PIECES) for _ in range(draw.randint(0, 14)))


@pytest.mark.parametrize(("sent", "kept"), CASES)
@pytest.mark.parametrize("word", ["lamp", "work", "台灯"])
def test_a_word_keeps_its_place_there_and_back(sent: str, kept: str, word: str) -> None:
    if word not in sent:
        return
    shifts = shifts_of(sent, rules="redact.v2")
    here: Tag = (sent.index(word), sent.index(word) + len(word), "item")
    there: Tag = (kept.index(word), kept.index(word) + len(word), "item")
    assert prepared(sent) == kept
    assert moved([here], shifts) == [there]
    assert moved([there], reverse(shifts)) == [here]
    assert length_sent(kept, shifts) == len(sent)


@pytest.mark.parametrize("seed", range(400))
def test_what_stands_between_the_shifts_is_what_was_sent(seed: int) -> None:
    sent = mixed(seed)
    kept = prepared(sent)
    shifts = shifts_of(sent, rules="redact.v2")
    assert length_sent(kept, shifts) == len(sent)
    at = there = 0
    for start, end, first, last in [*shifts, (len(sent), len(sent), len(kept), len(kept))]:
        assert normalise(f"|{sent[at:start]}|") == f"|{kept[there:first]}|"
        assert start - at == first - there
        at, there = end, last
    for start in range(len(kept)):
        for end in range(start + 1, len(kept) + 1):
            (back,) = moved([(start, end, "x")], reverse(shifts))
            (again,) = moved([back], shifts)
            assert again[0] <= start
            assert end <= again[1]


@pytest.mark.parametrize("seed", range(200))
@pytest.mark.parametrize("rules", rule_sets())
def test_hiding_more_later_is_like_hiding_all_at_once(seed: int, rules: str) -> None:
    sent = mixed(seed)
    clean = normalise(sent)
    found = redact(clean, rules=rules).found
    assert further(shifts_of(sent), clean, found) == shifts_of(sent, rules=rules)


def test_no_character_composes_backwards_that_is_taken_to_begin_anew() -> None:
    whole = (chr(code) for code in range(sys.maxunicode + 1))
    parts = (unicodedata.decomposition(char).split() for char in whole)
    last = {chr(int(two[1], 16)) for two in parts if len(two) == 2 and "<" not in two[0]}
    assert len(last) > 50
    assert [char for char in last if not joins_back(char)] == []


@pytest.mark.parametrize(
    ("tag", "cause"),
    [
        ((5, 16, "contact"), None),
        ((0, 20, "contact"), None),
        ((17, 20, "word"), None),
        ((5, 9, "area"), "a part of what is hidden as one, 5 to 16"),
        ((0, 9, "area"), "a part of what is hidden as one, 5 to 16"),
        ((9, 20, "area"), "a part of what is hidden as one, 5 to 16"),
    ],
)
def test_a_tag_takes_all_of_what_is_hidden_or_nothing(tag: Tag, cause: str | None) -> None:
    shifts = shifts_of("call 13812345678 the lamp", rules="redact.v2")
    found = lost(tag, shifts)
    assert (found is None) == (cause is None)
    assert (cause or "") in (found or "")


def test_a_tag_of_what_is_left_out_has_no_place() -> None:
    shifts = shifts_of("\u200b lamp")
    assert "only blanks" in (lost((0, 2, "x"), shifts) or "")
    assert moved([(0, 2, "x"), (2, 6, "item")], shifts) == [(0, 4, "item")]


def test_two_tags_of_one_hidden_thing_are_one() -> None:
    shifts = shifts_of("13812345678", rules="redact.v2")
    assert moved([(0, 1, "x"), (1, 6, "y")], reverse(shifts)) == [(0, 11, "x")]
