r"""Where in a text a personal number can begin: finders look there and nowhere else.

Enters plain text (see `chainring.text.redact`), leaves places in it:

===================================  ==========================================
``call me on 867-5309, thank you``    `number_starts`: 11 and 15 (8 and 5)
``DOB 1990-05-01, room 12``           `digit_runs`: 4, 9, 12 and 21
``a passport, a password: x1y2``      `labels` of ``pass``: 2 and 14
===================================  ==========================================

Every pattern over every character costs a second a megabyte, and prose has few places where a
number begins. Trying the patterns there finds what trying them everywhere would.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

Span = tuple[int, int]
Spans = list[Span]

_CLOSE_DIGITS = re.compile(r"[0-9][0-9 ().-]{5,}[0-9]")
REACH = 96
"""How far before its first digit the label of a value may begin."""
_AFTER = 16  # a unit behind a number: 5号楼, 1日出生
_APART = "\x1e"
_START = re.compile(r"[+(]|[0-9](?<![0-9][0-9])")
_RUN = re.compile("[0-9]+")
_MAIL_RUN = re.compile(r"[a-z0-9._%+'@-]*+")
_MAIL_CHARS = frozenset("abcdefghijklmnopqrstuvwxyz0123456789._%+'@-")


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """A text as its finders see it: `text` and `plain` have the same places, found ones masked.

    `starts` are those of `number_starts`, `runs` those of `digit_runs`, and `near` is what stands
    close before them, where the label of a number must be.
    """

    text: str
    plain: str
    starts: list[int]
    runs: list[int]
    near: str


@dataclass(frozen=True, slots=True)
class Label:
    """Words after which a value stands: the literal beginnings, and the pattern of the whole."""

    words: tuple[str, ...]
    pattern: re.Pattern[str]


def number_starts(plain: str) -> list[int]:
    """Return where a number with seven digits close together may begin: a digit, + or (.

    >>> number_starts("call me on 867-5309, on 23 May"), number_starts("on 23 May")
    ([11, 15], [])
    """
    return [
        start.start()
        for core in _CLOSE_DIGITS.finditer(plain)
        for start in _START.finditer(plain, max(0, core.start() - 3), core.end())
    ]


def digit_runs(plain: str) -> list[int]:
    """Return where each run of digits begins.

    >>> digit_runs("a1 23-4")
    [1, 3, 6]
    """
    return [match.start() for match in _RUN.finditer(plain)]


def around_ats(plain: str) -> Spans:
    """Return the run of characters of a mail address around every @.

    >>> around_ats("邮箱zhang@qq.com谢谢")
    [(2, 14)]
    """
    found: Spans = []
    at = plain.find("@")
    while at >= 0:
        match = _MAIL_RUN.match(plain, at)
        start, end = at, match.end() if match else at + 1
        while start > 0 and plain[start - 1] in _MAIL_CHARS:
            start -= 1
        found.append((start, end))
        at = plain.find("@", end)
    return found


def near_digits(plain: str, runs: Iterable[int]) -> str:
    """Return what stands close before (and just behind) the runs of digits of `plain`.

    >>> near_digits("x" * 200 + "QQ 10001", [203]).count("x")
    93
    """
    windows: Spans = []
    for run in runs:
        start, end = max(0, run - REACH), run + _AFTER
        if windows and start <= windows[-1][1]:
            windows[-1] = (windows[-1][0], end)
        else:
            windows.append((start, end))
    return _APART.join(plain[start:end] for start, end in windows)


def occurrences(words: Iterable[str], plain: str) -> list[int]:
    """Return where each of the literal `words` stands in `plain`."""
    found = []
    for word in words:
        at = plain.find(word)
        while at >= 0:
            found.append(at)
            at = plain.find(word, at + 1)
    return found


def labels(words: Iterable[str], view: View) -> list[int]:
    """Return where each of the literal `words` stands with a digit at most `REACH` further on.

    Most words are nowhere near a digit, and those stretches are short: this is what makes it fast.
    """
    here = [word for word in words if word in view.near]
    return [at for at in occurrences(here, view.plain) if _is_near(at, view.runs)] if here else []


def _is_near(at: int, runs: Sequence[int]) -> bool:
    next_run = bisect_left(runs, at)
    return next_run < len(runs) and runs[next_run] - at <= REACH


def matches(
    pattern: re.Pattern[str], plain: str, starts: Iterable[int] | None = None
) -> Iterator[re.Match[str]]:
    """Yield every match of `pattern` that begins at one of `starts`, or anywhere."""
    match_at = pattern.match
    for start in range(len(plain)) if starts is None else starts:
        match = match_at(plain, start)
        if match:
            yield match


def values(
    label: Label, value: re.Pattern[str], view: View, *, is_cased: bool = False
) -> Iterator[re.Match[str]]:
    """Yield each match of `value` that stands right after a `label`.

    The label is looked for in the plain text; `is_cased` looks for the value in the text as it is.
    """
    subject = view.text if is_cased else view.plain
    for found in matches(label.pattern, view.plain, labels(label.words, view)):
        match = value.match(subject, found.end())
        if match:
            yield match


def disjoint(spans: Spans) -> Spans:
    """Return the leftmost of overlapping spans, the longest of those that begin together."""
    kept: Spans = []
    for start, end in sorted(spans, key=lambda span: (span[0], -span[1])):
        if not kept or start >= kept[-1][1]:
            kept.append((start, end))
    return kept
