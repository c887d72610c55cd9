"""What we say to people, in both languages: an English text that carries its Chinese beside it.

    said = Said("cooldown: 2.0 h left", zh="冷却中：还剩 2.0 小时")
    said == "cooldown: 2.0 h left"          # English wherever a text is wanted
    in_language(said, "zh")                 # '冷却中：还剩 2.0 小时'

The codec keeps both. What was stored with its English alone, or was written by a person, is shown
as it is. A sentence is made from a table (`chainring.text.sentences`), not by adding texts up: the
sum of two texts has no Chinese.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Self


class Said(str):
    """An English sentence with its Chinese, `zh`."""

    __slots__ = ("zh",)
    zh: str

    def __new__(cls, en: str, zh: str) -> Self:
        """Return the sentence; where it is asked for as a text, it is `en`."""
        made = super().__new__(cls, en)
        made.zh = zh
        return made

    def __reduce__(self) -> tuple[type[Self], tuple[str, str]]:
        return type(self), (str(self), self.zh)  # it crosses worker processes


def in_language(sentence: str, language: str) -> str:
    """Return a sentence in `en` or `zh`; one that was never said in Chinese stays as it is.

    >>> in_language(Said("no limit is set", zh="未设上限"), "zh"), in_language("free text", "zh")
    ('未设上限', 'free text')
    """
    if isinstance(sentence, Said):
        return sentence.zh if language == "zh" else str(sentence)
    return sentence


def joined(parts: Iterable[str], *, en: str = "; ", zh: str = "；") -> Said:
    """Return sentences as one, each language joined by its own mark.

    >>> joined([Said("held", zh="未上线"), "note"]).zh
    '未上线；note'
    """
    found = list(parts)
    return Said(en.join(found), zh=zh.join(in_language(part, "zh") for part in found))


def told_by(error: BaseException) -> str:
    """Return what an error says, with its Chinese where it has one."""
    first = error.args[0] if error.args else ""
    return first if isinstance(first, Said) else str(error)
