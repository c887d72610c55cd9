"""The sources and versions that results depend on: what of the code enters a memo key and lineage.

source_digest("chainring.data.records")   # changes with any file of the room `data`
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import importlib.util
import inspect
import logging
import sys
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from chainring.contracts.codec import digest
from chainring.contracts.ids import new_id
from chainring.contracts.parts import part_distribution, part_module, part_registered
from chainring.store.litter import is_litter

log = logging.getLogger("chainring.parts")
_OURS = "chainring"

_VERSIONED = ("chainring", "torch", "transformers", "scikit-learn", "onnxruntime", "openvino")


def part_digest(kind: str, name: str) -> str:
    """Return the digest of the sources of a part: when it changes, steps that use it run again.

    Of one of another package that is its room, its version, and every Python file of the package.
    Of one that a notebook or a shell made, which has no file, its own source; where there is none,
    it is never the same twice.
    """
    module = part_module(kind, name)
    made = part_registered(kind, name)
    if made is not None:
        place = _place(module)
        return _source_of(made) if place is None else _digest_of(place, module)
    found = part_distribution(kind, name)
    if found is None or found.name == _OURS:
        return source_digest(module)
    files = [Path(str(found.locate_file(one))) for one in found.files or () if one.suffix == ".py"]
    told = [hashlib.blake2b(one.read_bytes()).hexdigest() for one in sorted(files) if one.is_file()]
    return digest([source_digest(module), found.name, found.version, told])


def _source_of(made: object) -> str:
    try:
        return digest(inspect.getsource(made))  # type: ignore[arg-type]
    except (OSError, TypeError):
        return new_id("source")


def source_digest(module: str) -> str:
    """Return the digest of the sources of a module's room, without importing the module.

    The whole room counts, with the folders in it: a step's function lies in many small files.
    Of a module in no package (a user's script with a part of their own) only its file counts.
    """
    return _digest_of(_place(module), module)


def _digest_of(place: Path | None, module: str) -> str:
    """Return the digest of a place; ours is read once, others' may change in a running process."""
    is_ours = module.partition(".")[0] == _OURS
    return place_digest(place) if is_ours else place_digest.__wrapped__(place)


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
    if not place.is_dir():
        return [place]
    return (path for path in place.rglob("*.py") if not is_litter(path.name))


def _place(module: str) -> Path | None:
    package, _, name = module.rpartition(".")
    loaded = sys.modules.get(module)
    found = None if loaded is None else getattr(loaded, "__file__", None)
    if loaded is None:  # `__main__` has no spec to be found by, but is always loaded
        try:
            spec = importlib.util.find_spec(module)
        except Exception:  # it imports the package around the module, whatever that does
            log.warning("part.unfound module=%s", module, exc_info=True)
            spec = None
        found = None if spec is None else spec.origin
    if found is None or not name or not Path(found).is_file():
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
