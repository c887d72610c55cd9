"""What a page says of itself in JSON-LD (schema.org): its nodes, those of pictures left out.

Enters the page as a tree, leave dictionaries such as ``{"@type": "Article", "license": "…"}``.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

_OF_FILES = {
    "ImageObject", "VideoObject", "AudioObject", "MediaObject", "SoftwareApplication", "Comment",
}  # fmt: skip


def nodes(tree: Any) -> Iterator[dict[str, Any]]:
    """Yield the nodes that speak of the page; broken JSON says nothing."""
    for script in tree.iter("script"):
        if "ld+json" in (script.get("type") or ""):
            yield from (node for node in _all(_parsed(script.text or "")) if not _of_file(node))


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _all(found: Any) -> Iterator[dict[str, Any]]:
    for node in found if isinstance(found, list) else [found]:
        if isinstance(node, dict):
            yield node
            graph = node.get("@graph")
            yield from (item for item in _listed(graph) if isinstance(item, dict))


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _of_file(node: dict[str, Any]) -> bool:
    return any(str(kind) in _OF_FILES for kind in _listed(node.get("@type")))
