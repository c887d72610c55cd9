"""Databases of sources in a backup: each as it stood in one moment, whatever writes meanwhile.

Enters the folder of harvests, leaves members `harvests/NAME/harvest.db` of an archive.
"""

from __future__ import annotations

import re
import shutil
import sqlite3
import tarfile
from contextlib import closing
from pathlib import Path, PurePosixPath
from typing import IO

from chainring.store.files import full_disk_explained, make_folder, sync, sync_folder

PREFIX = "harvests"
_MEMBER = re.compile(rf"{PREFIX}/[a-z][a-z0-9_-]*/harvest\.db")


def add_databases(archive: tarfile.TarFile, folder: Path) -> None:
    """Add a snapshot of every database to an archive."""
    for path in sorted(folder.glob("*/harvest.db")):
        snapshot = path.with_suffix(".snapshot")
        try:
            with closing(sqlite3.connect(path)) as live, closing(sqlite3.connect(snapshot)) as copy:
                live.backup(copy)
            archive.add(snapshot, f"{PREFIX}/{path.parent.name}/{path.name}")
        finally:
            snapshot.unlink(missing_ok=True)


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
