"""Databases of sources in a backup: each as it stood in one moment, whatever writes meanwhile.

Enters the folder of harvests, leaves members `harvests/NAME/harvest.db` of an archive.
"""

from __future__ import annotations

import re
import shutil
import sqlite3
import tarfile
import tempfile
from contextlib import closing
from pathlib import Path, PurePosixPath
from typing import IO

from chainring.contracts.errors import ChainringError, DamagedError
from chainring.store.files import (
    full_database,
    full_disk_explained,
    make_folder,
    sync,
    sync_folder,
)
from chainring.store.locked import locked

PREFIX = "harvests"
PATIENCE_S = 30.0
"""How long one waits for a database that another process keeps locked."""
_MEMBER = re.compile(rf"{PREFIX}/[a-z][a-z0-9_-]*/harvest\.db")


def add_databases(archive: tarfile.TarFile, folder: Path, *, spool: Path) -> None:
    """Add a snapshot of every database to an archive, over a nameless file in `spool`."""
    for path in sorted(folder.glob("*/harvest.db")):
        with tempfile.NamedTemporaryFile(dir=spool, delete=False) as snapshot:
            _copy(path, Path(snapshot.name))
            member = archive.gettarinfo(
                arcname=f"{PREFIX}/{path.parent.name}/{path.name}", fileobj=snapshot
            )
            archive.addfile(member, snapshot)


def _copy(path: Path, target: Path) -> None:
    """Write a database as it stands into a file whose name goes before a row is in it."""
    with closing(sqlite3.connect(target)) as copy:
        try:
            copy.execute("PRAGMA journal_mode=OFF")  # a journal would have a name
            copy.execute("PRAGMA schema_version")  # opens the file
        finally:
            target.unlink()
        with closing(sqlite3.connect(path, timeout=PATIENCE_S)) as live:
            try:
                live.backup(copy)
            except sqlite3.Error as error:
                if "disk is full" in str(error):  # of the copy: the other one is only read
                    raise full_database(target.parent) from error
                raise explained(path, error) from error


def explained(path: Path, error: sqlite3.Error) -> ChainringError | sqlite3.Error:
    """Return what is told of a source's database that cannot be used; a part's mistake as it is."""
    said = str(error)
    if isinstance(error, sqlite3.OperationalError):
        if "is locked" in said:
            name = f"{PREFIX}/{path.parent.name}/{path.name}"
            return locked(path, waited_s=PATIENCE_S, name=name)
        return full_database(path.parent) if "disk is full" in said else error
    if type(error) is not sqlite3.DatabaseError:
        return error
    return DamagedError(
        f"{path} is damaged ({error}); take the folder away, and the next "
        "`chainring data fetch` brings everything again"
    )


def is_database(path: PurePosixPath) -> bool:
    """Return whether a member of an archive is the database of a source."""
    return _MEMBER.fullmatch(path.as_posix()) is not None


def put_database(stream: IO[bytes], place: Path) -> None:
    """Write the database of an archive to its place."""
    with full_disk_explained(place.parent):
        make_folder(place.parent)
        with place.open("wb") as out:
            shutil.copyfileobj(stream, out, 1 << 20)
            out.flush()
            sync(out.fileno())
    sync_folder(place.parent)
