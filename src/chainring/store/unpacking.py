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
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any, cast

from chainring.contracts.errors import DamagedError, SpaceError
from chainring.store import backup_rows

CHUNK = 1 << 20
MAX_ENTRIES = 1_000_000
MAX_WHOLE_MIB = 64
"""Largest member of those that are read into memory whole."""
MAX_HEAD_MIB = 1
"""Largest head of a member: a long name, or what PAX tells of it."""
FILES = ("files/chainring.toml", "files/key", "files/packaged.json")
"""What is written outside of the stores."""
_STREAMED = ("ledger", "traffic", "trees", "blobs", "harvests", "articles")
_LINES = ("ledger", "traffic")
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
        When it unpacks to more than is free there, or a row asks for more memory than there is.
    DamagedError
        When it has more members, or larger ones, than a backup has, or one that is no plain file.
    """
    free, promised = shutil.disk_usage(_existing(place)).free, 0
    with gzip.open(source) as opened:
        stream = _Counted(cast(IO[bytes], opened), most=free, source=source)
        with tarfile.open(
            source, fileobj=cast(IO[bytes], stream), mode="r|", tarinfo=_Member
        ) as archive:
            for number, member in enumerate(archive):
                if number >= MAX_ENTRIES:
                    raise _no_backup(source, f"more than {MAX_ENTRIES:,} members")
                _require_plain(member, source)
                promised += member.size
                if promised > free:
                    raise _no_room(source, free)
                _require_lines(archive, member, source)
                archive.members.clear()  # type: ignore[attr-defined]  # else they fill the memory
        while stream.read(CHUNK):
            pass


def _require_plain(member: tarfile.TarInfo, source: Path) -> None:
    if not member.isreg() or member.issparse():
        raise _not_plain(source, member.name)
    top = member.name.partition("/")[0]
    is_other = top == "articles" and _ARTICLE.fullmatch(member.name) is None
    if is_other or (top == "files" and member.name not in FILES):
        raise _no_backup(source, f"{member.name!r}, which is no file of a backup")
    if top not in _STREAMED and member.size > MAX_WHOLE_MIB << 20:
        size = f"of {member.size >> 20:,} MiB, at most {MAX_WHOLE_MIB}"
        raise _no_backup(source, f"{member.name!r} {size}")


def _require_lines(archive: tarfile.TarFile, member: tarfile.TarInfo, source: Path) -> None:
    is_lines = member.name.partition("/")[0] in _LINES
    stream = archive.extractfile(member) if is_lines else None
    if stream is not None and backup_rows.has_endless_line(stream):
        raise SpaceError(
            f"{source} holds {member.name!r} with a row of over {backup_rows.longest_mib():,} MiB, "
            "too long for the memory of this machine; nothing was restored. If it is your own "
            "backup, restore it on a machine with more memory"
        )


def _no_room(source: Path, most: int) -> SpaceError:
    return SpaceError(
        f"{source} unpacks to more than the {most >> 20:,} MiB that are free; "
        "nothing was restored. If it is your own backup, make room or name another disk"
    )


def _not_plain(source: Path, name: str) -> DamagedError:
    return _no_backup(source, f"{name!r}, which is no plain file")


def _no_backup(source: Path, found: str) -> DamagedError:
    return DamagedError(
        f"{source} holds {found}: no backup of chainring does; nothing was restored. "
        "Use another copy of it"
    )


def _existing(place: Path) -> Path:
    return next(folder for folder in (place, *place.absolute().parents) if folder.is_dir())


class _Member(tarfile.TarInfo):
    """Has a head of few bytes, which tarfile reads whole, and no holes: a backup makes none.

    Nor has it a head for all members: tarfile keeps what each of those tells until its end.
    """

    def _proc_member(self, archive: tarfile.TarFile) -> Any:
        if self.type == tarfile.XGLTYPE:
            raise _no_backup(_path(archive), f"{self.name!r}, a head for all members")
        if not self.isreg() and self.size > MAX_HEAD_MIB << 20:
            size = f"of {self.size >> 20:,} MiB, at most {MAX_HEAD_MIB}"
            raise _no_backup(_path(archive), f"{self.name!r} {size}")
        return super()._proc_member(archive)  # type: ignore[misc]

    def _proc_sparse(self, archive: tarfile.TarFile) -> Any:
        raise _not_plain(_path(archive), self.name)  # else it reads a list of any length

    def _proc_gnusparse_10(
        self, member: tarfile.TarInfo, told: Mapping[str, str], archive: tarfile.TarFile
    ) -> Any:
        raise _not_plain(_path(archive), told.get("GNU.sparse.name", member.name))


def _path(archive: tarfile.TarFile) -> Path:
    return Path(str(archive.name))


class _Counted:
    """Reads on, but never more than fits."""

    def __init__(self, stream: IO[bytes], *, most: int, source: Path) -> None:
        self._stream, self._left, self._source = stream, most, source
        self._most = most

    def read(self, size: int) -> bytes:
        found = self._stream.read(min(size, CHUNK))
        self._left -= len(found)
        if self._left < 0:
            raise _no_room(self._source, self._most)
        return found
