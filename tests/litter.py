"""What a Mac, or a Windows, lays into folders unasked."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

NAMES = (".DS_Store", "Thumbs.db", "desktop.ini")
BINARY = b"\x00\x05\x16\x07\x00\x02\x00\x00Mac OS X\xff"


def littered(folder: Path) -> Path:
    """Lay litter into a folder and all below it: a file's twin beside each, as on exFAT."""
    folders = [folder, *(path for path in folder.rglob("*") if path.is_dir())]
    twins = [path.with_name(f"._{path.name}") for path in files(folder)]
    for path in (*twins, *(place / name for place in folders for name in NAMES)):
        path.write_bytes(BINARY)
    return folder


def files(folder: Path) -> Iterable[Path]:
    """Return the files below a folder."""
    return [path for path in folder.rglob("*") if path.is_file()]
