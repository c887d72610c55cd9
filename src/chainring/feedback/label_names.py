"""Whether a text can be the name of a label: one that is known, or a new one that looks sane.

A label that is not known is how a new intent comes in; one that differs from a known label only in
case, spaces or separators is a slip of the pen.
"""

from __future__ import annotations

import re
from collections.abc import Collection

from chainring.contracts.dataset import LABEL_SEPARATOR, OUT_OF_SCOPE
from chainring.contracts.errors import did_you_mean

MAX_LABEL = 64
_BETWEEN = re.compile(r"[、，,;；]")
_INSIDE = r"\w .&/+()'’、？?%（）《》【】「」『』“”‘·•・：—-"
_FIRST = re.compile(r"\w|[（《【「『“](?=.*\w)")
_REFUSED = re.compile(f"[^{_INSIDE}]")


def label_fault(value: str, labels: Collection[str], *, new_labels: bool) -> str | None:
    """Return what is wrong with a label's name, or None.

    >>> label_fault("track order", ["track_order"], new_labels=True)
    "'track order' is written 'track_order' here"
    >>> label_fault("礼品卡", ["退款"], new_labels=True) is None
    True
    """
    if value in labels or value == OUT_OF_SCOPE:
        return None
    if not value:
        return "a label is expected, found nothing"
    fault = _fault(value)
    if fault:
        return f"{value[:MAX_LABEL]!r} is no name for a label: {fault}"
    if not new_labels:
        return f"unknown label {value!r}{did_you_mean(value, labels)}"
    same = next((label for label in (*labels, OUT_OF_SCOPE) if _bare(label) == _bare(value)), None)
    return None if same is None else f"{value!r} is written {same!r} here"


def _fault(value: str) -> str:
    """Return what of a new name is refused; '' where nothing is."""
    if len(value) > MAX_LABEL:
        return f"it has {len(value):,} characters, at most {MAX_LABEL} are allowed"
    if refused := dict.fromkeys(_REFUSED.findall(value)):
        return f"{' '.join(map(repr, refused))} cannot stand in one"
    if not _FIRST.match(value):
        return "it begins with a letter or a digit, or with a bracket or quote before one"
    return ""


def joined_fault(value: str, labels: Collection[str]) -> str | None:
    """Return what is wrong with a label that is made of known ones and a mark, or None.

    >>> joined_fault("物流、退款", ["退款", "物流"])
    "'物流、退款' is 2 labels, which are written '物流|退款'"
    >>> joined_fault("礼品卡、退款", ["退款", "物流"]) is None
    True
    """
    if value in labels:
        return None
    known = {_bare(label): label for label in labels}
    named = [known.get(_bare(part)) for part in _BETWEEN.split(value) if part.strip()]
    found = [label for label in named if label]
    if len(found) < 2 or len(found) < len(named):
        return None
    return f"{value!r} is {len(found)} labels, which are written {LABEL_SEPARATOR.join(found)!r}"


def _bare(label: str) -> str:
    return re.sub(r"[\W_]", "", label).casefold() or label
