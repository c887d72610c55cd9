"""A text becomes its words, as vectors know them: in one spelling, lower case, without marks.

Enters any text, leaves a list of words:

===================================  =============================================
``"Don’t sell the Horse!"``          ``["don't", "sell", "the", "horse"]``
``"我的 iPhone 充不了电。"``           ``["我", "的", "iphone", "充不了", "电"]``
===================================  =============================================
"""

from __future__ import annotations

import re
from collections.abc import Callable

from chainring.data.words.settings import WordSettings
from chainring.text.characters import HAN
from chainring.text.normalise import normalise
from chainring.text.segment import segment

_HAN = re.compile(f"[{HAN}]")


def words_of(text: str, *, settings: WordSettings) -> list[str]:
    """Return the words of a text in their order."""
    return splitter(settings)(text)


def splitter(settings: WordSettings) -> Callable[[str], list[str]]:
    """Return the function that splits texts as the settings say."""
    spelt = _spelling(settings)
    stops = _stops(settings)

    def split(text: str) -> list[str]:
        found = segment(spelt(text), by=settings.segmenter, user_words=settings.user_words)
        words = (word.lower().replace("’", "'") for word in found)
        return [word for word in words if word not in stops and _is_kept(word, settings.language)]

    return split


def is_chinese(word: str) -> bool:
    """Return whether a word holds a Chinese character.

    >>> is_chinese("T恤"), is_chinese("shirt")
    (True, False)
    """
    return _HAN.search(word) is not None


def _is_kept(word: str, language: str) -> bool:
    if any(char.isspace() for char in word):
        return False
    return language == "auto" or (language == "zh") is is_chinese(word)


def _spelling(settings: WordSettings) -> Callable[[str], str]:
    if not settings.simplified:
        return normalise
    from chainring.text.script import simplified

    return lambda text: simplified(normalise(text))


def _stops(settings: WordSettings) -> frozenset[str]:
    if not settings.drop_stop_words:
        return frozenset()
    from chainring.text.stopwords import stopwords

    return stopwords("en") | stopwords("zh")
