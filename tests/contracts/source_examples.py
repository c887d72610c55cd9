"""A small source of each kind that stands still, with two texts: for the published suite."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from tests.data.sources.test_warc import write as write_warc
from tests.data.sources.web.conftest import Site, html, links

from chainring.contracts.parts import load_part
from chainring.contracts.source_checks import SourceExample
from chainring.data.harvest import Harvest

TEXTS = ("Where is my parcel?", "我要退货，谢谢。")
PAIRS = tuple(zip(TEXTS, ("我的包裹在哪里？", "I want to return it, thanks."), strict=True))


def _lines(path: Path, *rows: dict[str, Any]) -> str:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return str(path)


def _files(folder: Path) -> dict[str, Any]:
    _lines(folder / "a.jsonl", {"text": TEXTS[0]})
    _lines(folder / "b.jsonl", {"text": TEXTS[1]})
    return {"path": str(folder)}


def _dialogue(folder: Path) -> dict[str, Any]:
    dialogues = ({"turns": [["user", text], ["bot", "Thanks."]]} for text in TEXTS)
    return {"path": _lines(folder / "a.jsonl", *dialogues)}


def _parallel(folder: Path) -> dict[str, Any]:
    lines = "".join("\t".join(pair) + "\n" for pair in PAIRS)
    (folder / "a.tsv").write_text(lines, encoding="utf-8")
    return {"path": str(folder / "a.tsv"), "check_language": False}


def _sql(folder: Path) -> dict[str, Any]:
    place = folder / "shop.db"
    with closing(sqlite3.connect(place)) as database:
        database.execute("CREATE TABLE said (id INTEGER PRIMARY KEY, text TEXT)")
        database.executemany("INSERT INTO said (text) VALUES (?)", [(text,) for text in TEXTS])
        database.commit()
    return {"url": f"sqlite:///{place}", "query": "SELECT * FROM said", "key": "id"}


def _huggingface(folder: Path) -> dict[str, Any]:
    place = folder / "set"
    place.mkdir()
    _lines(place / "train.jsonl", *({"text": text} for text in TEXTS))
    return {"id": str(place)}


def _warc(folder: Path) -> dict[str, Any]:
    pages = {f"https://shop.example/{n}": html(number=n) for n in (1, 2)}
    write_warc(folder / "a.warc", pages)
    return {"path": str(folder / "a.warc")}


LOCAL: dict[str, Callable[[Path], dict[str, Any]]] = {
    "dialogue.v1": _dialogue,
    "files.v1": _files,
    "huggingface.v1": _huggingface,
    "parallel.v1": _parallel,
    "sql.v1": _sql,
    "warc.v1": _warc,
}


@pytest.fixture
def source_example(tmp_path: Path) -> Iterator[Callable[[str], SourceExample]]:
    """Yield a maker of the example of each part of kind `source`."""
    site = Site()
    site.pages = {"/": html(links("/1"), number=0), "/1": html(number=1)}

    def make(name: str) -> SourceExample:
        (tmp_path / "source").mkdir()
        if name == "web.v1":
            own: dict[str, Any] = {
                "seeds": [f"{site.root}/"], "contact": "data@shop.example", "delay_s": 0.0,
                "allow_private": [site.place],
            }  # fmt: skip
        else:
            own = LOCAL[name](tmp_path / "source")
        settings = load_part("source", name).settings.model_validate(own)
        return SourceExample(
            settings=settings,
            texts=TEXTS if name not in ("web.v1", "warc.v1") else _pages(name),
            open=Harvest.open,
            folder=tmp_path / "harvests",
        )

    yield make
    site.close()


def _pages(name: str) -> tuple[str, ...]:
    from chainring.data.sources.web.page import read_page

    numbers = (0, 1) if name == "web.v1" else (1, 2)
    return tuple(read_page(html(number=n), url="https://shop.example/").text for n in numbers)
