"""Records in a stream: on which terms they came, and the few that somebody asks for.

Enters the folder of a records table, leaves counts or records; a line at a time is in memory.

    terms(folder)                         # {('data/help.csv', 'CC-BY-4.0', 'owner'): 900}
    records_of(folder, {"rec_1f…"})       # {'rec_1f…': Record(...)}
    named(folder, "data/help.csv line 12")
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any, TypeVar

from chainring.contracts.codec import build, decode
from chainring.contracts.record import Record
from chainring.store.tables import TABLE_FILE

Terms = tuple[str, str, str]
N = TypeVar("N")


def terms(folder: Path) -> dict[Terms, int]:
    """Return records by (source, licence, consent), most first."""
    found: Counter[Terms] = Counter()
    for row in _plain(folder):
        found[row["source"], row["licence"], row["consent"]] += 1
    return dict(found.most_common())


def records_of(folder: Path, identifiers: Collection[str]) -> dict[str, Record]:
    """Return some records by id."""
    wanted = set(identifiers)
    found: dict[str, Record] = {}
    if not wanted:
        return found
    for row in _plain(folder):
        if row["id"] in wanted:
            found[row["id"]] = build(Record, row)
            if len(found) == len(wanted):
                break
    return found


def named(folder: Path, name: str, *, most: int = 10) -> list[Record]:
    """Return the records that a name fits: an id, a locator, or `SOURCE LOCATOR`; at most ten.

    Ids of what a record was made from (a prediction, a feedback) fit, too.
    """
    found = []
    for record in mentioning(Record, folder, name.rpartition("/")[2].rpartition(" ")[2]):
        place = f"{record.source} {record.locator}"
        if name in (record.id, record.locator, place, *record.parents):
            found.append(record)
            if len(found) == most:
                break
    return found


def mentioning(kind: type[N], folder: Path, piece: str) -> Iterator[N]:
    """Yield the nouns of a table whose line holds a piece of text; the others are not decoded."""
    path = folder / TABLE_FILE
    if not path.is_file():
        return
    escaped = json.dumps(piece, ensure_ascii=False)[1:-1]
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            if escaped in line:
                yield decode(kind, line)


def _plain(folder: Path) -> Iterator[dict[str, Any]]:
    with (folder / TABLE_FILE).open(encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)
