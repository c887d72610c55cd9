"""The source part `warc.v1`: pages from WARC files, of Common Crawl or of one's own archive.

Enter `.warc` and `.warc.gz` files, leaves one row a captured page, in the form of the web source:

===========  ==========================================================
row's key    means
===========  ==========================================================
``text``     the page's main text / 网页正文
``locator``  its address when it was captured
``at``       the date it names, else when it was captured
===========  ==========================================================

    [[data.sources]]
    name = "archive"
    use = "warc.v1"
    path = "archive/*.warc.gz"

Reading goes on at the record where it was cut. Damaged records are passed over and counted; so are
pages that ask not to be kept, as a crawl would have obeyed them.
"""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Iterator
from glob import glob, has_magic
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from chainring.contracts.errors import InputError
from chainring.data.harvest import Harvest
from chainring.data.sentences import progress, told_reasons
from chainring.data.sources.part import Say, SourcePart
from chainring.data.sources.reading import note_dropped
from chainring.data.sources.settings import Location
from chainring.data.sources.warc_records import Capture, Found, capture, found_records
from chainring.data.sources.web.page import TYPES, Page, read_page
from chainring.data.sources.web.urls import normal, within
from chainring.store.litter import files_below

RECORDS_A_COMMIT = 50
_SCHEMA = """
CREATE TABLE IF NOT EXISTS warc_files (
    path TEXT PRIMARY KEY, stamp TEXT NOT NULL, pass INTEGER NOT NULL DEFAULT 1,
    offset INTEGER NOT NULL DEFAULT 0, done INTEGER NOT NULL DEFAULT 0,
    counts TEXT NOT NULL DEFAULT '{}'
);
CREATE TABLE IF NOT EXISTS warc_rows (
    id TEXT PRIMARY KEY, path TEXT NOT NULL, pass INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS warc_rows_by_path ON warc_rows (path, pass);
"""


