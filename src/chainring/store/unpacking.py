"""How much an archive may unpack to: found out by reading it once, before anything is written.

Enters a `.tar.gz` that somebody may have made to do harm, leaves nothing, or an error:

    require_bounded(Path("shop.tar.gz"), Path("shop"))

A bomb is no more than a file that does not fit: what is unpacked is counted while it is read, and
the reading ends where the disk would.
"""

from __future__ import annotations

import gzip
import re
import shutil
import tarfile
from pathlib import Path
from typing import IO, cast

from chainring.contracts.errors import DamagedError, SpaceError

CHUNK = 1 << 20
MAX_ENTRIES = 1_000_000
MAX_WHOLE_MIB = 64
"""Largest member of those that are read into memory whole."""
FILES = ("files/chainring.toml", "files/key", "files/packaged.json")
"""What is written outside of the stores."""
_STREAMED = ("ledger", "traffic", "trees", "blobs", "harvests", "articles")
_ARTICLE = re.compile(r"articles(?:/[^./][^/]*){1,2}")
"""A file of help articles, or one in a folder of them."""


def require_bounded(source: Path, place: Path) -> None:
    """Read an archive to its last byte and checksum.

    Parameters
    ----------
    source
        The archive, compressed by gzip.
    place
        The folder that it is to be unpacked into, which need not be there yet.

    Raises
    ------
    SpaceError
        When it unpacks to more than is free there.
    DamagedError
        When it has more members, or larger ones, than a backup has, or one that is no plain file.
    """
    free = shutil.disk_usage(_existing(place)).free
    with gzip.open(source) as opened:
        stream = _Counted(cast(IO[bytes], opened), most=free, source=source)
        with tarfile.open(fileobj=cast(IO[bytes], stream), mode="r|") as archive:
            for number, member in enumerate(archive):
                if number >= MAX_ENTRIES:
                    raise _no_backup(source, f"more than {MAX_ENTRIES:,} members")
                _require_plain(member, source)
                archive.members.clear()  # type: ignore[attr-defined]  # else they fill the memory
        while stream.read(CHUNK):
            pass


def _require_plain(member: tarfile.TarInfo, source: Path) -> None:
    if not member.isreg():
        raise _no_backup(source, f"{member.name!r}, which is no plain file")
    top = member.name.partition("/")[0]
    is_other = top == "articles" and _ARTICLE.fullmatch(member.name) is None
    if is_other or (top == "files" and member.name not in FILES):
        raise _no_backup(source, f"{member.name!r}, which is no file of a backup")
    if top not in _STREAMED and member.size > MAX_WHOLE_MIB << 20:
        size = f"of {member.size >> 20:,} MiB, at most {MAX_WHOLE_MIB}"
        raise _no_backup(source, f"{member.name!r} {size}")


def _no_backup(source: Path, found: str) -> DamagedError:
    return DamagedError(
        f"{source} holds {found}: no backup of chainring does; nothing was restored. "
        "Use another copy of it"
    )


def _existing(place: Path) -> Path:
    return next(folder for folder in (place, *place.absolute().parents) if folder.is_dir())


class _Counted:
    """Reads on, but never more than fits."""

    def __init__(self, stream: IO[bytes], *, most: int, source: Path) -> None:
        self._stream, self._left, self._source = stream, most, source
        self._most = most

    def read(self, size: int) -> bytes:
        found = self._stream.read(min(size, CHUNK))
        self._left -= len(found)
        if self._left < 0:
            raise SpaceError(
                f"{self._source} unpacks to more than the {self._most >> 20:,} MiB that are free; "
                "nothing was restored. If it is your own backup, make room or name another disk"
            )
        return found
