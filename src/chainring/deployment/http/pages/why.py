"""The page of one answer: from the answer back to the rows that taught the model.

`why` answers with plain JSON. What it holds is drawn by its shape, so that a new fact needs no new
page: an object as a list of terms, a list of objects as rows, everything else as text.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from chainring.deployment.http.calls import Call
from chainring.deployment.http.pages.layout import heading, page, short, when
from chainring.deployment.http.pages.markup import Markup, group, tag
from chainring.deployment.http.pages.strings import Strings

_TIMES = frozenset({"at", "since", "expires", "promoted_at"})


async def why(call: Call) -> Response:
    """Draw the page."""
    say = Strings(call.language)
    found = await run_in_threadpool(
        call.verbs.why, call.path("id"), caller=call.caller, language=call.language
    )
    text = found.get("text")
    sections = [
        tag("section", tag("h2", term(key, say)), drawn(value, say, key=key), class_="card")
        for key, value in found.items()
        if key not in ("text", "prediction") and value not in (None, "", [], {}, ())
    ]
    return page(
        call,
        heading(say("why.title"), say("why.lead")),
        tag("blockquote", text) if text else tag("p", say("why.hidden"), class_="hint"),
        tag("div", *sections, class_="origin"),
        tag("p", tag("a", say("why.back"), href="/")),
        title=say("why.title"),
    )


def term(key: str, say: Strings) -> str:
    """Return how people call a key: its words in the table, or itself without underscores.

    >>> term("nearest_rows", Strings("en"))
    'Nearest rows'
    """
    plain = key.replace("_", " ")
    return say.known(f"term.{key}", plain[:1].upper() + plain[1:])


def drawn(value: Any, say: Strings, *, key: str = "") -> Markup:
    """Return any JSON value as HTML."""
    if isinstance(value, Mapping):
        return tag("dl", *(_pair(name, inner, say) for name, inner in value.items()))
    if isinstance(value, Sequence) and not isinstance(value, str):
        return _rows(value, say, key=key)
    return _scalar(value, say, key=key)


def _pair(name: str, inner: Any, say: Strings) -> Markup | None:
    if inner in (None, "", [], {}):
        return None
    return tag("div", tag("dt", term(name, say)), tag("dd", drawn(inner, say, key=name)))


def _rows(values: Sequence[Any], say: Strings, *, key: str) -> Markup:
    if any(isinstance(value, Mapping) for value in values):
        return tag(
            "ol", *(tag("li", drawn(value, say, key=key)) for value in values), class_="rows"
        )
    return tag("ul", *(tag("li", drawn(value, say, key=key)) for value in values), class_="chips")


def _scalar(value: Any, say: Strings, *, key: str) -> Markup:
    if isinstance(value, bool):
        return group(say("yes" if value else "no"))
    if isinstance(value, int | float) and key in _TIMES:
        return when(value) or group()
    if isinstance(value, float):
        return group(f"{value:.3g}")
    text = str(value)
    return short(text) if ":" in text and " " not in text and len(text) > 20 else group(text)
