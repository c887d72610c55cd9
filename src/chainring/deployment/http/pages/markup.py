"""HTML as calls: every text is escaped unless it is `Markup` already.

tag("p", "1 < 2", class_="note")        <p class="note">1 &lt; 2</p>
"""

from __future__ import annotations

import html
import json
from typing import Any

from chainring.contracts.codec import plain

_VOID = frozenset({"br", "hr", "img", "input", "link", "meta"})


class Markup(str):
    """Text that is HTML already."""

    __slots__ = ()


Child = str | None


def tag(element: str, /, *children: Child, **attributes: str | float | bool | None) -> Markup:
    """Return one element.

    A trailing underscore is dropped from an attribute's name and other ones become hyphens; True
    writes the bare name, False and None leave it out.

    >>> tag("label", "Name", for_="name", data_kind='"x"', hidden=True, title=None)
    '<label for="name" data-kind="&quot;x&quot;" hidden>Name</label>'
    """
    written = "".join(_attribute(key, value) for key, value in attributes.items())
    if element in _VOID:
        return Markup(f"<{element}{written}>")
    return Markup(f"<{element}{written}>{group(*children)}</{element}>")


def coded(text: str) -> Markup:
    """Return a text whose parts in backticks are code.

    >>> coded("run `chainring turn` now")
    'run <code>chainring turn</code> now'
    """
    parts = enumerate(text.split("`"))
    return group(*(tag("code", part) if place % 2 else part for place, part in parts))


def group(*children: Child) -> Markup:
    """Return elements and escaped texts beside each other; None is nothing."""
    return Markup(
        "".join(
            child if isinstance(child, Markup) else html.escape(child)
            for child in children
            if child is not None
        )
    )


def data(value: Any, *, id_: str) -> Markup:
    """Return JSON for a script to read; it cannot end its element early."""
    text = json.dumps(plain(value), ensure_ascii=False)
    for character in "<>&":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return Markup(f'<script type="application/json" id="{html.escape(id_)}">{text}</script>')


def _attribute(key: str, value: str | float | bool | None) -> str:
    name = key.rstrip("_").replace("_", "-")
    if value is None or value is False:
        return ""
    return f" {name}" if value is True else f' {name}="{html.escape(str(value))}"'
