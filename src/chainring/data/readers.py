r"""The parts that open files: each yields `(locator, row)` in a stream and reports what it cannot.

A reader is a part of kind `reader`; `jsonl.v1` opens files that end in `.jsonl` (or `.jsonl.gz`).

=============  ==========================================================================
part           a row is
=============  ==========================================================================
``jsonl.v1``    a line with a JSON object: ``{"text": "我的包裹到哪了？", "label": "track"}``
``csv.v1``      a line under a header, quoted by ``"``; separated by ``,`` (or ``;``)
``tsv.v1``      a line under a header, separated by tabs; a quote is a plain character
``parquet.v1``  a row of a Parquet file
``text.v1``     a line of a ``.txt`` file, without a label: ``Where is my parcel?``
=============  ==========================================================================
"""

from __future__ import annotations

import csv
import json
import re
from collections import Counter, deque
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Any, Protocol

from chainring.data.lines import CutShort, Report, lines, rewritten

_SEPARATOR = re.compile(r'"?sep=(?P<sign>[^\r\n"])"?[\r\n]*', re.IGNORECASE)
Rows = Iterator[tuple[str, dict[str, Any]]]


class Reader(Protocol):
    """The signature of a reader part."""

    def __call__(self, path: Path, *, report: Report, max_bytes: int) -> Rows:
        """Yield the rows of a file; `report` a fault and go on with the next row."""
        ...


def jsonl(path: Path, *, report: Report, max_bytes: int) -> Rows:
    """Yield the JSON objects of a file, one a line; blank lines are passed over."""
    is_first = True
    for number, line in lines(path, report=report, max_bytes=max_bytes):
        if not line.strip():
            continue
        is_array, is_first = is_first and line.lstrip().startswith("["), False
        if is_array:
            report(f"line {number}", CutShort(_is_array(path)))
            return
        try:
            row = json.loads(line)
        except (ValueError, RecursionError) as error:
            report(f"line {number}", f"no JSON ({error}); one object a line is expected")
            continue
        if isinstance(row, dict):
            yield f"line {number}", row
        else:
            report(f"line {number}", f"a JSON {type(row).__name__}, an object is expected")


def _is_array(path: Path) -> str:
    return "one JSON array, an object a line is expected; take it apart: " + rewritten(
        path, "jq -c '.[]'"
    )


def text(path: Path, *, report: Report, max_bytes: int) -> Rows:
    """Yield every line that is not blank as a row with the one column `text`."""
    for number, line in lines(path, report=report, max_bytes=max_bytes):
        if line.strip():
            yield f"line {number}", {"text": line}


def csv_(path: Path, *, report: Report, max_bytes: int) -> Rows:
    """Yield the rows of a comma-separated file; `;` serves where the header holds no comma.

    A first line `sep=;`, as Excel writes it, names the sign.
    """
    found = lines(path, report=report, max_bytes=max_bytes)
    first = _header_line(found)
    if first is None:
        return
    csv.field_size_limit(max(csv.field_size_limit(), max_bytes))  # who is too long is told later
    said = _SEPARATOR.fullmatch(first[1])
    if said:
        sign, texts = said["sign"], (line for _, line in found)
    else:
        sign = ";" if "," not in first[1] and ";" in first[1] else ","
        texts = (line for _, line in chain([first], found))
    rows = csv.reader(texts, delimiter=sign, strict=True)
    yield from _table(rows, report, above=1 if said else 0)


def tsv(path: Path, *, report: Report, max_bytes: int) -> Rows:
    """Yield the rows of a tab-separated file, as IANA defines it: there is no quoting."""
    found = lines(path, report=report, max_bytes=max_bytes)
    first = _header_line(found)
    texts = (line for _, line in (chain([first], found) if first else ()))
    yield from _table(csv.reader(texts, delimiter="\t", quoting=csv.QUOTE_NONE), report)


def _header_line(found: Iterator[tuple[int, str]]) -> tuple[int, str] | None:
    """Return the first line; where it cannot be read, none: the next one is no header."""
    first = next(found, None)
    if first is not None and first[0] != 1:
        deque(found, maxlen=0)  # what else is wrong with the file is told, too
        return None
    return first


def _table(found: Any, report: Report, *, above: int = 0) -> Rows:
    """Yield the rows below the first one, their header; `above` it stand so many lines."""
    header: list[str] = []
    start = 1 + above
    try:
        for values in found:
            place, start = f"line {start}", found.line_num + 1 + above
            if not header:
                header = _header(values, report)
            elif len(values) == len(header) and not _is_stray(header, values):
                yield place, {k: v for k, v in zip(header, values, strict=True) if k}
            elif values:
                named = len(header) - header.count("")
                report(place, f"{len(values)} fields, the header has {named}; mind the quotes")
    except csv.Error as error:
        cause = f"{error}; is a quote not closed? One inside a quoted field is written twice. "
        report(f"line {start}", CutShort(cause + "What follows was not read"))


def _header(values: list[str], report: Report) -> list[str]:
    names = [value.strip() for value in values]
    twice = _twice(names)
    if twice:
        report("line 1", f"{twice} in the header")
    return names


def _twice(names: list[str]) -> str:
    """Return that columns have one name, or an empty string where none have."""
    twice = sorted(name for name, count in Counter(names).items() if name and count > 1)
    return f"columns {', '.join(map(repr, twice))} stand twice" if twice else ""


def _is_stray(header: list[str], values: list[str]) -> bool:
    """Return whether a value stands under one of several columns without a name.

    Excel writes such columns, empty, behind the last one; a single one numbers the rows.
    """
    if header.count("") < 2:
        return False
    return any(value.strip() and not name for name, value in zip(header, values, strict=True))


def parquet(path: Path, *, report: Report, max_bytes: int) -> Rows:
    """Yield the rows of a Parquet file, a batch in memory at a time."""
    import pyarrow.parquet as pq

    number = 0
    try:
        with pq.ParquetFile(path) as file:
            twice = _twice(file.schema_arrow.names)
            if twice:
                report("schema", twice)
            for batch in file.iter_batches(batch_size=1024):
                for row in _python_rows(batch):
                    number += 1
                    if isinstance(row, dict):
                        yield f"row {number}", row
                    else:
                        report(f"row {number}", row)
    except (ValueError, OSError) as error:  # Arrow's own errors are of these two
        report(f"after row {number}", CutShort(f"no Parquet file that can be read ({error})"))


def _python_rows(batch: Any) -> list[Any]:
    """Return the rows of a batch as dicts, or the cause in place of one that Python cannot hold."""
    try:
        return list(batch.to_pylist())
    except OverflowError:  # a time beyond the year 9999, say: an end that is open
        return [_python_row(batch, place) for place in range(batch.num_rows)]


def _python_row(batch: Any, place: int) -> dict[str, Any] | str:
    row: dict[str, Any] = {}
    for name, column in zip(batch.schema.names, batch.columns, strict=True):
        try:
            row[name] = column[place].as_py()
        except OverflowError:
            if column.type.num_fields:
                return f"column `{name}` holds a time out of range ({column.type})"
            row[name] = column[place].cast("string").as_py()
    return row
