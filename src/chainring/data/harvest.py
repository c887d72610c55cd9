"""A harvest: what a remote source brought in, in one SQLite file that survives any kill.

A source part fills it (web pages, rows of a database, files of an archive); the `records` step
reads it as it reads a file. Rows are known by an id that is stable over turns, so a changed page
replaces itself and a page that is gone goes.

    with Harvest.open(Path(".chainring/harvests/help")) as harvest:
        harvest.put("https://shop.example/returns", {"text": "Returns are free.", "licence": "CC0"})
        harvest.commit()

======================  =====================================================================
a row's key             means
======================  =====================================================================
``text``                Returns are free within 30 days. / 三十天内可免费退货。
``locator``             https://shop.example/returns (where a person finds it)
``licence, consent``    as the source states them; the recipe's where it states none
``at``                  2026-11-25T04:00:00+00:00 (when it was written, else fetched)
``pair``                the second text, where the task compares two
``target``              what is right for the text: a number, tags, a written answer
``answer``              what follows the text: a reply, a translation (``answer_language``)
``context``             what stood before it: earlier turns of a dialogue
``episode``             what all turns of one conversation share: its id
======================  =====================================================================

With `redacts` the texts of a row are redacted before they are stored, as records are.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import secrets
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self

from chainring.contracts.codec import digest
from chainring.contracts.errors import ConflictError, InputError
from chainring.contracts.ids import keyed
from chainring.store.databases import PATIENCE_S, explained
from chainring.text.normalise import normalise

FILE = "harvest.db"
ROW_KEYS = (
    "text", "label", "language", "split", "subject", "licence", "consent", "author", "protected",
    "id", "locator", "at", "directives", "pair", "target", "answer", "answer_language", "context",
    "episode",
)  # fmt: skip
TEXTS = ("text", "pair", "answer", "context")
DROPPED = "dropped"
"""Name of the state that tells what a part passed over: JSON, reason → count."""

_PEOPLE = ("subject", "author")
_DIGEST = "digest of the rows"
_SALT = "salt of the forgotten"
_SCHEMA = """
CREATE TABLE IF NOT EXISTS rows (id TEXT PRIMARY KEY, row TEXT NOT NULL, digest TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS state (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS forgotten (mark TEXT PRIMARY KEY);
"""


Refuses = Callable[[str, dict[str, str]], bool]
"""Whether a row of this id is not to be stored."""


def _nothing(identifier: str, row: dict[str, str]) -> bool:
    return False


@contextmanager
def held(folder: Path, name: str) -> Iterator[None]:
    """Hold the harvest of a source: one process at a time brings it up to date.

    Raises
    ------
    ConflictError
        When another one does so now.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise ConflictError(
                f"another process brings source {name} up to date; wait for it to end"
            ) from error
        yield


class Harvest:
    """The rows and the state of one source.

    `connection` is open to tables of a part's own (a frontier); what is put there and here until
    `commit` is kept or lost together.
    """

    def __init__(
        self, folder: Path, connection: sqlite3.Connection, *, redacts: bool = False
    ) -> None:
        self.folder, self.connection, self.redacts = folder, connection, redacts
        self.refuses: Refuses = _nothing
        """Told of id and row before one is stored: what was forgotten stays away."""
        self.changes = 0
        """Rows that were put, replaced or dropped since this harvest was opened."""

    def is_whole(self) -> bool:
        """Whether the file can be read throughout."""
        try:
            found = self.connection.execute("PRAGMA quick_check").fetchone()
        except sqlite3.DatabaseError:
            return False
        return bool(found == ("ok",))

    @classmethod
    def open(cls, folder: Path, *, redacts: bool = False) -> Self:
        """Open the harvest of a folder, made when it is not there.

        Raises
        ------
        DamagedError
            When the file is no database that can be read.
        LockedError
            When another process keeps it locked.
        SpaceError
            When its disk is full.

        What is done with it raises these, too, where it ends a `with`.
        """
        folder.mkdir(parents=True, exist_ok=True)
        connection = sqlite3.connect(folder / FILE, timeout=PATIENCE_S)
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA synchronous=FULL")
            connection.execute("PRAGMA fullfsync=ON")  # macOS: to the disk, not to its cache
            connection.execute("PRAGMA checkpoint_fullfsync=ON")
            connection.execute("PRAGMA secure_delete=ON")  # a forgotten text leaves no bytes behind
            connection.executescript(_SCHEMA)
        except sqlite3.Error as error:
            connection.close()
            raise explained(folder / FILE, error) from error
        return cls(folder, connection, redacts=redacts)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        self.close()
        if isinstance(error, sqlite3.Error):
            told = explained(self.folder / FILE, error)
            if told is not error:
                raise told from error

    def close(self) -> None:
        """Close the database; what was not committed is lost."""
        self.connection.close()

    @property
    def copies(self) -> Path:
        """Where files from afar lie while they are read: as they came, so never for longer."""
        return self.folder / "copy"

    def drop_copies(self) -> None:
        """Take away what a kill left of files from afar."""
        shutil.rmtree(self.copies, ignore_errors=True)

    def drop_snapshots(self) -> None:
        """Take away what a killed backup of an earlier version left: every text in a copy."""
        for path in self.folder.glob("harvest.snapshot*"):
            path.unlink(missing_ok=True)

    def put(self, identifier: str, row: dict[str, str]) -> bool:
        """Put a row, or replace the one with this id; return whether anything changed.

        Raises
        ------
        InputError
            When the row has a key that no row has, or no text.
        """
        strangers = sorted(set(row) - set(ROW_KEYS))
        if strangers or "text" not in row:
            known = ", ".join(ROW_KEYS)
            fault = f"unknown keys {', '.join(strangers)}" if strangers else "no `text`"
            raise InputError(f"row {identifier!r} of a harvest has {fault}; known: {known}")
        kept = self.prepared(row)
        if self._is_forgotten(identifier, row) or self.refuses(identifier, kept):
            return False
        body = json.dumps(kept, ensure_ascii=False, sort_keys=True)
        found = digest([identifier, body], size=16)
        changed = self.connection.execute(
            "INSERT INTO rows VALUES (?, ?, ?) ON CONFLICT (id) DO UPDATE SET row = excluded.row, "
            "digest = excluded.digest WHERE rows.digest != excluded.digest",
            (identifier, body, found),
        )
        return self._noted(changed)

    def forget(self, kind: str, name: str) -> None:
        """Never store again the `row` of this id, or any row of a `subject`, an `author`.

        The name itself is not kept; its width and spaces around it do not matter. With kind
        `source` nothing is stored any more. Rows that are there stay until they are dropped;
        `scour` then leaves no byte of them.
        """
        if not self.state(_SALT):
            self.set_state(_SALT, secrets.token_hex(16))
        told = normalise(name) if kind in _PEOPLE else name
        self.connection.execute(
            "INSERT OR IGNORE INTO forgotten VALUES (?)", (self._mark(kind, told),)
        )

    def scour(self) -> None:
        """Write the database anew after rows went, so that no page keeps a copy of them."""
        self.drop_copies()
        self.drop_snapshots()
        self.commit()
        self.connection.execute("VACUUM")
        self.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def _is_forgotten(self, identifier: str, row: dict[str, str]) -> bool:
        if not self.state(_SALT):
            return False
        names = [("source", ""), ("row", identifier)]
        for kind in _PEOPLE:  # as written, too: earlier versions marked names so
            told = row.get(kind, "")
            names += [(kind, one) for one in {told, normalise(told)} - {""}]
        marks = [self._mark(kind, name) for kind, name in names]
        slots = ", ".join("?" * len(marks))
        query = f"SELECT 1 FROM forgotten WHERE mark IN ({slots}) LIMIT 1"
        return self.connection.execute(query, marks).fetchone() is not None

    def _mark(self, kind: str, name: str) -> str:
        return keyed(bytes.fromhex(self.state(_SALT)), kind, name)

    def drop(self, identifier: str) -> bool:
        """Take a row away; return whether it was there."""
        gone = self.connection.execute("DELETE FROM rows WHERE id = ?", (identifier,))
        return self._noted(gone)

    def _noted(self, done: sqlite3.Cursor) -> bool:
        if done.rowcount > 0:
            self.changes += 1
            self.connection.execute("DELETE FROM state WHERE name = ?", (_DIGEST,))
        return done.rowcount > 0

    def prepared(self, row: dict[str, str]) -> dict[str, str]:
        """Return a row as it is stored: its texts redacted where this harvest redacts."""
        if not self.redacts:
            return row
        # its rules take 0.1 s to compile
        from chainring.data.values import redacted, redacted_target

        kept = row | {name: redacted(row[name]) for name in TEXTS if name in row}
        if "target" in row:
            kept["target"] = redacted_target(row["target"], kept["text"], raw=row["text"])
        return kept

    def state(self, name: str) -> str:
        """Return a value that a part kept (a cursor, an ETag), or an empty string."""
        found = self.connection.execute("SELECT value FROM state WHERE name = ?", (name,))
        row = found.fetchone()
        return "" if row is None else str(row[0])

    def set_state(self, name: str, value: str) -> None:
        """Keep a value until the next turn."""
        self.connection.execute("INSERT OR REPLACE INTO state VALUES (?, ?)", (name, value))

    def commit(self) -> None:
        """Make what was put durable: rows, state and a part's own tables together."""
        self.connection.commit()

    def rows(self) -> Iterator[tuple[str, dict[str, str]]]:
        """Yield id and row, in the order of the ids."""
        for identifier, body in self.connection.execute("SELECT id, row FROM rows ORDER BY id"):
            yield identifier, json.loads(body)

    def __len__(self) -> int:
        return int(self.connection.execute("SELECT count(*) FROM rows").fetchone()[0])

    def digest(self) -> str:
        """Return the digest of all rows: the cursor of the source in a memo key.

        It is kept until a row changes: an unchanged harvest of any size is not read again.
        """
        if kept := self.state(_DIGEST):
            return kept
        total = hashlib.blake2b(digest_size=32)
        for (row,) in self.connection.execute("SELECT digest FROM rows ORDER BY id"):
            total.update(row.encode() + b"\n")
        found = f"blake2b:{total.hexdigest()}"
        if not self.connection.in_transaction:
            self.set_state(_DIGEST, found)
            self.commit()
        return found
