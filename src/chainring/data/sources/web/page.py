"""A page becomes text with its papers: main text, title, date, language, licence, links, wishes.

Enter the bytes of a page, its address and its headers, leaves a `Page`:

===========  ===================================  ==========================
field        English example                      Chinese example
===========  ===================================  ==========================
text         Returns are free within 30 days.     三十天内可免费退货。
title        Returns                              退货
language     en                                   zh
licence      CC-BY-4.0                            CC-BY-SA-4.0
published    2026-11-02                           2026-11-02
===========  ===================================  ==========================

Main text is found by trafilatura (Barbaresi 2021); readers' comments are left out, as others'
words under other terms.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from chainring.contracts.errors import InputError, MissingPackageError
from chainring.contracts.said import Said
from chainring.data.sources.web.charset import decoded
from chainring.data.sources.web.dates import published
from chainring.data.sources.web.directives import Obeyed, obeyed
from chainring.data.sources.web.licence import licence_of
from chainring.data.sources.web.urls import normal
from chainring.text.language import language

TYPES = ("text/html", "application/xhtml+xml", "text/plain")
MAX_LINKS = 5000
_HEADERS = ("x-robots-tag", "tdm-reservation", "content-usage", "content-signal")
_METAS = ("robots", "chainring", "tdm-reservation", "content-usage")
_BROKEN = (
    ArithmeticError, AssertionError, AttributeError, LookupError, RuntimeError, TypeError,
    ValueError,
)  # fmt: skip
Headers = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One page, read; `text` is empty when it has no main text."""

    text: str
    title: str = ""
    language: str = ""
    licence: str = ""
    published: str = ""
    obeyed: Obeyed
    links: tuple[str, ...] = ()

    @property
    def titled(self) -> str:
        """The text under its title, where it does not begin with it."""
        headed = self.title and not self.text.startswith(self.title)
        return f"{self.title}\n{self.text}" if headed else self.text


def read_page(body: bytes, *, url: str, headers: Headers = ()) -> Page:
    """Read a page.

    Parameters
    ----------
    body
        Its bytes, unpacked.
    url
        Its address, to which its links are relative.
    headers
        Names in small letters and values, as the server sent them.

    Raises
    ------
    InputError
        When the page cannot be read as HTML.
    """
    kind = _value(headers, "content-type")
    text, _ = decoded(body, content_type=kind)
    signals = [(name, value) for name, value in headers if name in _HEADERS]
    if kind.lower().startswith("text/plain"):
        return Page(text=text.strip(), obeyed=obeyed(signals), language=_spoken("", text))
    try:
        return _read_html(text, url, headers, signals)
    except _BROKEN as error:  # a stranger's page may break a parser; it breaks no crawl
        raise InputError(f"cannot be read as HTML ({type(error).__name__})") from error


def _read_html(text: str, url: str, headers: Headers, signals: list[tuple[str, str]]) -> Page:
    tree = _tree(text)
    if tree is None:
        return Page(text="", obeyed=obeyed(signals))
    wishes = obeyed([*signals, *_metas(tree)])
    links = tuple(_links(tree, url)) if wishes.follow else ()
    if not wishes.keep:
        return Page(text="", obeyed=wishes, links=links)
    licence = licence_of(tree, url=url, links=[v for n, v in headers if n == "link"])
    main = _main(tree, url)
    said = tree.get("lang") or tree.get("xml:lang") or _value(headers, "content-language")
    return Page(
        text=main,
        title=_title(tree),
        published=published(tree),
        language=_spoken(said, main),
        licence=licence,
        obeyed=wishes,
        links=links,
    )


def _tree(text: str) -> Any:
    try:
        import trafilatura
    except ImportError as error:
        raise MissingPackageError(
            "trafilatura", extra="data", needed_for=Said("web pages", zh="读取网页")
        ) from error
    return trafilatura.load_html(text)


def _main(tree: Any, url: str) -> str:
    import trafilatura

    found: Any = trafilatura.bare_extraction(tree, url=url, include_comments=False)
    return (found.text or "").strip() if found is not None else ""


def _title(tree: Any) -> str:
    """Return what the page is headed with: for sharing, else its one heading, else its window."""
    shared = (m.get("content") for m in tree.iter("meta") if m.get("property") == "og:title")
    heads = [node.text_content() for node in tree.iter("h1")]
    named = (node.text_content() for node in tree.iter("title"))
    found = next(shared, None) or (heads[0] if len(heads) == 1 else "") or next(named, "")
    return " ".join(found.split())


def _value(headers: Headers, name: str) -> str:
    return next((value for key, value in headers if key == name), "")


def _metas(tree: Any) -> Iterator[tuple[str, str]]:
    for meta in tree.iter("meta"):
        name = (meta.get("name") or meta.get("http-equiv") or "").strip().lower()
        if name in (*_METAS, *_HEADERS):
            yield name, meta.get("content") or ""


def _links(tree: Any, url: str) -> Iterator[str]:
    """Yield the normal forms of a page's links, each once; `rel="nofollow"` is no link."""
    base = next((node.get("href") for node in tree.iter("base") if node.get("href")), "")
    start = normal(base, base=url) or url if base else url
    seen: set[str] = set()
    for node in tree.iter("a", "area"):
        target = node.get("href")
        if not target or "nofollow" in (node.get("rel") or "").lower().split():
            continue
        found = normal(target, base=start)
        if found and found not in seen:
            seen.add(found)
            yield found
        if len(seen) >= MAX_LINKS:
            return


def _spoken(said: str, text: str) -> str:
    """Return the language a page names, unless its script says that a template named it."""
    named = said.strip().lower().replace("_", "-").partition("-")[0].partition(",")[0]
    written = language(text)
    if named in ("en", "zh") and written in ("en", "zh"):
        return written
    return named if named.isalpha() and 2 <= len(named) <= 3 else ""
