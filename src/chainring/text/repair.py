r"""Text that was decoded with the wrong table, brought back where that is possible.

Enters any text, leaves it with the stretches that could be turned back, and the count of the lost:

===========================  =====================  ===========================================
``cafÃ© â€“ itâ€™s``            ``café – it’s``          UTF-8 was read as Windows-1252
``ä½\xa0å¥½``                  ``你好``                 the same, Chinese
``ÄãºÃ£¬ÊÀ½ç``                 ``你好，世界``             GBK was read as Latin-1
``浣犲ソ锛屼笘鐣岋紒``            ``你好，世界！``            UTF-8 was read as GBK
``锟斤拷锟斤拷``                the same, 1 lost        what stood there is gone
===========================  =====================  ===========================================

Only flagged stretches are touched, and only when the turned bytes are valid; plain text costs one
search. Ideas after ftfy (Speer 2019), which holds many more rules for European languages.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

_ROUNDS = 3  # what was wrongly decoded twice needs two


@dataclass(frozen=True, slots=True, kw_only=True)
class Repair:
    """A text, how many stretches were brought back, and how many are lost for good."""

    text: str
    repaired: int = 0
    lost: int = 0


def _windows_1252() -> dict[int, str]:
    """Return the character of each byte from 128; the five it lacks stay C1 codes."""
    table = {}
    for byte in range(0x80, 0x100):
        try:
            table[byte] = bytes([byte]).decode("cp1252")
        except UnicodeDecodeError:
            table[byte] = chr(byte)
    return table


_CHAR_OF = _windows_1252()
_BYTE_OF = {char: byte for byte, char in _CHAR_OF.items()}
_BYTE_OF |= {chr(byte): byte for byte in range(0x80, 0x100)}  # Latin-1 beside it


def _class(first: int, last: int) -> str:
    chars = {_CHAR_OF[byte] for byte in range(first, last + 1)}
    chars |= {chr(byte) for byte in range(first, last + 1)}
    return "[" + re.escape("".join(sorted(chars))) + "]"


_CONT = _class(0x80, 0xBF)
_TWO = f"{_class(0xC2, 0xDF)}{_CONT}"
_LONG = f"{_class(0xE0, 0xEF)}{_CONT}{{2}}|{_class(0xF0, 0xF4)}{_CONT}{{3}}"
_FRENCH = f"(?!(?:(?<=[A-Za-z])[à-ï]|(?<!\\S)à)\xa0[…»«”“’‘–—€°](?!{_class(0xC2, 0xF4)}{_CONT}))"
"""A word's end, a blank that holds on to it, and a mark: café …"""
_UTF_8 = re.compile(  # one of two bytes alone is believed after Â or Ã only: É” is good French
    rf"{_FRENCH}(?:{_LONG})(?:{_LONG}|{_TWO})*|(?:{_TWO})(?:{_LONG}|{_TWO})+|(?<![A-ZÀ-Þ])[ÂÃ]{_CONT}"
    rf"|(?<=[A-ZÀ-Þ])Ã(?![”’“‘…–—»«]){_CONT}"
)
_BYTES = re.compile("[" + re.escape("".join(sorted(_BYTE_OF))) + "]{2,}")
_SIGN = re.compile("[\xa1-\xbf×÷]")  # a word of a western language has none
_FOREIGN = re.compile(r"[^\x00-\x7f]{2,}")
_RARE = frozenset("锛銆鈥鐨")  # what the first bytes of ，。“的 become; nobody writes these
_LOST = re.compile("(?:锟斤拷|锟斤|斤拷)+|\ufffd+|[烫屯]{5,}")  # 烫烫烫 alone is said of soup
_SUSPECT = re.compile("[\x80-\x9f\xa1-\xff\ufffd锟斤烫屯锛銆鈥鐨]|[€-™]{2}")


def repair(text: str) -> Repair:
    """Return `text` with wrongly decoded stretches brought back, and what was done.

    It looks at bytes that `normalise` changes (a no-break space among them): repair first.

    >>> repair("cafÃ© â€“ itâ€™s")
    Repair(text='café – it’s', repaired=3, lost=0)
    >>> repair("价格锟斤拷元").lost
    1
    """
    if text.isascii() or not _SUSPECT.search(text):
        return Repair(text=text)
    repaired = 0
    for _ in range(_ROUNDS):
        text, count = _once(text)
        repaired += count
        if not count:
            break
    return Repair(text=text, repaired=repaired, lost=len(_LOST.findall(text)))


def _once(text: str) -> tuple[str, int]:
    text, chinese = _turned(_BYTES, text, _from_gb2312)
    text, western = _turned(_UTF_8, text, _from_utf_8)
    if _RARE.isdisjoint(text):
        return text, chinese + western
    text, from_gbk = _turned(_FOREIGN, text, _from_gbk)
    return text, chinese + western + from_gbk


def _turned(
    pattern: re.Pattern[str], text: str, turn: Callable[[str], str | None]
) -> tuple[str, int]:
    """Return `text` with each match of `pattern` that `turn` can turn, and how many it could."""
    count = 0

    def turned(match: re.Match[str]) -> str:
        nonlocal count
        result = turn(match[0])
        count += result is not None
        return match[0] if result is None else result

    return pattern.sub(turned, text), count


def _from_gb2312(run: str) -> str | None:
    """Turn characters that were bytes of GB 2312: four or more, a sign among them, mostly Han."""
    if len(run) < 4 or len(set(run)) < 3 or _UTF_8.fullmatch(run) or not _SIGN.search(run):
        return None
    data = bytes(_BYTE_OF[char] for char in run)
    common = sum(0xB0 <= byte <= 0xD7 for byte in data[::2])
    try:
        return data.decode("gb2312") if 4 * common >= len(data) else None
    except UnicodeDecodeError:
        return None


def _from_utf_8(run: str) -> str | None:
    try:
        return bytes(_BYTE_OF[char] for char in run).decode("utf-8")
    except UnicodeDecodeError:  # a surrogate, or a longer form than needed
        return None


def _from_gbk(run: str) -> str | None:
    """Turn UTF-8 that was read as GBK; bytes that were lost on the way stay U+FFFD.

    Windows shows the byte 0x80, which GBK does not have, as €.
    """
    if _RARE.isdisjoint(run):
        return None
    try:
        data = b"\xff".join(_gbk_bytes(part) for part in run.split("\ufffd"))
    except UnicodeEncodeError:
        return None
    text = data.decode("utf-8", "replace")
    return text if 4 * text.count("\ufffd") <= len(text) else None


def _gbk_bytes(part: str) -> bytes:
    return b"\x80".join(piece.encode("gbk") for piece in part.split("€"))
