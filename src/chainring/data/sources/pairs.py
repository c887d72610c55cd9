"""Pairs of a text and its translation, from aligned files, TSV and TMX: in a stream, one at a time.

Enters paths, leaves `(place, source, target)`; the place is what a person looks up.

    aligned(en, zh, report=report, max_bytes=1 << 20)    # line 12 of both files
    tmx(path, source="en", target="zh", report=report)   # unit 12

TMX is XML from strangers: a document type may stand there (the format has one), but an entity that
it declares ends the reading, and no outside file is opened.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.parsers import expat

from chainring.contracts.errors import InputError
from chainring.data.lines import CutShort, Report, lines, opened

Pair = tuple[str, str, str]
_CHUNK = 1 << 16


def aligned(source: Path, target: Path, *, report: Report, max_bytes: int) -> Iterator[Pair]:
    """Yield the lines of two files side by side.

    Raises
    ------
    InputError
        When one has more lines than the other: then no line can be trusted.
    """
    ours = _whole(source, report, max_bytes)
    theirs = _whole(target, report, max_bytes)
    for number, (left, right) in enumerate(itertools.zip_longest(ours, theirs), 1):
        if left is None or right is None:
            longer = target if left is None else source
            raise InputError(
                f"{longer.name} has more lines than the other file, which ends after line "
                f"{number - 1}; aligned files have one pair a line"
            )
        yield f"line {number}", left, right


def _whole(path: Path, report: Report, max_bytes: int) -> Iterator[str]:
    """Yield every line; an empty one where it cannot be read, so that both stay side by side."""
    expected = 1
    for number, line in lines(path, report=report, max_bytes=max_bytes):
        yield from itertools.repeat("", number - expected)
        yield line
        expected = number + 1


def tsv(path: Path, *, report: Report, max_bytes: int) -> Iterator[Pair]:
    """Yield the first two fields of each line."""
    for number, line in lines(path, report=report, max_bytes=max_bytes):
        fields = line.rstrip("\r\n").split("\t")
        if len(fields) >= 2:
            yield f"line {number}", fields[0], fields[1]
        elif line.strip():
            report(f"line {number}", "one field; text, tab, translation are expected")


def tmx(path: Path, *, source: str, target: str, report: Report) -> Iterator[Pair]:
    """Yield the units of a translation memory that have both languages."""
    parser = expat.ParserCreate(namespace_separator=None)
    units = _Units(source, target)
    parser.StartElementHandler, parser.EndElementHandler = units.start, units.end
    parser.CharacterDataHandler = units.text
    parser.EntityDeclHandler = _refuse_entity
    parser.ExternalEntityRefHandler = lambda *_: 1  # the format's document type: not opened
    parser.SetParamEntityParsing(expat.XML_PARAM_ENTITY_PARSING_NEVER)
    try:
        with opened(path) as file:
            while chunk := file.read(_CHUNK):
                parser.Parse(chunk, False)
                yield from units.taken()
            parser.Parse(b"", True)
        yield from units.taken()
    except (expat.ExpatError, EOFError, OSError) as error:
        yield from units.taken()
        cause = CutShort(f"no TMX that can be read ({error})")
        report(f"after unit {units.number}", cause)


def _refuse_entity(name: str, *_: Any) -> None:
    raise InputError(
        f"the TMX file declares an entity ({name}), which a translation memory has no use for and "
        "which can hide an attack; take the declaration out"
    )


class _Units:
    """Collects translation units while the parser goes through a file."""

    def __init__(self, source: str, target: str) -> None:
        self._languages = (source, target)
        self.number = 0
        self._done: list[Pair] = []
        self._found: dict[str, str] = {}
        self._language = ""
        self._pieces: list[str] = []
        self._depth = 0
        """How deep inside a segment; what is inside inline tags of markup is no text."""

    def taken(self) -> list[Pair]:
        """Return the pairs that are whole, once."""
        done, self._done = self._done, []
        return done

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """Note where an element begins."""
        if name == "tu":
            self.number += 1
            self._found = {}
        elif name == "tuv":
            told = attributes.get("xml:lang") or attributes.get("lang", "")
            self._language = told.lower().replace("_", "-").partition("-")[0]
        elif name == "seg":
            self._depth, self._pieces = 1, []
        elif self._depth:
            self._depth += name not in ("hi", "sub")

    def end(self, name: str) -> None:
        """Note where an element ends."""
        if name == "seg":
            self._found.setdefault(self._language, "".join(self._pieces))
            self._depth = 0
        elif name == "tu":
            source, target = (self._found.get(one, "") for one in self._languages)
            self._done.append((f"unit {self.number}", source, target))
        elif self._depth:
            self._depth -= name not in ("hi", "sub")

    def text(self, data: str) -> None:
        """Keep the text of a segment."""
        if self._depth == 1:
            self._pieces.append(data)
