"""The page of one answer: from the answer back to the rows that taught the model.

`why` answers with plain JSON. What it holds is drawn by its shape, so that a new fact needs no new
page: an object as a list of terms, a list of objects as rows, everything else as text. A list of
objects that each name a `noun` is drawn as the chain that led here, and facts that stand alone
are gathered in one card.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from chainring.deployment.http.calls import Call
from chainring.deployment.http.pages.layout import heading, name_of, page, short, when
from chainring.deployment.http.pages.markup import Markup, group, tag
from chainring.deployment.http.pages.strings import Strings
from chainring.deployment.http.verbs import LabelName
from chainring.text.house_words import decider, house_word

_TIMES = frozenset({"at", "since", "expires", "promoted_at"})
_LABELS = frozenset({"label", "truth", "proposed", "answered"})
_SHARES = frozenset({"confidence", "similarity", "accuracy", "threshold"})
_WORDS = {
    "measure": "measure",
    "state": "state",
    "language": "language",
    "languages": "language",
}
_APART = frozenset({"text", "prediction"})
_LONG = 28


async def why(call: Call) -> Response:
    """Draw the page."""
    say = Strings(call.language)
    found = await call.why()
    labels = await run_in_threadpool(call.verbs.labels) if call.verbs.ready().ok else []
    drawing = Drawing(say, labels)
    text = found.get("text")
    return page(
        call,
        heading(say("why.title"), say("why.lead")),
        tag("blockquote", text) if text else tag("p", say("why.hidden"), class_="hint"),
        tag("div", *drawing.sections(found), class_="origin"),
        tag("p", tag("a", say("why.back"), href="/")),
        title=say("why.title"),
    )


class Drawing:
    """JSON as HTML in one language, labels under their names."""

    def __init__(self, say: Strings, labels: Sequence[LabelName] = ()) -> None:
        self.say, self.labels = say, labels

    def sections(self, found: Mapping[str, Any]) -> list[Markup]:
        """Return a card for each fact that has parts, then one for those that have none."""
        shown = {k: v for k, v in found.items() if k not in _APART and not is_nothing(v)}
        alone = {k: v for k, v in shown.items() if not isinstance(v, Mapping | list | tuple)}
        cards = [
            tag("section", tag("h2", self.term(key)), self.value(value, key=key), class_="card")
            for key, value in shown.items()
            if key not in alone
        ]
        return [*cards, tag("section", self.value(alone), class_="card")] if alone else cards

    def term(self, key: str) -> str:
        """Return how people call a key: its words in the table, or itself without underscores.

        >>> Drawing(Strings("en")).term("nearest_rows")
        'Nearest rows'
        """
        plain = key.replace("_", " ")
        return self.say.known(f"term.{key}", plain[:1].upper() + plain[1:])

    def value(self, value: Any, *, key: str = "") -> Markup:
        """Return any JSON value."""
        if isinstance(value, Mapping):
            pairs = self._worded(value).items()
            return tag("dl", *(self._pair(name, inner) for name, inner in pairs))
        if isinstance(value, Sequence) and not isinstance(value, str):
            return self._list(value, key)
        return self._scalar(value, key)

    def _worded(self, found: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return facts with what a flag or a rating says in words: it is a word of ours."""
        kind, said = found.get("kind"), found.get("value")
        if kind not in ("flag", "rating") or not isinstance(said, str):
            return found
        return {**found, "value": self.say.known(f"{kind}.{said}", said)}

    def _pair(self, name: str, inner: Any) -> Markup | None:
        if is_nothing(inner):
            return None
        is_long = len(inner) > _LONG if isinstance(inner, str) else not is_scalar(inner)
        is_long = name == "text" or (is_long and not is_address(inner))
        name_and_value = tag("dt", self.term(name)), tag("dd", self.value(inner, key=name))
        return tag("div", *name_and_value, class_="long" if is_long else None)

    def _list(self, values: Sequence[Any], key: str) -> Markup:
        if all(isinstance(value, Mapping) and "noun" in value for value in values):
            return tag("ol", *(self._link(value) for value in values), class_="chain")
        items = [tag("li", self.value(value, key=key)) for value in values]
        has_parts = any(isinstance(value, Mapping) for value in values)
        return tag("ol" if has_parts else "ul", *items, class_="rows" if has_parts else "chips")

    def _link(self, value: Mapping[str, Any]) -> Markup:
        facts = (
            tag("strong", self.term(str(value["noun"]))),
            short(str(value["id"])) if value.get("id") else None,
            when(value.get("at")),
        )
        said = tag("p", self.say.told(value["said"])) if value.get("said") else None
        return tag("li", tag("p", *facts, class_="facts"), said)

    def _scalar(self, value: Any, key: str) -> Markup:
        if key in _TIMES and isinstance(value, str):
            value = _seconds(value)
        if isinstance(value, bool):
            return group(self.say("yes" if value else "no"))
        if isinstance(value, int | float) and key in _TIMES:
            return when(value) or group()
        if isinstance(value, float):
            return group(f"{value:.0%}" if key in _SHARES and 0 <= value <= 1 else f"{value:.3g}")
        if isinstance(value, int):
            return group(f"{value:,}")
        if key == "kind":
            return group(self.say.known(f"feedback.{value}", str(value)))
        if key == "step":
            otherwise = house_word(str(value), self.say.language)
            return group(self.say.known(f"term.{value}", otherwise))
        if key == "by":
            return group(decider(str(value), self.say.language))
        if key in _WORDS:
            return group(self.say.known(f"{_WORDS[key]}.{value}", str(value)))
        if key in _LABELS:
            return group(name_of(str(value), self.labels, self.say))
        if isinstance(value, str) and not is_address(value):
            return group(self.say.told(value))
        return short(str(value)) if is_address(value) else group(str(value))


def _seconds(written: str) -> float | str:
    """Return a moment that is written out (`2026-11-28 18:27:01Z`) in seconds, else the text."""
    try:
        return datetime.fromisoformat(written).timestamp()
    except ValueError:
        return written


def is_nothing(value: Any) -> bool:
    """Return whether there is nothing to show; False and 0 are something.

    >>> [is_nothing(v) for v in (None, "", [], {}, False, 0)]
    [True, True, True, True, False, False]
    """
    return value is None or (not is_scalar(value) and not value) or value == ""


def is_scalar(value: Any) -> bool:
    """Return whether a value has no parts."""
    return not isinstance(value, Mapping | list | tuple)


def is_address(value: Any) -> bool:
    """Return whether a text is an id or a digest, which reads better short.

    >>> is_address("blake2b:4f1c9a7be2d05a31"), is_address("Where is it?")
    (True, False)
    """
    if not isinstance(value, str) or " " in value:
        return False
    tail = value.rpartition("_")[2]
    return value.startswith("blake2b:") or (len(tail) == 26 and tail.isascii() and "_" in value)
