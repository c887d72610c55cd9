r"""Payload: the texts of one prediction or reaction that are erased together, in one body.

Fields are joined by U+001F, which no prepared text holds; a text alone is its own body, as it
always was. Search, scrubbing and expiry see one text with one id.

>>> packed("Where is it?")
'Where is it?'
>>> unpacked(packed("Where is it?", "", "On its way."))
('Where is it?', '', 'On its way.')
"""

from __future__ import annotations

SEPARATOR = "\x1f"
FIELDS = 3


def packed(text: str, *more: str) -> str:
    """Return text and further fields as one body; empty ones at the end take no room."""
    clean = [field.replace(SEPARATOR, " ") for field in (text, *more)]
    return SEPARATOR.join(clean).rstrip(SEPARATOR)


def unpacked(body: str | None) -> tuple[str, str, str]:
    """Return text, second text and output of a body; empty where it was erased."""
    fields = (body or "").split(SEPARATOR)
    text, pair, output = (*fields, *[""] * (FIELDS - len(fields)))[:FIELDS]
    return text, pair, output
