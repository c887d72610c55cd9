"""Open trees: read-only folders whose files are hard links to verified blobs; and room for them.

check_out(manifest, target, blobs=blob_path)
is_whole(manifest, target, blobs=blob_path, digests=digests, fresh=False)     # True
make_room(root, 20 << 30, {"blake2b:…"}, is_afar=remote.has)
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Collection, Iterable, Iterator
from pathlib import Path
from typing import TypeVar

from chainring.store.files import (
    DigestCache,
    beside,
    full_disk_explained,
    is_orphan,
    link,
)
from chainring.store.manifest import Manifest

T = TypeVar("T")
_BATCH = 100
BlobPath = Callable[[str], Path]
"""Where the blob of a digest lies."""
Still = Callable[[], object]
"""Raises where what was begun may not go on."""
IN_USE_S = 3600.0
"""An open folder that was asked for within this time is never taken away to make room."""


def check_out(manifest: Manifest, target: Path, *, blobs: BlobPath) -> None:
    """Make the folder of a tree: whole or not at all."""
    building = beside(target)
    with full_disk_explained(target.parent):
        try:
            for blob in manifest.files:
                place = building / blob.path
                place.parent.mkdir(parents=True, exist_ok=True)
                link(blobs(blob.digest), place)
            building.rename(target)
        except OSError:
            shutil.rmtree(building, ignore_errors=True)
            if not target.exists():  # else another process was first with the same content
                raise


def is_whole(
    manifest: Manifest, target: Path, *, blobs: BlobPath, digests: DigestCache, fresh: bool
) -> bool:
    """Whether each file of an open folder is the verified blob itself, or a true copy."""
    for blob in manifest.files:
        place = target / blob.path
        if not place.is_file():
            return False
        if place.samefile(blobs(blob.digest)):
            continue
        if digests.digest(place, fresh=fresh) != blob.digest:
            return False
    return True


def make_room(
    root: Path, limit: int, keep: Collection[str], *, is_afar: Callable[[Path], bool]
) -> None:
    """Let go of what came longest ago until the blobs fit in `limit` bytes; a remote has them."""
    blobs = {path: path.stat() for path in (root / "blobs").glob("*/*")}
    over = sum(stat.st_size for stat in blobs.values()) - limit
    if over <= 0:
        return
    for folder in filter(Path.is_dir, (root / "open").glob("*")):
        if time.time() - folder.stat().st_mtime > IN_USE_S:
            shutil.rmtree(folder)
    for path in sorted(blobs, key=lambda path: blobs[path].st_mtime):
        kept = f"blake2b:{path.name}" in keep or path.stat().st_nlink > 1
        if over > 0 and not kept and is_afar(path):
            over -= blobs[path].st_size
            path.unlink()


def sweep_leftovers(root: Path, cutoff: float) -> None:
    """Remove what a killed process left half made before `cutoff`: its name begins with a dot."""
    for path in [*root.glob("trees/*/.*"), *root.glob("open/.*")]:
        if path.stat().st_mtime <= cutoff:
            shutil.rmtree(path) if path.is_dir() else path.unlink()


def drop_orphans(root: Path) -> None:
    """Remove what killed processes left half made: copies of rows that no tree names."""
    places = ("blobs/*", "trees/*", "erased/*", "open")
    for path in (one for place in places for one in root.glob(f"{place}/.*")):
        if is_orphan(path):
            shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)


def each(items: Iterable[T], still: Still) -> Iterator[T]:
    """Yield each, and ask before each hundred whether to go on."""
    for number, item in enumerate(items):
        if number % _BATCH == 0:
            still()
        yield item
