"""One reading of one piece of a source: rows come in, and what was not read any more goes.

Enters rows in a stream (a table, a file), leaves the harvest as if it had been filled anew, with
only what changed written. A reading that was cut dropped nothing; the next one begins again.

    with Reading(harvest, piece="help.csv") as reading:
        reading.put("help.csv:1", {"text": "Where is my parcel?"})
"""

from __future__ import annotations

import json
from collections import Counter
from types import TracebackType

from chainring.contracts.codec import digest
from chainring.data.harvest import DROPPED, Harvest

ROWS_A_COMMIT = 1000
_SCHEMA = """
CREATE TABLE IF NOT EXISTS read_rows (
    id TEXT PRIMARY KEY, piece TEXT NOT NULL, pass INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS read_rows_by_piece ON read_rows (piece, pass);
CREATE TABLE IF NOT EXISTS read_pieces (piece TEXT PRIMARY KEY, print TEXT NOT NULL);
"""


def prepare(harvest: Harvest) -> None:
    """Make the tables of readings in a harvest; what was put before must be committed."""
    if not harvest.connection.execute(
        "SELECT 1 FROM sqlite_master WHERE name = 'read_pieces'"
    ).fetchone():
        harvest.connection.executescript(_SCHEMA)


class Reading:
    """A context that reads one piece; its fingerprint tells it unchanged later.

    Parameters
    ----------
    is_whole
        Whether everything is read, so that what is not read is gone.
    continues
        Whether this goes on with a whole reading that was cut.
    """

    def __init__(
        self,
        harvest: Harvest,
        *,
        piece: str,
        fingerprint: str = "",
        is_whole: bool = True,
        continues: bool = False,
    ) -> None:
        self.harvest, self._piece, self._print = harvest, piece, fingerprint
        self._is_whole, self.continues = is_whole, continues
        self._repeats: Counter[str] = Counter()
        self.dropped: Counter[str] = Counter()
        self.rows = 0

    def __enter__(self) -> Reading:
        prepare(self.harvest)
        found = self.harvest.connection.execute(
            "SELECT coalesce(max(pass), 0) FROM read_rows WHERE piece = ?", (self._piece,)
        )
        self._pass = int(found.fetchone()[0]) + (not self.continues)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind is None:
            if self._is_whole:
                drop_rows(self.harvest, self._piece, before=self._pass)
            self.harvest.connection.execute(
                "INSERT OR REPLACE INTO read_pieces VALUES (?, ?)", (self._piece, self._print)
            )
            note_dropped(self.harvest, +self.dropped, piece=self._piece)
            self.harvest.commit()

    def cut_short(self) -> None:
        """Note that the rest cannot be read: nothing is gone, and the next turn reads again."""
        self._is_whole, self._print = False, ""

    def put(self, identifier: str, row: dict[str, str]) -> bool:
        """Put a row by its id; False when this reading already had one of that id."""
        if not self._is_new(identifier):
            return False
        self.harvest.put(identifier, row)
        self.rows += 1
        if self.rows % ROWS_A_COMMIT == 0:
            self.harvest.commit()
        return True

    def put_by_text(self, prefix: str, row: dict[str, str]) -> None:
        """Put a row that has no id of its own: its texts tell it, equal ones are numbered.

        So a row put in at the top of a file changes no other row.
        """
        kept = self.harvest.prepared(row)  # a hash of a phone number could be reversed
        more = [kept[name] for name in ("pair", "target") if name in kept]
        told = digest([kept["text"], kept.get("answer", ""), *more], size=12).partition(":")[2]
        number = self._repeats[told] + 1
        while not self.put(f"{prefix}{told}" + (f".{number}" if number > 1 else ""), row):
            number += 1
        if number > 1:
            self._repeats[told] = number

    def _is_new(self, identifier: str) -> bool:
        done = self.harvest.connection.execute(
            "INSERT INTO read_rows VALUES (?, ?, ?) ON CONFLICT (id) DO UPDATE SET "
            "piece = excluded.piece, pass = excluded.pass "
            "WHERE piece != excluded.piece OR pass != excluded.pass",
            (identifier, self._piece, self._pass),
        )
        return done.rowcount > 0


def drop_rows(harvest: Harvest, piece: str, *, before: int) -> None:
    """Drop the rows of a piece that were last read before a pass."""
    where = (piece, before)
    gone = "SELECT id FROM read_rows WHERE piece = ? AND pass < ?"
    for (identifier,) in harvest.connection.execute(gone, where):
        harvest.drop(identifier)
    harvest.connection.execute("DELETE FROM read_rows WHERE piece = ? AND pass < ?", where)


def fingerprint_of(harvest: Harvest, piece: str) -> str:
    """Return the fingerprint that a piece had when it was last read whole, or an empty string."""
    prepare(harvest)
    found = harvest.connection.execute("SELECT print FROM read_pieces WHERE piece = ?", (piece,))
    row = found.fetchone()
    return "" if row is None else str(row[0])


def drop_other_pieces(harvest: Harvest, kept: set[str]) -> None:
    """Drop all rows of pieces that are not there any more, and commit."""
    prepare(harvest)
    known = harvest.connection.execute(
        "SELECT piece FROM read_rows GROUP BY piece UNION SELECT piece FROM read_pieces"
    )
    for piece in {row[0] for row in known} - kept:
        drop_rows(harvest, piece, before=1 << 62)
        harvest.connection.execute("DELETE FROM read_pieces WHERE piece = ?", (piece,))
        note_dropped(harvest, {}, piece=piece)
    harvest.commit()


def note_dropped(harvest: Harvest, counts: dict[str, int], *, piece: str = "") -> None:
    """Keep what one piece passed over, reason → count, beside that of the others."""
    every = dropped_by_piece(harvest)
    every.pop(piece, None)
    if counts:
        every[piece] = dict(sorted(counts.items()))
    harvest.set_state(f"{DROPPED} by piece", json.dumps(every, ensure_ascii=False))
    total: Counter[str] = Counter()
    for one in every.values():
        total.update(one)
    harvest.set_state(DROPPED, json.dumps(dict(sorted(total.items())), ensure_ascii=False))


def dropped_by_piece(harvest: Harvest) -> dict[str, dict[str, int]]:
    """Return what each piece passed over."""
    found: dict[str, dict[str, int]] = json.loads(harvest.state(f"{DROPPED} by piece") or "{}")
    return found


def is_new(harvest: Harvest, name: str, value: object) -> bool:
    """Keep a value (settings, a version); return whether it is another one than the last time."""
    found = digest(value, size=16)
    if harvest.state(name) == found:
        return False
    harvest.set_state(name, found)
    return True
