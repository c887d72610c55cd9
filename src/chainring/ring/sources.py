"""The sources and versions that results depend on: what of the code enters a memo key and lineage.

source_digest("chainring.data.records")   # changes with any file of the room `data`
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import importlib.util
import sys
from collections.abc import Iterable
from functools import cache
from pathlib import Path

_VERSIONED = ("chainring", "torch", "transformers", "scikit-learn", "onnxruntime", "openvino")


@cache
def source_digest(module: str) -> str:
    """Return the digest of the sources of a module's room, without importing the module.

    The whole room counts, with the folders in it: a step's function lies in many small files.
    Of a module in no package (a user's script with a part of their own) only its file counts.
    """
    return place_digest(_place(module))


@cache
def place_digest(place: Path | None) -> str:
    """Return the digest of a file, or of all in a folder; of nothing without a place.

    Several steps and parts lie in one room: it is read once.
    """
    state = hashlib.blake2b(digest_size=16)
    for path in sorted(_files(place)):
        name = path.name if place is None else path.relative_to(place).as_posix()
        state.update(name.encode() + b"\0" + path.read_bytes())
    return state.hexdigest()


def _files(place: Path | None) -> Iterable[Path]:
    if place is None:
        return []
    return place.rglob("*.py") if place.is_dir() else [place]


def _place(module: str) -> Path | None:
    package, _, name = module.rpartition(".")
    loaded = sys.modules.get(module)
    found = None if loaded is None else getattr(loaded, "__file__", None)
    if loaded is None:  # `__main__` has no spec to be found by, but is always loaded
        spec = importlib.util.find_spec(module)
        found = None if spec is None else spec.origin
    if found is None or not name:
        return None
    depth = package.count(".") - 1  # of `chainring.training.craft` the room is `training`
    return Path(found).parents[max(depth, 0)] if package else Path(found)


def versions() -> dict[str, str]:
    """Return the versions of the libraries that results depend on, as far as installed."""
    return dict(_installed())


@cache
def _installed() -> tuple[tuple[str, str], ...]:
    """Read each library's metadata once: every execution of a step notes the versions."""
    found = []
    for name in _VERSIONED:
        try:
            found.append((name, importlib.metadata.version(name)))
        except importlib.metadata.PackageNotFoundError:
            continue
    return tuple(found)
