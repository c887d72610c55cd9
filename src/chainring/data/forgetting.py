"""Forgetting in harvests: rows that remote sources brought in go, and are not stored again.

Enters the folder of a harvest and what is unwanted, leaves the number of rows that went.

    becomes = partial(record_of, app="shop", guard=guard, settings=recipe.data, secret=secret)
    forget_rows(folder, unwanted, becomes=becomes, secret=secret)
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

from chainring.contracts.forgotten import is_forgotten, source_mark
from chainring.contracts.record import Record
from chainring.data.harvest import FILE, Harvest
from chainring.data.rows import RawRow
from chainring.text.normalise import normalise

Becomes = Callable[[RawRow], Record]


@dataclass(frozen=True, slots=True, kw_only=True)
class Unwanted:
    """Marks and ids of records; `subjects` and `authors` by name, for rows that come later."""

    marks: Collection[str]
    records: Collection[str]
    subjects: tuple[str, ...] = ()
    authors: tuple[str, ...] = ()


def harvest_folders(root: Path) -> list[Path]:
    """Return the folders below `root` that hold a harvest."""
    return sorted(path.parent for path in root.glob(f"*/{FILE}"))


def count_rows(folder: Path, unwanted: Unwanted, *, becomes: Becomes, secret: bytes) -> int:
    """Return how many rows of a harvest would go."""
    with Harvest.open(folder) as harvest:
        return sum(1 for _ in _chosen(harvest, unwanted, becomes, secret))


def forget_rows(folder: Path, unwanted: Unwanted, *, becomes: Becomes, secret: bytes) -> int:
    """Take rows out of a harvest for good; return how many went."""
    with Harvest.open(folder) as harvest:
        chosen = list(_chosen(harvest, unwanted, becomes, secret))
        for identifier in chosen:
            harvest.forget("row", identifier)
            harvest.drop(identifier)
        for kind, names in (("subject", unwanted.subjects), ("author", unwanted.authors)):
            for name in names:
                harvest.forget(kind, name)
        if source_mark(folder.name, secret) in unwanted.marks:
            harvest.forget("source", "")
        harvest.scour()
        return len(chosen)


def names_person(folder: Path, column: str, name: str) -> bool:
    """Return whether a row of a harvest names this person in `subject` or `author`."""
    with Harvest.open(folder) as harvest:
        return any(normalise(row.get(column, "")) == name for _, row in harvest.rows())


def _chosen(harvest: Harvest, unwanted: Unwanted, becomes: Becomes, secret: bytes) -> Iterator[str]:
    source = harvest.folder.name
    for identifier, row in harvest.rows():
        record = becomes(
            RawRow(source=source, locator=identifier, split="", values=row, key=identifier)
        )
        if record.id in unwanted.records or is_forgotten(record, unwanted.marks, secret=secret):
            yield identifier
