"""Durable writes: written, synced, renamed, and the folder synced, in that order.

Enters bytes or a file, leaves a file that is there whole after a power cut, or not at all.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from chainring.contracts.errors import SpaceError

CHUNK = 1 << 20
RACY_NS = 2_000_000_000


@contextmanager
def full_disk_explained(place: Path) -> Iterator[None]:
    """Turn ENOSPC into a SpaceError that names the place and the next step."""
    try:
        yield
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        raise SpaceError(
            f"the disk of {place} is full; nothing half-written was kept. "
            "Free space or run `chainring gc`, then run the same command again"
        ) from error


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def write_durably(path: Path, data: bytes, *, mode: int = 0o644) -> None:
    """Put `data` at `path`: whole and synced, or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.{time.monotonic_ns()}")
    with full_disk_explained(path.parent):
        try:
            with open(temporary, "wb", opener=lambda p, f: os.open(p, f, mode)) as out:
                out.write(data)
                out.flush()
                os.fsync(out.fileno())
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)
    sync_folder(path.parent)


def copy_durably(source: Path, target: Path, *, mode: int = 0o444) -> None:
    """Copy a file to `target`: whole and synced, or not at all."""
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = target.with_name(f".{target.name}.{os.getpid()}.{time.monotonic_ns()}")
    with full_disk_explained(target.parent):
        try:
            with source.open("rb") as read, temporary.open("wb") as out:
                shutil.copyfileobj(read, out, CHUNK)
                out.flush()
                os.fsync(out.fileno())
            temporary.chmod(mode)
            temporary.replace(target)
        finally:
            temporary.unlink(missing_ok=True)
    sync_folder(target.parent)


def file_digest(path: Path) -> str:
    """Return `blake2b:<64 hex>` over the bytes of a file."""
    state = hashlib.blake2b(digest_size=32)
    with path.open("rb") as read:
        while chunk := read.read(CHUNK):
            state.update(chunk)
    return f"blake2b:{state.hexdigest()}"


def require_free(folder: Path, *, mib: int) -> None:
    """Raise SpaceError unless `mib` MiB are free where `folder` lies."""
    free = shutil.disk_usage(folder).free >> 20
    if free < mib:
        raise SpaceError(
            f"{mib} MiB of free disk are needed at {folder}, {free} MiB are there; "
            "free space or run `chainring gc`"
        )


class DigestCache:
    """Digests by (path, size, mtime, inode): an unchanged file is not read again.

    A file changed less than two seconds before it was looked at is not remembered, because a
    second change could leave the same time stamp.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._known: dict[str, tuple[int, int, int, str]] = {}
        self._dirty = False
        if path.exists():
            try:
                loaded = json.loads(path.read_text(encoding="utf-8"))
            except ValueError:
                loaded = {}  # a cache may always be forgotten
            self._known = {name: tuple(entry) for name, entry in loaded.items()}

    def digest(self, path: Path, *, fresh: bool = False) -> str:
        """Return the digest of a file, read again when it changed or when `fresh` is asked."""
        stat = path.stat()
        mark = (stat.st_size, stat.st_mtime_ns, stat.st_ino)
        name = str(path.resolve())
        known = self._known.get(name)
        if known is not None and known[:3] == mark and not fresh:
            return known[3]
        found = file_digest(path)
        if time.time_ns() - stat.st_mtime_ns > RACY_NS:
            self._known[name] = (*mark, found)
            self._dirty = True
        return found

    def save(self) -> None:
        """Write the cache if it changed; losing it costs only time."""
        if not self._dirty:
            return
        self._path.parent.mkdir(parents=True, exist_ok=True)
        temporary = self._path.with_name(f".{self._path.name}.{os.getpid()}")
        known = {name: entry for name, entry in self._known.items() if os.path.exists(name)}
        temporary.write_text(json.dumps(known), encoding="utf-8")
        temporary.replace(self._path)
        self._dirty = False
