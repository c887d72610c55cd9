"""The language of a text from its scripts: Chinese, English, or not settled.

Enters any text, leaves ``"zh"``, ``"en"`` or ``"und"``:

============================  ======
``我的 iPhone 15 Pro 充不了电``   zh
``WBC 12.3，N 85%，偏高``          zh
``What does 退货 mean here?``   en
``Где мой заказ?``             und
============================  ======

Only scripts are looked at, so any language in Latin letters counts as English, and classical
Japanese without kana as Chinese. That is what a choice between two languages needs; a language
detector that tells French from English is a part of its own.

What a column says of a language, a code or a name, becomes a code in `language_named`.
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
_VALUE = re.compile(" ?[:=<>≤≥]? ?[0-9]")
_CODE = re.compile("[0-9/]")
_MAX_ABBREVIATION, _MAX_NAMES = 5, 4
_SMALL = frozenset(  # of English: what is in a sentence and in no name
    "the a an and or of to in on at for from by with as but if not no i you he she it we they my"
    " your me this that is are was were be have has do does did can could will would how what when"
    " where why which who there please".split()
)

_WORD = re.compile(r"[^\W\d_]+")
_NAMES = {
    name: code
    for code, names in {
        "en": "english eng 英文 英语 英語 英",
        "zh": "chinese zho chi cmn mandarin 中文 中 汉语 漢語 华语 華語 普通话 国语 國語 简体 繁体 "
        "简体中文 繁体中文 簡體中文 繁體中文 中文简体 中文繁体 中文簡體 中文繁體 繁體 簡體 "
        "粤语 粵語 广东话 廣東話",
        "de": "german deutsch deu ger 德语 德文",
        "fr": "french français fra fre 法语 法文",
        "es": "spanish español spa 西班牙语",
        "ja": "japanese 日本語 jpn 日语 日文",
        "ko": "korean 한국어 kor 韩语 韩文",
        "ru": "russian русский rus 俄语 俄文",
    }.items()
    for name in names.split()
}
_UNSTATED = frozenset(("unknown", "n/a", "na", "none", "null", "und", "?", "-", "未知", "其他"))


def language_named(told: str) -> str:
    """Return the code of a language that a column names; empty where it names none.

    A code stays without its region, and so does a name that is not known here.

    >>> language_named("en-GB"), language_named("English"), language_named("简体中文")
    ('en', 'en', 'zh')
    >>> language_named("Suomi"), language_named("N/A")
    ('suomi', '')
    """
    words = [] if told.lower() in _UNSTATED else _WORD.findall(told.lower())
    if words == ["cn"]:  # a country, where a language is asked for
        return "zh"
    return next((_NAMES[one] for one in words if one in _NAMES), words[0] if words else "")


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
    English one, and a quoted Chinese word does not do the reverse. Beside Chinese, codes, units,
    abbreviations and names of a value (WBC 12.3) count for none, and up to four names for each
    character beyond the first make no English where no small word of it is among them. Where
    letters of other scripts make up a third of all letters or more, or where there is no letter,
    the answer is ``"und"``.

    >>> language("请把 Galaxy Watch Ultra 退货"), language("How do I say 退货?"), language("123")
    ('zh', 'en', 'und')
    """
    if text.isascii():
        return "en" if _LATIN.search(text) else "und"
    han = len(_HAN.findall(text))
    latin = len(_LATIN.findall(text))
    letters = len(_LETTER.findall(text))
    if letters == 0 or 3 * (letters - han - latin) >= letters:
        return "und"
    runs = [run for run in _RUN.finditer(text) if _LATIN.search(run[0])]
    if han >= len(runs):
        return "zh"
    return "zh" if han and _are_names(runs, han=han) else "en"


def _are_names(runs: list[re.Match[str]], *, han: int) -> bool:
    """Return whether runs of Latin letters beside Chinese are names and readings, no sentence."""
    words = [word.lower() for run in runs for word in _WORD.findall(run[0])]
    is_said = not _SMALL.isdisjoint(words)
    free = _MAX_NAMES * (han - 1)  # a single character beside names may be an ornament
    return sum(map(_is_word, runs)) <= (min(han, free) if is_said else free)


def _is_word(run: re.Match[str]) -> bool:
    said = run[0]
    if said.lower().strip(".,!?;:'\"()") in _SMALL:
        return True
    is_short = said.isupper() and len(said) <= _MAX_ABBREVIATION
    return not (is_short or _CODE.search(said) or _VALUE.match(run.string, run.end()))
