"""Durable writes: written, synced, renamed, and the folder synced, in that order.

Enters bytes or a file, leaves a file that is there whole after a power cut, or not at all.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import hashlib
import json
import logging
import os
import re
import shutil
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from chainring.contracts.errors import ChainringError, ConflictError, SpaceError
from chainring.store.holder import lives
from chainring.store.litter import sorted_seen

log = logging.getLogger("chainring.store")

CHUNK = 1 << 20
_FULL_SYNC: int | None = getattr(fcntl, "F_FULLFSYNC", None)
"""macOS alone has it: its `fsync` leaves the bytes in the cache of the disk."""
RACY_NS = 2_000_000_000
YOUNG_S = 300.0
"""So long after its last write nobody takes a half file or folder for one that a kill left."""
_HALF = re.compile(r"\.(.+)\.(\d{1,9})\.\d+")
"""What `beside` returns: name, process, moment."""


@contextmanager
def full_disk_explained(place: Path) -> Iterator[None]:
    """Turn ENOSPC into a SpaceError that names the place and the next step."""
    try:
        yield
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        raise full_disk(place) from error


class FullDiskTold:
    """Explains a full disk whichever library met it: some raise errors of their own kind."""

    def __init__(self, place: Path) -> None:
        self._place = place

    def __enter__(self) -> None:
        """Do nothing."""

    def __exit__(self, _: object, error: BaseException | None, trace: object) -> None:
        """Raise SpaceError in place of an error that says that there was no space."""
        known = isinstance(error, SpaceError) or error is None
        if not known and os.strerror(errno.ENOSPC) in str(error):
            raise full_disk(self._place) from error


def full_disk(place: Path) -> SpaceError:
    """Return the error of a disk that is full, with the next step."""
    return SpaceError(
        f"the disk of {place} is full; nothing half-written was kept. "
        "Free space or run `chainring gc`, then run the same command again"
    )


def full_database(place: Path) -> SpaceError:
    """Return the error of a database whose disk is full: gc writes to databases itself."""
    return SpaceError(
        f"the disk of {place} is full; nothing half-written was kept. Free some MiB, then run the "
        "same command again; `chainring gc` frees more, but it writes before it does"
    )


def not_compacted(database: str | None, error: Exception | None = None) -> ChainringError:
    """Return the error of a database in whose files old bytes stay: a full disk, or another use."""
    if "disk is full" in str(error):
        return SpaceError(
            f"the disk of {database} is full, so old bytes stay in it; free space, then run the "
            "same command again, or `chainring forget --resume` where it was `forget`"
        )
    return ConflictError(
        f"{database} is in use by another process, so old bytes stay in it; stop the server or "
        "wait, then run the same command again, or `chainring forget --resume` where it was "
        "`forget`"
    )


def sync(handle: int) -> None:
    """Make what was written to an open file durable: a power cut finds it on the disk."""
    if _FULL_SYNC is not None:
        with contextlib.suppress(OSError):  # a share of another system may know it not
            fcntl.fcntl(handle, _FULL_SYNC)
            return
    os.fsync(handle)


def sync_file(path: Path) -> None:
    """Make a file durable that was written and closed."""
    with path.open("rb") as written:
        sync(written.fileno())


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        sync(handle)
    finally:
        os.close(handle)


def make_folder(folder: Path) -> None:
    """Make a folder and its parents, each of them durable under its own parent."""
    missing = [place for place in (folder, *folder.parents) if not place.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    for place in missing:
        sync_folder(place.parent)


def make_private(folder: Path) -> None:
    """Make a folder that nobody but its owner may look into; one that is there stays as it is."""
    if not folder.exists():
        make_folder(folder.parent)
        folder.mkdir(mode=0o700, exist_ok=True)
        sync_folder(folder.parent)


def write_durably(path: Path, data: bytes, *, mode: int = 0o644) -> None:
    """Put `data` at `path`: whole and synced, or not at all."""
    with full_disk_explained(path.parent):
        make_folder(path.parent)
        temporary = beside(path)
        try:
            with open(temporary, "wb", opener=lambda p, f: os.open(p, f, mode)) as out:
                out.write(data)
                out.flush()
                sync(out.fileno())
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)
    sync_folder(path.parent)


def copy_durably(source: Path, target: Path, *, digest: str, mode: int = 0o444) -> None:
    """Copy a file of known digest to `target`: whole and synced, or not at all.

    Raises
    ------
    ConflictError
        When the source was written to meanwhile, so that its digest is another one.
    """
    with source.open("rb") as read:
        found = stream_durably(read, target, digest=digest, mode=mode)
    if found != digest:
        raise ConflictError(
            f"{source} was changed while it was being stored; nothing of it was kept. Run the "
            "command again when nothing writes to it"
        )


def stream_durably(read: IO[bytes], target: Path, *, digest: str, mode: int = 0o444) -> str:
    """Put a stream at `target`, unless its digest is not `digest`; return the digest found."""
    state = hashlib.blake2b(digest_size=32)
    with full_disk_explained(target.parent):
        make_folder(target.parent)
        temporary = beside(target)
        try:
            with temporary.open("wb") as out:
                while chunk := read.read(CHUNK):
                    state.update(chunk)
                    out.write(chunk)
                out.flush()
                sync(out.fileno())
            found = f"blake2b:{state.hexdigest()}"
            if found == digest:
                temporary.chmod(mode)
                temporary.replace(target)
        finally:
            temporary.unlink(missing_ok=True)
    sync_folder(target.parent)
    return found


def beside(path: Path) -> Path:
    """Return a name next to `path` that no other process or thread uses."""
    return path.with_name(f".{path.name}.{os.getpid()}.{time.monotonic_ns()}")


def sweep_halves(targets: Iterable[Path], *, min_age_s: float = 3600.0) -> None:
    """Remove what a killed process left beside the files that it was to become.

    What this machine's living processes write stays, and what was written to just now: in a folder
    that machines share it may be another one's.
    """
    names, cutoff = defaultdict[Path, set[str]](set), time.time() - min_age_s
    for target in targets:
        names[target.parent].add(target.name)
    for folder, own in names.items():
        for path in folder.glob(".*"):
            half = _HALF.fullmatch(path.name)
            if half is None or half[1] not in own or lives(int(half[2])):
                continue
            with contextlib.suppress(FileNotFoundError, PermissionError):  # gone, or not ours
                if path.stat().st_mtime <= cutoff:
                    path.unlink()
                    log.info("files.half_removed path=%s", path)


def is_orphan(path: Path) -> bool:
    """Whether a path is half of a file or folder whose process has ended.

    One that was written to within `YOUNG_S` is none: processes of another container, which may
    share the folder, are not seen here.
    """
    half = _HALF.fullmatch(path.name)
    if half is None or lives(int(half[2])):
        return False
    try:
        written = max(one.stat().st_mtime for one in (path, *path.rglob("*")))
    except FileNotFoundError:  # it is just being written, or gone
        return False
    return written <= time.time() - YOUNG_S


def jsonl_files(folder: Path) -> list[Path]:
    """Return the `*.jsonl` files of a folder by name, but those passed over."""
    return [path for path in sorted_seen(folder, "*.jsonl") if path.is_file()]


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
                self._known = {
                    name: (int(e[0]), int(e[1]), int(e[2]), str(e[3])) for name, e in loaded.items()
                }
            except (ValueError, TypeError, AttributeError, IndexError, KeyError):
                log.warning("digests.forgotten because=%s cannot be read", path)

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
        """Write the cache if it changed; a disk that refuses it costs time, nothing else."""
        if not self._dirty:
            return
        known = {name: entry for name, entry in self._known.items() if os.path.exists(name)}
        temporary = beside(self._path)
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            temporary.write_text(json.dumps(known), encoding="utf-8")
            temporary.replace(self._path)
            self._dirty = False
        except OSError as error:
            log.warning("digests.unsaved because=%s", error)
            if temporary.exists():
                temporary.unlink()


def make_young(path: Path) -> None:
    """Keep a sweep from taking a file while the tree that needs it is being made.

    Only ctime moves: a new mtime would make the digest cache read the file again.
    """
    path.chmod(0o444)


def link(source: Path, target: Path) -> None:
    """Put a file in a second place: a hard link where that can be, else a copy."""
    try:
        os.link(source, target)
    except OSError:  # another file system, or one without links
        shutil.copy2(source, target)
