"""The day a page was published, where the page names it; nothing is guessed from its text.

Enters the page as a tree, leaves an ISO date or time, or an empty string:

======================================================================  ====================
``<meta property="article:published_time" content="2026-11-02T08:00Z">``  2026-11-02T08:00:00+00:00
JSON-LD ``{"datePublished": "2026-11-02"}``                             2026-11-02
``<time datetime="2026-11-02" pubdate>``                                2026-11-02
======================================================================  ====================

>>> iso("2026-11-02 08:00:00+08:00"), iso("2. November")
('2026-11-02T08:00:00+08:00', '')
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

from chainring.data.sources.web.jsonld import nodes

_NAMES = (
    "article:published_time", "og:published_time", "datepublished", "dc.date", "dc.date.issued",
    "dcterms.date", "dcterms.issued", "dcterms.created", "dc.date.created", "date", "pubdate",
    "publishdate", "publish_date", "publication_date", "citation_publication_date",
    "citation_date", "parsely-pub-date", "sailthru.date",
)  # fmt: skip
_DAY = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})")


def published(tree: Any) -> str:
    """Return the date a page names, the first that is one."""
    return next((found for text in _named(tree) if (found := iso(text))), "")


def _named(tree: Any) -> Iterator[str]:
    for meta in tree.iter("meta"):
        name = meta.get("property") or meta.get("name") or meta.get("itemprop") or ""
        if name.strip().lower() in _NAMES:
            yield meta.get("content") or ""
    yield from (str(node["datePublished"]) for node in nodes(tree) if node.get("datePublished"))
    for node in tree.iter("time"):
        if node.get("pubdate") is not None or "datePublished" in (node.get("itemprop") or ""):
            yield node.get("datetime") or ""


def iso(text: str) -> str:
    """Return a date or time in ISO 8601, or an empty string for what is none."""
    try:
        found = datetime.fromisoformat(text.strip())
    except ValueError:
        return _day(text)
    if not 1990 <= found.year <= 2100:
        return ""
    return found.date().isoformat() if len(text.strip()) <= 10 else found.isoformat()


def _day(text: str) -> str:
    found = _DAY.match(text.strip())
    try:
        return date(*(int(piece) for piece in found.groups())).isoformat() if found else ""
    except ValueError:
        return ""
