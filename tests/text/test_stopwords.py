from __future__ import annotations

import pytest

from chainring.contracts.errors import UnknownNameError
from chainring.text.language import is_han
from chainring.text.stopwords import stopwords


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_wide_list_holds_the_short_one_and_much_more(language: str) -> None:
    short, wide = stopwords(language), stopwords(language, wide=True)
    assert short < wide
    assert 80 <= len(short) <= 200
    assert len(wide) >= 3 * len(short)


@pytest.mark.parametrize("wide", [False, True])
def test_words_are_of_their_language_and_in_small_letters(wide: bool) -> None:
    assert all(word.isascii() and word == word.lower() for word in stopwords("en", wide=wide))
    assert all(all(map(is_han, word)) for word in stopwords("zh", wide=wide))


def test_short_lists_leave_negations_and_questions() -> None:
    assert not {"not", "no", "never", "why", "where", "how"} & stopwords("en")
    assert not {"不", "没", "没有", "别", "什么", "为什么", "哪"} & stopwords("zh")


def test_an_unknown_language_is_named_with_what_there_is() -> None:
    with pytest.raises(UnknownNameError, match=r"'fr'; known: en, zh"):
        stopwords("fr")
