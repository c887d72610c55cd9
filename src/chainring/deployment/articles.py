"""Help articles: the one that belongs to an answer.

Enters a file of JSON lines (or a folder of such files), leaves the article of a label and language.

=========  ==================================  ==========================
field      English example                     Chinese example
=========  ==================================  ==========================
title      How to follow your parcel           怎么查看包裹走到哪里
text       Open "My orders" and …              登录后进入“我的订单”……
label      track_order                         track_order
language   en (read off the text if missing)   zh
=========  ==================================  ==========================
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chainring.contracts.errors import InputError
from chainring.store.files import jsonl_files
from chainring.text.language import language


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    """One help article."""

    title: str
    text: str
    label: str
    language: str


class Articles:
    """Articles by label and language; the first one of a file stands for its label."""

    def __init__(self, articles: Iterable[Article]) -> None:
        self._by_place: dict[tuple[str, str], Article] = {}
        for article in articles:
            self._by_place.setdefault((article.label, article.language), article)
            self._by_place.setdefault((article.label, ""), article)

    def find(self, label: str, language: str) -> Article | None:
        """Return the article of a label in a language, else in any (it says which), else None."""
        return self._by_place.get((label, language)) or self._by_place.get((label, ""))


def load_articles(path: Path) -> Articles:
    """Return the articles of a JSON-lines file, or of all `*.jsonl` files of a folder.

    Hidden files are passed over: macOS lays such beside each file on other disks.

    Raises
    ------
    InputError
        With every faulty line at once.
    """
    files = jsonl_files(path) if path.is_dir() else [path]
    if not files or not files[0].is_file():
        raise InputError(f"no articles at {path}: give a .jsonl file or a folder of them")
    found: list[Article] = []
    faults: list[str] = []
    for file in files:
        for number, line in enumerate(file.read_bytes().splitlines(), 1):
            article = _article(line)
            if isinstance(article, Article):
                found.append(article)
            elif article:
                faults.append(f"{file.name}, line {number}: {article}")
    if faults:
        raise InputError(f"articles at {path} cannot be read", faults=faults)
    return Articles(found)


def _article(line: bytes) -> Article | str:
    """Return the article of a line, or its fault; an empty text for an empty line."""
    if not line.strip():
        return ""
    try:
        row: Any = json.loads(line)
    except ValueError as error:
        return f"not readable as JSON ({error})"
    if not isinstance(row, dict):
        return "expected an object with title, text, label"
    wrong = [k for k in ("title", "text", "label") if not isinstance(row.get(k), str) or not row[k]]
    if wrong:
        return f"expected texts title, text, label; found none for {', '.join(wrong)}"
    spoken = row.get("language") or language(f"{row['title']} {row['text']}")
    return Article(title=row["title"], text=row["text"], label=row["label"], language=str(spoken))
