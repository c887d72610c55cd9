"""What every module of this room knows of single characters: a memoised map and the Han class.

Enters one character, leaves its replacement: `text.translate(CharacterMap(decide))`.
"""

from __future__ import annotations

from collections.abc import Callable

HAN = "\u3005\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
"""The body of a regular-expression class: Chinese characters, with 々 and 〇."""


class CharacterMap(dict[int, str]):
    """A table for `str.translate` that asks `decide` once for each character it ever meets.

    Unicode has a million code points and a language a few thousand: filling the table at import
    would cost a tenth of a second, this costs nothing.

    >>> "a1b2".translate(CharacterMap(lambda char: "0" if char.isdigit() else char))
    'a0b0'
    """

    def __init__(self, decide: Callable[[str], str]) -> None:
        super().__init__()
        self._decide = decide

    def __missing__(self, code: int) -> str:
        self[code] = replacement = self._decide(chr(code))
        return replacement