class WarcSettings(BaseModel):
    """Which archives to read, and which of their pages."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    path: Location | Annotated[tuple[Location, ...], Field(min_length=1)] = Field(
        description="file, folder or glob of .warc and .warc.gz files; or a list of them"
    )
    hosts: tuple[str, ...] = Field(
        (), description='keep pages of these hosts only: "a.example", "*.a.example"'
    )
    max_record_kib: int = Field(
        4096, ge=1, le=1 << 20, description="KiB of a record, unpacked; a longer one is passed over"
    )
    titles: bool = Field(False, description="begin each text with the title of its page")


def bring(settings: WarcSettings, *, harvest: Harvest, say: Say) -> None:
    """Bring the harvest up to date with the files that are there.

    Raises
    ------
    InputError
        When there is no such file, or all files together hold no page that can be kept.
    """
    harvest.commit()
    harvest.connection.executescript(_SCHEMA)
    files = _files(settings)
    for path in files:
        _Reading(settings, harvest, path).run(say)
    _drop_others(harvest, {str(path) for path in files})
    if not len(harvest):
        reasons = Counter(json.loads(harvest.state("dropped") or "{}"))
        raise InputError(
            "the WARC files hold no page that can be kept",
            faults=[f"{count} {why}" for why, count in reasons.most_common()],
        )


WARC = SourcePart(settings=WarcSettings, bring=bring)


def _files(settings: WarcSettings) -> list[Path]:
    places = (settings.path,) if isinstance(settings.path, str) else settings.path
    faults = [place for place in places if not list(_matching(place))]
    if faults:
        raise InputError("no .warc or .warc.gz file here; mind the path", faults=faults)
    return sorted({path for place in places for path in _matching(place)})


def _matching(place: str) -> Iterator[Path]:
    names = glob(place, recursive=True) if has_magic(place) else [place]
    for path in map(Path, names):
        inside = files_below(path) if path.is_dir() else [path]
        yield from (p for p in inside if p.is_file() and p.name.endswith((".warc", ".warc.gz")))


class _Reading:
    """The reading of one file, from where it was cut."""

    def __init__(self, settings: WarcSettings, harvest: Harvest, path: Path) -> None:
        self.settings, self.harvest, self.path = settings, harvest, path
        self.db = harvest.connection
        seen = path.stat()
        self.stamp = f"{seen.st_size} {seen.st_mtime_ns}"
        self.counts: Counter[str] = Counter()
        self.offset = 0
        self.number = 1

    def run(self, say: Say) -> None:
        if self._is_done():
            return
        for number, found in enumerate(self._records(), start=1):
            self._take(found)
            self.offset = found.next_offset
            if number % RECORDS_A_COMMIT == 0:
                self._keep(done=False)
        self._drop_unread()
        self._keep(done=True)
        rows = self.counts.pop("rows", 0)
        passed = told_reasons(self.counts.most_common(8))
        what = "warc passed over" if passed else "warc"
        say(progress(what, name=self.path.name, rows=rows, reasons=passed))

    def _is_done(self) -> bool:
        """Take up what is known of the file; return whether it was read whole as it stands."""
        row = self.db.execute(
            "SELECT stamp, pass, offset, done, counts FROM warc_files WHERE path = ?",
            (str(self.path),),
        ).fetchone()
        if row is None:
            return False
        if row[0] != self._told():
            self.number = row[1] + 1
            return False
        self.number, self.offset, self.counts = row[1], row[2], Counter(json.loads(row[4]))
        return bool(row[3])

    def _told(self) -> str:
        """What makes a file another one: its size and time, and how it is read."""
        return f"{self.stamp} {self.settings.model_dump_json(exclude={'path'})}"

    def _records(self) -> Iterator[Found]:
        return found_records(
            self.path, offset=self.offset, max_bytes=self.settings.max_record_kib * 1024
        )

    def _take(self, found: Found) -> None:
        if found.fault:
            self.counts[found.fault] += 1
            return
        captured = capture(found.data, max_bytes=self.settings.max_record_kib * 1024)
        why = self._put(captured) if isinstance(captured, Capture) else captured
        if why:
            self.counts[why] += 1

    def _put(self, captured: Capture) -> str:
        """Put a page's row; return why there is none."""
        url = normal(captured.url)
        if url is None or (self.settings.hosts and not within(url, self.settings.hosts)):
            return "outside the hosts"
        kind = captured.content_type
        if not kind.startswith(TYPES):
            return f"content type {kind or 'not named'}"
        try:
            page = read_page(captured.body, url=url, headers=captured.headers)
        except InputError as error:
            return str(error)
        if not page.obeyed.keep or not page.text:
            return page.obeyed.why or "no main text"
        if not self._is_ours(captured.id):
            return "records of another file"
        self.harvest.put(captured.id, self._row(captured, page))
        return "rows"

    def _is_ours(self, identifier: str) -> bool:
        done = self.db.execute(
            "INSERT INTO warc_rows VALUES (?, ?, ?) ON CONFLICT (id) DO UPDATE SET "
            "pass = excluded.pass WHERE path = excluded.path",
            (identifier, str(self.path), self.number),
        )
        return done.rowcount > 0

    def _row(self, captured: Capture, page: Page) -> dict[str, str]:
        row = {
            "text": page.titled if self.settings.titles else page.text,
            "id": captured.id,
            "locator": captured.url,
            "language": page.language,
            "licence": page.licence,
            "at": page.published or captured.at,
            "directives": "; ".join(page.obeyed.said),
        }
        return {name: value for name, value in row.items() if value}

    def _drop_unread(self) -> None:
        where = (str(self.path), self.number)
        _drop(self.harvest, self.db.execute(
            "SELECT id FROM warc_rows WHERE path = ? AND pass < ?", where
        ))  # fmt: skip

    def _keep(self, *, done: bool) -> None:
        self.db.execute(
            "INSERT OR REPLACE INTO warc_files VALUES (?, ?, ?, ?, ?, ?)",
            (str(self.path), self._told(), self.number, self.offset, done, json.dumps(self.counts)),
        )
        passed = {why: count for why, count in self.counts.items() if why != "rows"}
        note_dropped(self.harvest, passed, piece=str(self.path))
        self.harvest.commit()


def _drop(harvest: Harvest, rows: sqlite3.Cursor) -> None:
    for (identifier,) in rows.fetchall():
        harvest.drop(identifier)
        harvest.connection.execute("DELETE FROM warc_rows WHERE id = ?", (identifier,))


def _drop_others(harvest: Harvest, kept: set[str]) -> None:
    """Drop the rows of files that are not there any more."""
    known = {row[0] for row in harvest.connection.execute("SELECT path FROM warc_files")}
    for path in known - kept:
        rows = harvest.connection.execute("SELECT id FROM warc_rows WHERE path = ?", (path,))
        _drop(harvest, rows)
        harvest.connection.execute("DELETE FROM warc_files WHERE path = ?", (path,))
        note_dropped(harvest, {}, piece=path)
    harvest.commit()
