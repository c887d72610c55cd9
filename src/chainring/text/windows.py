r"""Where in a text a personal number can stand: finders look there and nowhere else.

Enters plain text (see `chainring.text.redact`), leaves sorted, disjoint windows `(start, end)`:

====================================  =====================================
``call me on 867-5309, thank you``      one window, from the start to the comma
``电话62345678，谢谢``                     one window, from the start to the comma
``no number here``                      none
====================================  =====================================

Every pattern over every character costs a second a megabyte, and prose has a number in one clause
of twenty. A window reaches so far back that it holds any label, and so far on that it holds any
number whole: looking into the windows finds what looking everywhere would.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

Span = tuple[int, int]
Spans = list[Span]

_CLOSE_DIGITS = re.compile(r"[0-9][0-9 ().-]{5,}[0-9]")
_LABELLED = 64  # the longest label of a phone, with its links, has 58 characters
_GOES_ON = re.compile(r"[0-9a-z ().+\-转\x1f]*+")  # all that a number or its extension may hold
_DIGITS = re.compile(r"[0-9]")
_BEFORE, _AFTER = 96, 128  # of what the rules of `codes`, `places` and `credentials` may hold
_MAIL_RUN = re.compile(r"[a-z0-9._%+'@-]*+")
_MAIL_CHARS = frozenset("abcdefghijklmnopqrstuvwxyz0123456789._%+'@-")


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """A text as its finders see it: `plain` and `text` have the same places, found ones masked."""

    text: str
    plain: str
    numbers: Spans
    digits: Spans


def around_numbers(plain: str) -> Spans:
    """Return windows around seven digits close together: cards, identities and phones.

    >>> around_numbers("on 23 May call 867-5309, thanks")
    [(0, 25)]
    """
    return _merged(
        (start - _LABELLED, _end(_GOES_ON, plain, end) + 2)
        for start, end in (match.span() for match in _CLOSE_DIGITS.finditer(plain))
    )


def around_digits(plain: str) -> Spans:
    """Return windows around every digit, wide enough for a label before and an address after.

    >>> around_digits("QQ 10001" + 200 * "-")
    [(0, 131)]
    """
    windows: Spans = []
    match = _DIGITS.search(plain)
    while match:
        at = match.start()
        windows.append((at - _BEFORE, at + _AFTER))
        match = _DIGITS.search(plain, at + _AFTER // 2)
    return _merged(windows)


def around_ats(plain: str) -> Spans:
    """Return the run of characters of a mail address around every @.

    >>> around_ats("邮箱zhang@qq.com谢谢")
    [(2, 14)]
    """
    windows: Spans = []
    at = plain.find("@")
    while at >= 0:
        start, end = at, _end(_MAIL_RUN, plain, at)
        while start > 0 and plain[start - 1] in _MAIL_CHARS:
            start -= 1
        windows.append((start, end))
        at = plain.find("@", end)
    return windows


def matches(
    pattern: re.Pattern[str], plain: str, windows: Spans | None = None
) -> Iterator[re.Match[str]]:
    """Yield every match within `windows`, also those that begin inside an earlier one."""
    for start, end in [(0, len(plain))] if windows is None else windows:
        match = pattern.search(plain, start, end)
        while match:
            yield match
            match = pattern.search(plain, match.start() + 1, end)


def disjoint(spans: Spans) -> Spans:
    """Return the leftmost of overlapping spans, the longest of those that begin together."""
    kept: Spans = []
    for start, end in sorted(spans, key=lambda span: (span[0], -span[1])):
        if not kept or start >= kept[-1][1]:
            kept.append((start, end))
    return kept


def _end(pattern: re.Pattern[str], plain: str, at: int) -> int:
    match = pattern.match(plain, at)
    return match.end() if match else at


def _merged(windows: Iterable[Span]) -> Spans:
    """Return sorted windows with those that touch made one; none begins before the text."""
    merged: Spans = []
    for start, end in windows:
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((max(0, start), end))
    return merged


def values(label: re.Pattern[str], value: re.Pattern[str], view: View) -> Iterator[re.Match[str]]:
    """Yield each match of `value` in the plain text that stands right after a `label`."""
    for start, end in view.digits:
        for found in label.finditer(view.plain, start, end):
            match = value.match(view.plain, found.end())
            if match:
                yield match
