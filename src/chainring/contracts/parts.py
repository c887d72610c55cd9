"""Parts: named, versioned pieces that a recipe chooses; ours are registered like anybody's.

A part is found by kind and name: `reader` `jsonl.v1`. It registers by entry point (group
`chainring.parts`, entry name `reader.jsonl.v1`, value `module:attribute`) or by decorator:

>>> @part("reader", "example.v1")
... def example() -> None:
...     "Read nothing."
>>> load_part("reader", "example.v1") is example
True
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from functools import cache
from importlib.metadata import Distribution, EntryPoint, distributions
from typing import Any, TypeVar

from chainring.contracts.errors import InputError, UnknownNameError

GROUP = "chainring.parts"
KINDS = (
    "reader", "source", "stage", "embedder", "tokeniser", "candidate", "form", "engine",
    "executor", "tracker",
)  # fmt: skip
log = logging.getLogger("chainring.parts")
_NAME = re.compile(r"[a-z][a-z0-9-]*\.v[1-9][0-9]*")
_registered: dict[tuple[str, str], Any] = {}

T = TypeVar("T")


def part(kind: str, name: str) -> Callable[[T], T]:
    """Register the decorated function or class as part `name` of `kind` in this process."""
    if kind not in KINDS or not _NAME.fullmatch(name):
        raise InputError(
            f"a part needs a kind of {', '.join(KINDS)} and a name such as 'minhash.v1'; "
            f"found kind {kind!r}, name {name!r}"
        )

    def register(target: T) -> T:
        _registered[kind, name] = target
        return target

    return register


@cache
def _entries() -> dict[tuple[str, str], EntryPoint]:
    """Return the entry of each part; of two with one name ours counts, else the first on the path.

    Only a file that names our group is parsed: `entry_points` parses that of every package. What is
    no name of a part is left out, and logged: a package that was made badly holds up no project.
    """
    written = ((one, one.read_text("entry_points.txt") or "") for one in distributions())
    named = [one.entry_points.select(group=GROUP) for one, text in written if GROUP in text]
    entries = [entry for of_one in named for entry in of_one]
    found: dict[tuple[str, str], EntryPoint] = {}
    for entry in sorted(entries, key=lambda entry: not entry.value.startswith("chainring.")):
        kind, _, name = entry.name.partition(".")
        if kind in KINDS and _NAME.fullmatch(name):
            found.setdefault((kind, name), entry)
        else:
            log.warning("part.unnamed entry=%s value=%s", entry.name, entry.value)
    return found


def part_names(kind: str) -> list[str]:
    """Return the names of all parts of a kind, without importing any."""
    return sorted(n for k, n in {*_registered, *_entries()} if k == kind)


def load_part(kind: str, name: str) -> Any:
    """Return the part.

    Raises
    ------
    UnknownNameError
        No part has this name; with the nearest one.
    InputError
        The package that has it cannot be imported, or has nothing where it says.
    """
    if (kind, name) in _registered:
        return _registered[kind, name]
    entry = _entries().get((kind, name))
    if entry is None:
        raise UnknownNameError(kind, name, part_names(kind))
    try:
        return entry.load()
    except Exception as error:  # importing a module runs it, whatever that does
        if entry.value.startswith("chainring."):
            raise
        package = "" if entry.dist is None else entry.dist.name
        raise InputError(
            f"the {kind} {name} of the package {package!r} cannot be loaded from {entry.value}: "
            f"{_told(error)}; mend or remove the package, or choose another {kind}"
        ) from error


def _told(error: Exception) -> str:
    """Return what an error says; of one that is no fault of an import, which it is, too."""
    is_plain = isinstance(error, ImportError | AttributeError)
    return str(error) if is_plain else f"{type(error).__name__}: {error}"


def part_module(kind: str, name: str) -> str:
    """Return the name of the module that holds the part, without importing it."""
    if (kind, name) in _registered:
        return str(_registered[kind, name].__module__)
    entry = _entries().get((kind, name))
    if entry is None:
        raise UnknownNameError(kind, name, part_names(kind))
    return entry.module


def part_registered(kind: str, name: str) -> Any | None:
    """Return a part that was registered in this process, or None."""
    return _registered.get((kind, name))


def part_distribution(kind: str, name: str) -> Distribution | None:
    """Return the installed package that names a part; None where this process registered it."""
    entry = None if (kind, name) in _registered else _entries().get((kind, name))
    return None if entry is None else entry.dist
