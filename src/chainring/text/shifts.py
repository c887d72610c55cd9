"""Where the places of a text went when it was prepared, in numbers alone, and tags moved by them.

Enters a text as it was sent, leaves its shifts; a later correction is moved although the text is
gone.

===================  ===================  ================================
sent                 prepared             shifts
===================  ===================  ================================
``to  Rome``         ``to Rome``          ``((2, 4, 2, 3),)``
``拨13912345678找王``  ``拨[phone]找王``      ``((1, 12, 1, 8),)``
``to Rome``          ``to Rome``          ``()``
===================  ===================  ================================

Outside of its shifts a text is prepared one character for one.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from chainring.contracts.values import Shift, Tag
from chainring.text.normalise import CLEAN, LINES, PARAGRAPHS, SPACES

if TYPE_CHECKING:
    from chainring.text.redact import Found

_Traced = list[tuple[str, int, int]]
"""The characters of a text, each with the stretch of the sent text that it stands for."""


def shifts_of(sent: str, *, rules: str | None = None) -> tuple[Shift, ...]:
    """Return how places move when a text is normalised, and redacted by `rules` if there are any.

    >>> shifts_of("to  Rome")
    ((2, 4, 2, 3),)
    """
    traced = _normalised(sent)
    if rules is not None:
        from chainring.text.redact import redact  # its rules take 0.1 s to compile

        traced = _hidden(traced, redact(_text(traced), rules=rules).found)
    return _shifts(traced, len(sent))


def further(shifts: Sequence[Shift], prepared: str, found: Iterable[Found]) -> tuple[Shift, ...]:
    """Return the shifts of a sent text when more is hidden in what was prepared from it.

    >>> from chainring.text.redact import Found
    >>> further([(2, 4, 2, 3)], "to 13912345678", [Found(kind="phone", start=3, end=14)])
    ((2, 4, 2, 3), (4, 15, 3, 10))
    """
    traced: _Traced = []
    at = 0
    for start, end, first, last in shifts:
        traced += [
            (char, at + i, at + i + 1) for i, char in enumerate(prepared[len(traced) : first])
        ]
        traced += [(char, start, end) for char in prepared[first:last]]
        at = end
    traced += [(char, at + i, at + i + 1) for i, char in enumerate(prepared[len(traced) :])]
    return _shifts(_hidden(traced, found), length_sent(prepared, shifts))


def length_sent(prepared: str, shifts: Iterable[Shift]) -> int:
    """Return how long the text was when it was sent.

    >>> length_sent("to Rome", [(2, 4, 2, 3)])
    8
    """
    return len(prepared) + sum((end - start) - (last - first) for start, end, first, last in shifts)


def reverse(shifts: Iterable[Shift]) -> tuple[Shift, ...]:
    """Return the shifts of the way back, from the prepared text to the sent one."""
    return tuple((first, last, start, end) for start, end, first, last in shifts)


def moved(tags: Iterable[Tag], shifts: Sequence[Shift]) -> list[Tag]:
    """Return tags at their places on the other side, by place.

    One that reaches into a shift takes all of it. What an earlier tag took is not taken again, and
    a tag of which nothing is left is left out.

    >>> moved([(4, 8, "city")], [(2, 4, 2, 3)])
    [(3, 7, 'city')]
    """
    found: list[Tag] = []
    for start, end, kind in sorted(tags):
        first, _ = _image(start, shifts)
        _, last = _image(end - 1, shifts)
        first = max(first, found[-1][1]) if found else first
        if first < last:
            found.append((first, last, kind))
    return found


def lost(tag: Tag, shifts: Sequence[Shift]) -> str | None:
    """Return why a tag of the sent text cannot stand in the prepared one, or None.

    >>> lost((6, 9, "area"), [(5, 16, 5, 12)])
    'takes a part of what is hidden as one, 5 to 16; take all of it, or nothing'
    """
    begin, end, _ = tag
    for start, stop, first, last in shifts:
        inside = begin < stop and start < end
        if inside and last - first > 1 and (start < begin or end < stop):
            hidden = f"takes a part of what is hidden as one, {start} to {stop}"
            return f"{hidden}; take all of it, or nothing"
    return None if moved([tag], shifts) else "has no characters that are kept, only blanks"


def _image(place: int, shifts: Sequence[Shift]) -> tuple[int, int]:
    """Return where the character at a place begins and ends on the other side."""
    moved_by = 0
    for start, end, first, last in shifts:
        if place < start:
            break
        if place < end:
            return first, last
        moved_by = last - end
    return place + moved_by, place + moved_by + 1


def _normalised(text: str) -> _Traced:
    """Return what `normalise` makes of a text, step by step as there, with where it is from."""
    traced = _sub(re.compile("\r\n"), "\n", [(char, i, i + 1) for i, char in enumerate(text)])
    traced = [(out, start, end) for char, start, end in traced for out in char.translate(CLEAN)]
    traced = [one for cluster in _clusters(traced) for one in _composed(cluster)]
    for pattern, plain in ((SPACES, " "), (LINES, "\n"), (PARAGRAPHS, "\n\n")):
        traced = _sub(pattern, plain, traced)
    whole = _text(traced)
    ahead = len(whole) - len(whole.lstrip(" \n"))
    return traced[ahead : ahead + len(whole.strip(" \n"))]


def _clusters(traced: _Traced) -> list[_Traced]:
    """Return stretches that compose for themselves: each begins with no mark and no inner jamo."""
    found: list[_Traced] = []
    for one in traced:
        if found and joins_back(one[0]):
            found[-1].append(one)
        else:
            found.append([one])
    return found


def joins_back(char: str) -> bool:
    """Whether a character may be composed with what stands before it."""
    return unicodedata.category(char) in ("Mn", "Mc", "Me") or "\u1160" <= char <= "\u11ff"


def _composed(cluster: _Traced) -> _Traced:
    text = _text(cluster)
    one = unicodedata.normalize("NFC", text)
    if one == text:
        return cluster
    return [(char, cluster[0][1], cluster[-1][2]) for char in one]


def _sub(pattern: re.Pattern[str], plain: str, traced: _Traced) -> _Traced:
    found = ((*match.span(), plain) for match in pattern.finditer(_text(traced)))
    return _replaced(traced, found)


def _hidden(traced: _Traced, found: Iterable[Found]) -> _Traced:
    return _replaced(traced, ((one.start, one.end, f"[{one.kind}]") for one in found))


def _replaced(traced: _Traced, stretches: Iterable[tuple[int, int, str]]) -> _Traced:
    result: _Traced = []
    at = 0
    for start, end, plain in stretches:
        result += traced[at:start]
        result += [(char, traced[start][1], traced[end - 1][2]) for char in plain]
        at = end
    return result + traced[at:]


def _text(traced: _Traced) -> str:
    return "".join(char for char, _, _ in traced)


def _shifts(traced: _Traced, length: int) -> tuple[Shift, ...]:
    found: list[Shift] = []
    at = i = 0
    while i < len(traced):
        _, start, end = traced[i]
        if at < start:
            found.append((at, start, i, i))
        j = i + 1
        while j < len(traced) and traced[j][1] < end:
            end, j = max(end, traced[j][2]), j + 1
        if (end - start, j - i) != (1, 1):
            found.append((start, end, i, j))
        at, i = end, j
    return tuple([*found, (at, length, i, i)] if at < length else found)
