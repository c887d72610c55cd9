"""What is told of a SQLite database that another process kept locked: who, where the system says.

raise locked(Path("shop/.chainring/ledger.db"), waited_s=30)
# LockedError: ledger.db was locked for 30 s by process 4711 (chainring); …
"""

from __future__ import annotations

import contextlib
import os
import sys
from pathlib import Path

from chainring.contracts.errors import LockedError

AGAIN_S = 5.0
_PROC = Path("/proc")
_IN_USE = 128
"""The byte of the index that every connection holds (SQLite: WAL_DMS_LOCK), writing or not."""


def locked(database: Path, *, waited_s: float, name: str = "") -> LockedError:
    """Return the error of a database that was locked for as long as one waits."""
    pid = writer_of(database)
    if pid is None:
        by = "another process"
    elif pid == os.getpid():
        by = "this process itself"
    else:
        by = f"process {pid} ({_name(pid)})"
    return LockedError(
        f"{name or database.name} was locked for {waited_s:.0f} s by {by}; nothing was written. "
        "Try again once that has ended its work, or end it",
        retry_after_s=AGAIN_S,
    )


def writer_of(database: Path) -> int | None:
    """Return the process that has a database locked now; None where nobody tells.

    Linux lists the locks of all processes: of the file, and of the index of its write-ahead log.
    """
    lines: list[str] = []
    places: set[str] = set()
    if sys.platform == "linux":
        with contextlib.suppress(OSError):
            lines = (_PROC / "locks").read_text().splitlines()
            found = [one.stat() for one in (database, Path(f"{database}-shm")) if one.exists()]
            devices = [(os.major(one.st_dev), os.minor(one.st_dev), one.st_ino) for one in found]
            places = {f"{major:02x}:{minor:02x}:{inode}" for major, minor, inode in devices}
    for line in lines:  # 1: POSIX  ADVISORY  WRITE 4711 fe:00:2295963 120 120
        fields = line.split()
        if len(fields) != 8 or fields[3] != "WRITE" or fields[5] not in places:
            continue
        if int(fields[4]) > 0 and fields[6] != str(_IN_USE):
            return int(fields[4])
    return None


def _name(pid: int) -> str:
    try:
        return (_PROC / str(pid) / "comm").read_text().strip()
    except OSError:
        return "ended by now"
