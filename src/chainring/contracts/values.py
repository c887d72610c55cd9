"""Values: what is said of a text, as one text whatever the task; written in one way each.

>>> canonical("several", " refund | delivery|refund")
'delivery|refund'
>>> canonical("number", "3.50")
'3.5'
>>> canonical("tags", '[[5, 9, "city"], [0, 4, "name"]]')
'[[0,4,"name"],[5,9,"city"]]'
>>> labels_in("tags", '[[0,4,"name"],[5,9,"city"]]')
('city', 'name')
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from typing import TypeAlias

from chainring.contracts.dataset import LABEL_SEPARATOR
from chainring.contracts.errors import InputError
from chainring.contracts.tasks import Form

Tag: TypeAlias = tuple[int, int, str]
Shift: TypeAlias = tuple[int, int, int, int]
"""Begin and end of a stretch of a text as it was sent, and of what stands for it once prepared."""
Input: TypeAlias = str | tuple[str, str]
"""What a model is asked: a text, or a text and a second one."""

LARGEST_NUMBER = 1e15
"""Of which even the square is a number in the single precision that models reckon in."""
NO_LABELS = LABEL_SEPARATOR
"""The value of a row that may have several labels and has none of them."""


def canonical(form: Form, value: str) -> str:
    """Return a value as it is stored.

    Raises
    ------
    InputError
        When it is no value of that form; the message says what is expected.
    """
    if not value.strip():
        raise InputError("a value is expected, found nothing")
    if form == "several":
        return joined(_several(value))
    if form == "number":
        return written(_number(value))
    return tags_text(tags_of(value)) if form == "tags" else value


def is_same(form: Form, value: str, other: str) -> bool:
    """Return whether two texts are one value, however each is written.

    >>> is_same("several", '["refund", "delivery"]', "delivery|refund"), is_same("number", "3", "4")
    (True, False)
    """
    if value == other:
        return True
    try:
        return canonical(form, value) == canonical(form, other)
    except InputError:
        return False


def _several(value: str) -> list[str]:
    """Return labels joined by the separator, or written as a JSON list, as files may have them."""
    if not value.lstrip().startswith("["):
        return value.split(LABEL_SEPARATOR)
    try:
        found = json.loads(value)
    except (ValueError, RecursionError):  # thousands of brackets in one another
        found = None
    if not isinstance(found, list) or not all(isinstance(one, str) for one in found):
        raise InputError(
            'labels are joined by |, or a JSON list such as ["refund", "urgent"]; none are | or '
            f"[]; found {value[:80]!r}"
        )
    return found


def labels_in(form: Form, value: str) -> tuple[str, ...]:
    """Return the labels that a value names: those that have to be learnt, and slices go by."""
    if form == "one":
        return (value,) if value else ()
    if form == "several":
        return tuple(one for one in value.split(LABEL_SEPARATOR) if one)
    if form == "tags":
        return tuple(sorted({kind for _, _, kind in tags_of(value)})) if value else ()
    return ()


def joined(labels: Iterable[str]) -> str:
    """Return labels as one value, sorted, each once.

    >>> joined([])
    '|'
    """
    names = {label.strip() for label in labels} - {""}
    return LABEL_SEPARATOR.join(sorted(names)) or NO_LABELS


def written(number: float) -> str:
    """Return a number as it is stored: no more than ten digits.

    >>> written(3.0), written(1 / 3)
    ('3', '0.3333333333')
    """
    return f"{number:.10g}"


def tags_of(value: str) -> list[Tag]:
    """Return the tags of a value, by place.

    Raises
    ------
    InputError
        When it is not JSON of the form [[start, end, kind], …] with places that do not overlap.
    """
    try:
        rows = json.loads(value)
        tags = sorted((start, end, kind) for start, end, kind in rows)
    except (ValueError, TypeError, RecursionError) as error:
        raise InputError(f"tags are written [[start, end, kind], …]; found {value[:80]!r}") from (
            error
        )
    last = 0
    for start, end, kind in tags:
        whole = type(start) is int and type(end) is int and isinstance(kind, str)
        if not (whole and kind and last <= start < end):
            raise InputError(
                f"tag {[start, end, kind]!r}: whole numbers start < end and a kind are expected, "
                "no tag over another"
            )
        last = end
    return tags


def tags_text(tags: Iterable[Tag]) -> str:
    """Return tags as one value."""
    rows = [list(tag) for tag in sorted(tags)]
    return json.dumps(rows, ensure_ascii=False, separators=(",", ":"))


def both(text: str, pair: str = "") -> str:
    r"""Return a text and its second one as one text, by which near-duplicates are told.

    >>> both("a"), both("a", "b")
    ('a', 'a\nb')
    """
    return f"{text}\n{pair}" if pair else text


def input_of(text: str, pair: str = "", *, pairs: bool = True) -> Input:
    """Return what a model is asked; a task without pairs is asked the text alone."""
    return (text, pair) if pair and pairs else text


def _number(value: str) -> float:
    try:
        number = math.nan if "_" in value else float(value)  # Python reads 1_0 as ten
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise InputError(f"a decimal number is expected, found {value[:40]!r}")
    if abs(number) > LARGEST_NUMBER:
        raise InputError(
            f"a number from -{LARGEST_NUMBER:g} to {LARGEST_NUMBER:g} is expected, found "
            f"{value[:40]!r}"
        )
    return number
