"""What a system lays into a folder unasked: no text, no weights, and a folder of it alone is empty.

is_litter("._help.jsonl")       # True; so are .DS_Store, Thumbs.db, desktop.ini
is_passed_over(".git")          # True; so is everything else that is hidden
files_below(Path("data"))       # what somebody put there, sorted
is_bare(Path("out"))            # True where nothing but litter lies in it
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

_NAMES = frozenset({".ds_store", ".localized", "desktop.ini", "ehthumbs.db", "thumbs.db"})
_APPLE_DOUBLE = "._"
"""How macOS names what it knows of a file on a disk of another system, beside the file itself."""


def is_litter(name: str) -> bool:
    """Whether a file of this name is a system's own, which nobody put there.

    >>> [is_litter(name) for name in ("Thumbs.db", "._a.jsonl", ".git", "a.jsonl")]
    [True, True, False, False]
    """
    return name.lower() in _NAMES or name.startswith(_APPLE_DOUBLE)


def is_passed_over(name: str) -> bool:
    """Whether a file or folder of this name is litter or hidden, and so never read as content.

    >>> [is_passed_over(name) for name in ("desktop.ini", ".git", "a.jsonl")]
    [True, True, False]
    """
    return name.startswith(".") or is_litter(name)


def files_below(folder: Path) -> Iterator[Path]:
    """Yield the files below a folder, sorted, without what `is_passed_over` and what lies in it."""
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not any(map(is_passed_over, path.relative_to(folder).parts)):
            yield path


def sorted_seen(folder: Path, pattern: str) -> list[Path]:
    """Return what lies in a folder and has such a name, without what `is_passed_over`."""
    return sorted(path for path in folder.glob(pattern) if not is_passed_over(path.name))


def is_bare(folder: Path) -> bool:
    """Whether a path is a folder in which nothing lies but litter."""
    return folder.is_dir() and all(is_litter(path.name) for path in folder.iterdir())


def take_litter(folder: Path) -> None:
    """Take the litter out of a folder: one that holds any is neither removed nor replaced."""
    for path in folder.iterdir():
        if is_litter(path.name):
            path.unlink(missing_ok=True)
