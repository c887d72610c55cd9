"""What every module of this room knows of single characters: a memoised map, what prints, Han.

Enters one character, leaves its replacement: `text.translate(CharacterMap(decide))`. And what a
terminal needs, `visible`, and a page of Markdown, `unlinked` and `bullets`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

HAN = "\u3005\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
"""The body of a regular-expression class: Chinese characters, with 々 and 〇."""


def visible(text: str) -> str:
    r"""Return a text that a terminal shows and does not obey: what cannot be printed is spelt out.

    Line ends and tabs stay.

    >>> visible(chr(27) + "[2J 退款")
    '\\x1b[2J 退款'
    """
    return text.translate(_SPELT)


def unlinked(text: str) -> str:
    r"""Return a name on one line as Markdown shows it: no picture and no link begins in it.

    >>> unlinked("![a](http://x.example/y.png)")
    '!\\[a](http://x.example/y.png)'
    """
    return re.sub(r"([\\\[<])", r"\\\1", " ".join(text.split()))


def in_cell(text: str) -> str:
    r"""Return a name as a cell of a Markdown table shows it, `unlinked`; a bar becomes a slash.

    >>> in_cell("refund|[b]")
    'refund/\\[b]'
    """
    return unlinked(text.replace("|", "/"))


def bullets(lines: Iterable[str]) -> str:
    """Return lines as a list of Markdown."""
    return "\n".join(f"- {line}" for line in lines)


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


def _spelt(char: str) -> str:
    return char if char.isprintable() or char in "\n\t" else ascii(char)[1:-1]


_SPELT = CharacterMap(_spelt)
