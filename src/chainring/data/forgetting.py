"""Forgetting in harvests: rows that remote sources brought in go, and are not stored again.

Enters the folder of a harvest and what is unwanted, leaves what went. A harvest lies on one
machine, an act in the ledger of all: `catch_up` does there what others did elsewhere.

    becomes = partial(record_of, app="shop", guard=guard, settings=recipe.data, secret=secret)
    forget_rows(folder, unwanted, becomes=becomes, secret=secret)
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Set
from dataclasses import dataclass
from pathlib import Path

from chainring.contracts.codec import digest
from chainring.contracts.errors import ConflictError
from chainring.contracts.forgotten import author_mark, is_forgotten, source_mark, subject_mark
from chainring.contracts.record import Record
from chainring.data.harvest import FILE, TEXTS, Harvest, Refuses, held
from chainring.data.rows import RawRow
from chainring.text.normalise import normalise

Becomes = Callable[[RawRow], Record]
_CAUGHT_UP = "marks that were looked for"
_LAST_ACT = "marks of the last act here"


@dataclass(frozen=True, slots=True, kw_only=True)
class Unwanted:
    """Marks and ids of the records that go."""

    marks: Collection[str]
    records: Collection[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Marked:
    """How a row is known that no harvest may hold: by the marks of all that was ever forgotten."""

    marks: frozenset[str]
    becomes: Becomes
    secret: bytes

    @property
    def known(self) -> str:
        """What changes when something else is forgotten; empty where nothing was."""
        return digest(sorted(self.marks), size=16) if self.marks else ""

    def of(self, source: str) -> Callable[[str, dict[str, str]], bool]:
        """Return what tells of an id and a row of a source whether it carries a mark.

        What names a person is compared as it stands, before the row is read any further. For an
        act on one record the row has to become the record, which takes longer.
        """
        if not self.marks:
            return lambda identifier, row: False
        if source_mark(source, self.secret) in self.marks:
            return lambda identifier, row: True
        by_record = any(mark.startswith("record:") for mark in self.marks)

        def carries(identifier: str, row: dict[str, str]) -> bool:
            told = {make(name, self.secret) for make, name in _people(row)}
            if not self.marks.isdisjoint(told):
                return True
            if not by_record:
                return False
            record = _record(source, identifier, row, self.becomes)
            return is_forgotten(record, self.marks, secret=self.secret)

        return carries


def harvest_folders(root: Path) -> list[Path]:
    """Return the folders below `root` that hold a harvest."""
    return sorted(path.parent for path in root.glob(f"*/{FILE}"))


def count_rows(folder: Path, unwanted: Unwanted, *, becomes: Becomes, secret: bytes) -> int:
    """Return how many rows of a harvest would go."""
    with Harvest.open(folder) as harvest:
        return sum(1 for _ in _chosen(harvest, unwanted, becomes, secret))


def forget_rows(
    folder: Path, unwanted: Unwanted, *, becomes: Becomes, secret: bytes
) -> frozenset[str]:
    """Take rows out of a harvest for good; return the texts of those that were no records yet.

    Texts of records are known by the trees; what rows that stay have, too, tells `staying_texts`.
    """
    texts = set[str]()
    with Harvest.open(folder) as harvest:
        chosen = []
        for record, identifier, row in _chosen(harvest, unwanted, becomes, secret):
            chosen.append(identifier)
            if record not in unwanted.records:
                texts.update(_texts(row))
        for identifier in chosen:
            harvest.forget("row", identifier)
            harvest.drop(identifier)
        harvest.set_state(_LAST_ACT, digest(sorted(unwanted.marks), size=16))
        if source_mark(folder.name, secret) in unwanted.marks:
            harvest.forget("source", "")
        harvest.scour()
        return frozenset(texts)


def staying_texts(folder: Path, texts: Set[str]) -> set[str]:
    """Return those of the texts that a row of a harvest has."""
    if not texts:
        return set()
    with Harvest.open(folder) as harvest:
        return {text for _, row in harvest.rows() for text in _texts(row) if text in texts}


def refusing(harvest: Harvest, marked: Callable[[], Marked]) -> Refuses:
    """Return what refuses a marked row; it learns of what `forget_rows` does here meanwhile."""
    source = harvest.folder.name
    last, carries = harvest.state(_LAST_ACT), marked().of(source)

    def refuses(identifier: str, row: dict[str, str]) -> bool:
        nonlocal last, carries
        if (now := harvest.state(_LAST_ACT)) != last:
            last, carries = now, marked().of(source)
        return carries(identifier, row)

    return refuses


def catch_up(harvest: Harvest, marked: Marked) -> int:
    """Take out the rows with a mark that came since this was last done; return how many went.

    It is for who holds the harvest: a row that a fetch stores later would stay there unseen.
    """
    if _is_caught_up(harvest, marked):
        return 0
    carries = marked.of(harvest.folder.name)
    chosen = [identifier for identifier, row in harvest.rows() if carries(identifier, row)]
    for identifier in chosen:
        harvest.drop(identifier)
    harvest.set_state(_CAUGHT_UP, marked.known)
    if chosen:
        harvest.scour()
    harvest.commit()
    return len(chosen)


def catch_up_rows(folder: Path, marked: Marked) -> int:
    """Do the same to the harvest of a folder; a fetch that runs there does it at its end."""
    with Harvest.open(folder) as harvest:
        harvest.drop_snapshots()
        if _is_caught_up(harvest, marked):
            return 0
    try:
        with held(folder, folder.name), Harvest.open(folder) as harvest:
            return catch_up(harvest, marked)
    except ConflictError:
        return 0


def names_person(folder: Path, column: str, name: str) -> bool:
    """Return whether a row of a harvest names this person in `subject` or `author`."""
    with Harvest.open(folder) as harvest:
        return any(normalise(row.get(column, "")) == name for _, row in harvest.rows())


def _is_caught_up(harvest: Harvest, marked: Marked) -> bool:
    return harvest.state(_CAUGHT_UP) == marked.known


def _chosen(
    harvest: Harvest, unwanted: Unwanted, becomes: Becomes, secret: bytes
) -> Iterator[tuple[str, str, dict[str, str]]]:
    """Yield the rows that go: the id of the record that each becomes, its own, and the row."""
    source = harvest.folder.name
    for identifier, row in harvest.rows():
        record = _record(source, identifier, row, becomes)
        if record.id in unwanted.records or is_forgotten(record, unwanted.marks, secret=secret):
            yield record.id, identifier, row


def _texts(row: Mapping[str, str]) -> Iterator[str]:
    yield from (row[name] for name in TEXTS if name in row)


def _record(source: str, identifier: str, row: dict[str, str], becomes: Becomes) -> Record:
    return becomes(RawRow(source=source, locator=identifier, split="", values=row, key=identifier))


def _people(row: Mapping[str, str]) -> Iterator[tuple[Callable[[str, bytes], str], str]]:
    """Yield how each name in a row is marked, and the name: as acts told it, and as it stands."""
    for column, make in (("subject", subject_mark), ("author", author_mark)):
        told = row.get(column, "")
        for name in {told, normalise(told)} - {""}:
            yield make, name
