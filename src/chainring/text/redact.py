"""Personal numbers and addresses out of a text, placeholders in.

Enters any text, leaves it with `[email]`, `[id]`, `[card]`, `[phone]`, and where they stood:

=====================================  ==============================
``手机13912345678已停机``                 ``手机[phone]已停机``
``mail bob@example.com, thanks``       ``mail [email], thanks``
``订单号 2026112344710088``              untouched
=====================================  ==============================

Four finders run in that order, each blind to what an earlier one took. All look-arounds are ASCII,
so Chinese characters may touch; full-width digits and signs are read as half-width. A number that
touches a further digit is left alone, and so is one that is *labelled* as something else
(订单号, tracking no.). The rules of each kind stand in `chainring.text.personal`.

The false hits on random numbers, measured, stand there with each finder.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from chainring.text.characters import CharacterMap
from chainring.text.personal import FINDERS, MASK, is_worth_a_look


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One finding: its kind (email, id, card, phone) and its place in the text that entered."""

    kind: str
    start: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Redaction:
    """A text with placeholders, and what they stand for, in order of place."""

    text: str
    found: tuple[Found, ...] = ()


def _plain(char: str) -> str:
    category = unicodedata.category(char)
    if category == "Nd":
        return str(unicodedata.decimal(char))
    if category == "Pd" or char == "−":
        return "-"
    if category == "Zs":
        return " "
    is_wide = "！" <= char <= "～" or char == "￥"
    narrow = unicodedata.normalize("NFKC", char) if is_wide else char
    return narrow.lower() if narrow.isascii() else narrow


_PLAIN = CharacterMap(_plain)  # one character for one: places stay
_PLACEHOLDER = re.compile(r"\[(?:email|id|card|phone)\]")


def redact(text: str) -> Redaction:
    """Return `text` with personal numbers and addresses replaced by placeholders.

    What stands outside the findings is unchanged, and ``redact(redact(text).text)`` finds nothing.
    Zero-width characters inside a number hide it: normalise first.

    >>> redact("邮箱zhang@qq.com谢谢").text
    '邮箱[email]谢谢'
    >>> redact("call (020) 7946 0958").found
    (Found(kind='phone', start=5, end=20),)
    """
    plain = text.translate(_PLAIN)
    if not is_worth_a_look(plain):
        return Redaction(text=text)
    plain = _masked(plain, [match.span() for match in _PLACEHOLDER.finditer(plain)])
    found: list[Found] = []
    for kind, finder in FINDERS:
        spans = finder(plain)
        found += [Found(kind=kind, start=start, end=end) for start, end in spans]
        plain = _masked(plain, spans)
    found.sort(key=lambda one: one.start)
    return Redaction(text=_replaced(text, found), found=tuple(found))


def _masked(plain: str, spans: list[tuple[int, int]]) -> str:
    pieces, at = [], 0
    for start, end in spans:
        pieces += [plain[at:start], MASK * (end - start)]
        at = end
    return "".join(pieces) + plain[at:]


def _replaced(text: str, found: list[Found]) -> str:
    pieces, at = [], 0
    for one in found:
        pieces += [text[at : one.start], f"[{one.kind}]"]
        at = one.end
    return "".join(pieces) + text[at:]
