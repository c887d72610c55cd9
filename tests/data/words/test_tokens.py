"""Texts become words in one spelling: lower case, without marks, of the language that was asked."""

from __future__ import annotations

import pytest

from chainring.data.words.settings import WordSettings
from chainring.data.words.tokens import words_of


def split(text: str, **settings: object) -> list[str]:
    return words_of(text, settings=WordSettings.model_validate(settings))


def test_marks_go_and_latin_letters_become_small() -> None:
    assert split("“Don’t sell,” said HE -- never!") == ["don't", "sell", "said", "he", "never"]


def test_two_languages_in_one_text_are_both_split() -> None:
    found = split("我的 iPhone 充不了电。Where is the 包裹?")
    assert [word for word in found if word.isascii()] == ["iphone", "where", "is", "the"]
    assert "包裹" in found
    assert "。" not in found


@pytest.mark.parametrize(
    ("language", "expected"),
    [("auto", ["red", "红", "色"]), ("en", ["red"]), ("zh", ["红", "色"])],
)
def test_the_words_of_one_language_alone_are_kept(language: str, expected: list[str]) -> None:
    assert split("red, 红色!", language=language, segmenter="characters.v1") == expected


def test_user_words_are_not_split() -> None:
    assert "云原生" in split("小明在云原生社区工作", user_words=("云原生",))
    assert "云原生" not in split("小明在云原生社区工作")


def test_stop_words_stay_unless_they_are_to_be_dropped() -> None:
    text = "the parcel of 我 的 包裹"
    assert {"the", "of", "的"} <= set(split(text))
    assert split(text, drop_stop_words=True) == ["parcel", "包裹"]


def test_traditional_characters_are_written_as_simplified_where_asked() -> None:
    assert split("開放", simplified=True) == split("开放")
    assert split("開放") != split("开放")
