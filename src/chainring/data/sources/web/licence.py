"""The licence that a page states for itself, in the names of SPDX where it has one.

Enters the page as a tree, leaves a name, the address of another licence, or an empty string:

=====================================================  =================
``<a rel="license" href="…/licenses/by-sa/4.0/">``     CC-BY-SA-4.0
``<meta name="dc.rights" content="CC BY 4.0">``        CC-BY-4.0
JSON-LD ``{"@type": "Article", "license": "…"}``       as its address
a link to creativecommons.org in the foot of the page  as its address
nothing, or several that differ in the foot            an empty string
=====================================================  =================

>>> named("https://creativecommons.org/licenses/by-nc/3.0/de/deed.en")
'CC-BY-NC-3.0-DE'
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import urljoin

from chainring.data.sources.web.jsonld import nodes

_CC = re.compile(
    r"creativecommons\.org/licen[sc]es/(by(?:-(?:nc-nd|nc-sa|nc|nd|sa))?)/(\d\.\d)"
    r"(?:/(?!deed|legalcode)([a-z]{2,3})\b)?",
    re.I,
)
_CC0 = re.compile(r"creativecommons\.org/publicdomain/zero/1\.0|\bCC0\b", re.I)
_MARK = re.compile(r"creativecommons\.org/publicdomain/mark/1\.0", re.I)
_WORDS = re.compile(
    r"\b(?:CC|Creative Commons)[\s-]+(BY(?:-(?:NC-ND|NC-SA|NC|ND|SA))?)[\s-]*(\d\.\d)?\b", re.I
)
_RIGHTS = (
    "dc.rights", "dc:rights", "dcterms.rights", "dcterms.license", "dc.rights.license",
    "dcterms:license", "license", "licence", "citation_license",
)  # fmt: skip
_FOOT = re.compile(r"foot|licen[sc]e|copyright|rights", re.I)
_LINK = re.compile(r"<([^<>]*)>\s*;([^,<]*)")
_IS_LICENCE = re.compile(r"\brel\s*=\s*\"?[^\",;=]*\blicense\b", re.I)
_MAX_LINK = 1 << 16
"""Characters of a `Link` header that are read."""


def licence_of(tree: Any, *, url: str = "", links: Sequence[str] = ()) -> str:
    """Return what a page says of its own licence.

    Where the page itself names several, all of them count: `CC-BY-4.0 AND …`.

    Parameters
    ----------
    tree
        The page, parsed by lxml.
    url
        Its address.
    links
        The values of its `Link` headers.
    """
    linked = [*_related(tree), *(link for value in links for link in _in_header(value))]
    stated = [urljoin(url, link) for link in linked or _in_json(tree)] or [*_in_metas(tree)]
    if stated:
        return " AND ".join(sorted({named(text) or text.strip()[:200] for text in stated}))
    in_foot = {name for name in map(named, _in_foot(tree)) if name}
    return in_foot.pop() if len(in_foot) == 1 else ""


def _in_header(value: str) -> Iterator[str]:
    """Yield the addresses that a `Link` header calls the licence."""
    for found in _LINK.finditer(value[:_MAX_LINK]):
        if _IS_LICENCE.search(found[2]):
            yield found[1]


def named(text: str) -> str:
    """Return the SPDX name of a Creative Commons licence in an address or a phrase, else nothing.

    >>> named("This text is under CC BY-SA 4.0."), named("all rights reserved")
    ('CC-BY-SA-4.0', '')
    """
    if found := _CC.search(text):
        pieces = ["CC", found[1], found[2], found[3] or ""]
        return "-".join(piece.upper() for piece in pieces if piece)
    if _CC0.search(text):
        return "CC0-1.0"
    if _MARK.search(text):
        return "LicenseRef-Public-Domain-Mark-1.0"
    if words := _WORDS.search(text):
        return "-".join(piece.upper() for piece in ("CC", words[1], words[2] or "") if piece)
    return ""


def _related(tree: Any) -> Iterator[str]:
    for node in tree.iter("a", "link", "area"):
        rel = (node.get("rel") or "").lower().split()
        if "license" in rel and node.get("href") and not _of_picture(node):
            yield node.get("href")


def _of_picture(node: Any) -> bool:
    return any(parent.tag in ("figure", "figcaption") for parent in node.iterancestors())


def _in_metas(tree: Any) -> Iterator[str]:
    for meta in tree.iter("meta"):
        name = (meta.get("name") or meta.get("property") or "").strip().lower()
        if name in _RIGHTS and (meta.get("content") or "").strip():
            yield meta.get("content")


def _in_json(tree: Any) -> Iterator[str]:
    for node in nodes(tree):
        licence = node.get("license")
        if isinstance(licence, dict):
            licence = licence.get("url") or licence.get("@id") or licence.get("name")
        if isinstance(licence, str) and licence.strip():
            yield licence.strip()


def _in_foot(tree: Any) -> Iterator[str]:
    for node in tree.iter("a"):
        link = node.get("href") or ""
        if "creativecommons.org" in link and not _of_picture(node) and _is_foot(node):
            yield link


def _is_foot(node: Any) -> bool:
    return any(
        parent.tag == "footer" or _FOOT.search(f"{parent.get('class', '')} {parent.get('id', '')}")
        for parent in (node, *node.iterancestors())
    )
