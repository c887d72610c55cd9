"""The Chinese of error messages, found by the English template that made them.

    error_in_chinese("no project here: chainring.toml is not in shop")

Errors are raised in English, where they arise; `errors_zh/*.json`, a file a floor, has the Chinese
of each message, with `{}` for a value (`{0}`, `{1}` where the order differs). `scripts/errors.py`
lists the messages of the source that have none. A message of another origin, a library's or a
plugin's, stays as it is.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from functools import cache
from importlib.resources import files

from chainring.contracts.said import Said, in_language, told_by
from chainring.store.litter import is_litter

LIMIT = 4000
"""Longer lines are told as they are: nothing of ours is as long."""
DEEP = 4
"""A value may be a message itself: the cause in a sentence, a sentence in a list."""
LOOKS = 300
"""How often the templates are searched for one error."""
LOOKS_A_LINE = 10
"""And for each further line of one that is told at home: data of many files has as many faults."""
MOST_LOOKS = 2300
"""And never more: about a second. What stands further down stays as it is."""
_LIST = "  - "
_PLACE = ": "
_MARKS = {"; ": "；", ". ": "。", _PLACE: "："}
"""What joins sentences that were made in two places."""
_COUNTED = re.compile(r"(\d+) (x )?(.+)")
_NUMBERED = re.compile(r"(after )?(line|row|unit) (\d+)")
_PLACES = re.compile(rf"{_NUMBERED.pattern}(?:, {_NUMBERED.pattern})*(?: and (\d+) more)?")


def error_in_chinese(message: str) -> str:
    """Return what an error says in Chinese: its own, else its template's, else the English.

    Each line is looked up by itself, since the faults below a message are messages, too.
    """
    looks = min(LOOKS + LOOKS_A_LINE * message.count("\n"), MOST_LOOKS)
    return Teller(looks).in_chinese(message)


def in_both(message: str | BaseException) -> Said:
    """Return what an error says, or a reason such as `near-duplicate`, with its Chinese.

    >>> in_both("empty text").zh, in_both("near-duplicate").zh
    ('文本为空', '近似重复')
    """
    text = told_by(message) if isinstance(message, BaseException) else message
    if isinstance(text, Said):
        return text
    return Said(text, zh=catalogue().get(text) or error_in_chinese(text))


class Teller:
    """Tells the messages of one error; what a caller wrote into it cannot make that take long.

    A cause that was told behind another place is not searched again.
    """

    def __init__(self, looks: int = LOOKS) -> None:
        self._left = looks
        self._told: dict[tuple[str, int], str | None] = {}

    def in_chinese(self, message: str) -> str:
        """Return one message, its lines each looked up by itself."""
        return "\n".join(self._line(line) for line in in_language(message, "zh").split("\n"))

    def _line(self, line: str) -> str:
        if line.startswith(_LIST):
            return _LIST + self._line(line.removeprefix(_LIST))
        return self._said(line, DEEP) if len(line) <= LIMIT else line

    def _said(self, text: str, deep: int) -> str:
        if deep == 0 or " " not in text or self._left <= 0:
            return text
        whole = self._message(text, deep)
        if whole:
            return whole
        for mark, chinese in _MARKS.items():
            parts = text.split(mark)
            told = [self._said(part, deep - 1) for part in parts] if len(parts) > 1 else parts
            if told != parts:
                return chinese.join(told)
        return text

    def _message(self, text: str, deep: int) -> str | None:
        """Return the Chinese of one message; a template that begins as it does goes first."""
        if (text, deep) not in self._told:
            self._told[text, deep] = (
                self._whole(text, deep, begins=True)
                or _places(text)
                or self._counted(text, deep)
                or self._placed(text, deep)
                or self._whole(text, deep, begins=False)
            )
        return self._told[text, deep]

    def _whole(self, text: str, deep: int, *, begins: bool) -> str | None:
        self._left -= 1
        if self._left < 0:
            return None
        for pieces, chinese in _templates()[begins]:
            values = found(pieces, text)
            if values is not None:
                return chinese.format(*(self._said(value, deep - 1) for value in values))
        return None

    def _placed(self, text: str, deep: int) -> str | None:
        """Return what is said of a place: `chainring.toml: data.path: …`, with the rest whole."""
        place, mark, rest = text.partition(_PLACE)
        if not mark or deep == 0 or (" " in place and not _places(place)):
            return None
        told = self._message(rest, deep - 1)
        return f"{self._said(place, deep)}{_MARKS[_PLACE]}{told}" if told else None

    def _counted(self, text: str, deep: int) -> str | None:
        """Return a reason behind its number: `3 x empty text`.

        Without the x a number is none before a value: `2024 sales.csv cannot be read`.
        """
        counted = _COUNTED.fullmatch(text)
        if counted is None or deep == 0:
            return None
        reason = counted[3]
        if counted[2]:
            told = self._message(reason, deep - 1)
        else:
            told = self._whole(reason, deep - 1, begins=True)
        return f"{counted[1]} 条：{told}" if told else None


def _places(text: str) -> str | None:
    """Return the places that a reader tells: `line 2, line 5 and 690 more`."""
    whole = _PLACES.fullmatch(text)
    if whole is None:
        return None
    told = [
        f"第 {number} {'个单元' if kind == 'unit' else '行'}{'之后' if after else ''}"
        for after, kind, number in _NUMBERED.findall(text)
    ]
    more = whole[whole.re.groups]
    return "、".join(told) + (f"，另有 {more} 处" if more else "")


def place(text: str) -> Said:
    """Return where something stands in a file, with its Chinese; a name of people stays as it is.

    >>> place("line 348").zh, place("id 4711").zh
    ('第 348 行', 'id 4711')
    """
    return Said(text, zh=_places(text) or text)


def found(pieces: Sequence[str], text: str) -> list[str] | None:
    """Return the values between the pieces of a template, or None where it made no such text.

    Each piece is taken where it comes first, the last one at the end, so that the time grows with
    the text alone, whatever a caller wrote into a value.

    >>> found(("", " is not in ", ""), "toml is not in shop")
    ['toml', 'shop']
    """
    if not text.startswith(pieces[0]):
        return None
    if len(pieces) == 1:
        return [] if text == pieces[0] else None
    values, at, end = [], len(pieces[0]), len(text) - len(pieces[-1])
    for piece in pieces[1:-1]:
        next_at = text.find(piece, at, end)
        if next_at < 0:
            return None
        values.append(text[at:next_at])
        at = next_at + len(piece)
    if end < at or not text.endswith(pieces[-1]):
        return None
    return [*values, text[at:end]]


@cache
def _templates() -> dict[bool, list[tuple[tuple[str, ...], str]]]:
    """Return pieces and Chinese of every template, those with the most words of their own first.

    Those that begin with a word of theirs stand under True: others may begin anywhere.
    """
    every = [(tuple(english.split("{}")), chinese) for english, chinese in catalogue().items()]
    every.sort(key=lambda one: -sum(map(len, one[0])))
    sides: dict[bool, list[tuple[tuple[str, ...], str]]] = {True: [], False: []}
    for pieces, chinese in every:
        sides[any(map(str.isalpha, pieces[0]))].append((pieces, chinese))
    return sides


@cache
def catalogue() -> dict[str, str]:
    """Return English → Chinese templates of all floors."""
    told: dict[str, str] = {}
    for path in sorted((files("chainring.text") / "errors_zh").iterdir(), key=lambda p: p.name):
        if path.name.endswith(".json") and not is_litter(path.name):
            told |= json.loads(path.read_text(encoding="utf-8"))
    return told
