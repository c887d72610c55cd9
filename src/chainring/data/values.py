"""What a row says becomes a value of its task, fitted to the prepared text.

Enters what stood in the column, leaves a `Value`: the text of it, or the reason why its row cannot
be used.

    value_of("Refund|Delivery", text, raw=raw, form="several", clean=normalise).text
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from chainring.contracts.errors import InputError
from chainring.contracts.tasks import Form
from chainring.contracts.values import canonical, tags_of, tags_text
from chainring.data.tags import moved
from chainring.text.normalise import normalise
from chainring.text.prepare import prepare as prepared

LOST_TAGS = "tags do not stand in the prepared text"


@dataclass(frozen=True, slots=True, kw_only=True)
class Value:
    """What a row says; with a `reason` the row is left out."""

    text: str = ""
    reason: str | None = None


def value_of(
    found: str,
    text: str,
    *,
    raw: str,
    form: Form,
    clean: Callable[[str], str],
    prepare: Callable[[str], str],
) -> Value:
    """Return the value of a row.

    Parameters
    ----------
    found
        What stood in the column, maybe nothing.
    text, raw
        The prepared text, and as it stood in the file: places of tags count its characters.
    clean
        Makes a label or a written answer as it is kept.
    prepare
        Made the text of the raw one.

    Raises
    ------
    InputError
        When it is no value of the form, or a tag ends behind the text.
    """
    if not found.strip():
        return Value()
    if form != "tags":
        return Value(text=canonical(form, clean(found)))
    if found == LOST_TAGS:  # a harvest found so when it redacted the text
        return Value(reason=LOST_TAGS)
    kept = _moved(found, text, raw, prepare)
    return Value(reason=LOST_TAGS) if kept is None else Value(text=kept)


def _moved(found: str, text: str, raw: str, prepare: Callable[[str], str]) -> str | None:
    tags = tags_of(found)
    if tags and tags[-1][1] > len(raw):
        raise InputError(f"tag {list(tags[-1])!r} ends behind the text of {len(raw)} characters")
    kinds = [(start, end, normalise(kind)) for start, end, kind in tags]
    kept = moved(raw, text, kinds, prepare)
    return None if kept is None else tags_text(kept)


def redacted(words: str) -> str:
    """Return words in one spelling and without personal data."""
    return prepared(words)


def redacted_target(found: str, text: str, *, raw: str) -> str:
    """Return what a source says is right for a text, as it may be stored beside the redacted text.

    Tags are told by their form and get their new places; where one is lost, that is said in their
    place, so that the row is dropped with the reason. Anything else is redacted as a text is.

    >>> redacted_target('[[17, 21, "city"]]', "[phone] from Rome", raw="13912345678 from Rome")
    '[[13,17,"city"]]'
    """
    try:
        kept = _moved(found, text, raw, redacted)
    except InputError:
        return redacted(found)
    return LOST_TAGS if kept is None else kept
