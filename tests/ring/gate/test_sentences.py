from __future__ import annotations

import re
import typing
from string import Formatter

import pytest

from chainring.contracts.verdict import Value
from chainring.ring.gate.sentences import _SENTENCES, chance, equals, in_chinese, named, say
from chainring.ring.gate.words import NAMES

HAN = re.compile(r"[\u4e00-\u9fff]")


def fields(template: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(template) if name}


@pytest.mark.parametrize("name", _SENTENCES)
def test_every_sentence_has_a_chinese_one_with_the_same_values(name: str) -> None:
    english, chinese = _SENTENCES[name]
    assert fields(english) == fields(chinese)
    assert HAN.search(chinese)
    values = {field: f"{i}.25" for i, field in enumerate(sorted(fields(english)))}
    assert in_chinese(say(name, **values)) == chinese.format(**values)


def test_a_value_inside_a_sentence_is_translated_too() -> None:
    sentence = say("part", value="worse within noise", change="-3.0", rows=100, p=equals(0.13))
    assert in_chinese(sentence) == "略差，在误差之内：100 行上变化 -3.0 个百分点（变差的 p = 0.13）"


def test_a_sentence_of_another_origin_stays_as_it_is() -> None:
    assert in_chinese("no text of a child was used") == "no text of a child was used"


def test_every_value_has_a_chinese_name() -> None:
    assert set(typing.get_args(Value)) <= set(NAMES)


def test_slices_and_checks_are_named_in_both_languages() -> None:
    assert named("language:zh", "zh") == "语言：zh"
    assert named("language:zh", "en") == "language:zh"
    assert named("slices not worse", "zh") == "各切片不变差"
    assert named("somebody's check", "zh") == "somebody's check"


def test_a_small_p_is_told_as_one_and_what_was_kept_before_is_still_read() -> None:
    found = {"test": "exact McNemar", "rows": 90, "alpha": "0.05"}
    sentence = say("better", p=equals(0.00002), **found)
    assert sentence.startswith("p < 0.0001 for such a lead")
    assert "概率 p < 0.0001（" in in_chinese(sentence)
    older = str(sentence).replace("p < 0.0001", "p = 0.031")
    assert "概率 p = 0.031（" in in_chinese(older)


def test_small_p_values_are_not_shown_as_nothing() -> None:
    assert (chance(0.0), chance(0.00009), chance(0.0312), chance(1.0)) == (
        "<0.0001",
        "<0.0001",
        "0.031",
        "1",
    )
