"""The language of a text from its scripts: Chinese, English, or not settled.

Enters any text, leaves ``"zh"``, ``"en"`` or ``"und"``:

============================  ======
``我的 iPhone 15 Pro 充不了电``   zh
``What does 退货 mean here?``   en
``Где мой заказ?``             und
============================  ======

Only scripts are looked at, so any language in Latin letters counts as English, and classical
Japanese without kana as Chinese. That is what a choice between two languages needs; a language
detector that tells French from English is a part of its own.
"""

from __future__ import annotations

import re
from typing import Literal

from chainring.text.characters import HAN

Language = Literal["en", "zh", "und"]

_HAN = re.compile(f"[{HAN}]")
_LATIN_LETTERS = "A-Za-zªºÀ-ÖØ-öø-ɏḀ-ỿＡ-Ｚａ-ｚ"
_LATIN = re.compile(f"[{_LATIN_LETTERS}]")
_LETTER = re.compile(r"[^\W\d_]")
_RUN = re.compile(f"[^\\s{HAN}\u3000-\u303f，。！？；：、（）]+")


def is_han(char: str) -> bool:
    """Return whether the one character `char` is a Chinese character (々 and 〇 among them).

    >>> is_han("退"), is_han("a"), is_han("，"), is_han("の")
    (True, False, False, False)
    """
    return _HAN.fullmatch(char) is not None


def language(text: str) -> Language:
    """Return the language of `text` by its scripts.

    A Chinese character weighs as much as a whole run of Latin letters (a word, a link, an order
    code), since it carries about as much: so brand names do not turn a Chinese sentence into an
    English one, and a quoted Chinese word does not do the reverse. Where letters of other scripts
    make up a third of all letters or more, or where there is no letter, the answer is ``"und"``.

    >>> language("请把 Galaxy Watch Ultra 退货"), language("How do I say 退货?"), language("123")
    ('zh', 'en', 'und')
    """
    han = len(_HAN.findall(text))
    latin = len(_LATIN.findall(text))
    letters = len(_LETTER.findall(text))
    if letters == 0 or 3 * (letters - han - latin) >= letters:
        return "und"
    words = sum(1 for run in _RUN.findall(text) if _LATIN.search(run))
    return "zh" if han >= words else "en"
