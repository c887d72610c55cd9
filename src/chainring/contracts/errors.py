"""The error tree. Each message names what was expected, what was found and the next step.

ChainringError
├── InputError (ValueError)              text, rows, files or requests that cannot be used
│   ├── RecipeError                      chainring.toml: all faults at once
│   ├── ProjectNotFoundError             no chainring.toml in the folder
│   └── UnknownNameError (KeyError)      a name that is not there, with the nearest one
├── DamagedError (OSError)               stored bytes differ from their manifest
├── ConflictError (RuntimeError)         somebody else was first: a reference, a lease, a port
├── BusyError (RuntimeError)             the queue is full or the server is draining
│   └── UnwrittenError (RuntimeError)    what could not be stored now
│       └── LockedError (RuntimeError)   another process kept the database locked
├── NotAllowedError (PermissionError)    the key's role does not reach this verb
├── SpaceError (OSError)                 not enough free space for a step
├── UnreachableError (ConnectionError)   a source that does not answer now
├── RefusedError (RuntimeError)          a form or a model that did not pass its checks
└── MissingPackageError (ImportError)    an optional package, with the extra to install
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Sequence
from typing import Self

from chainring.contracts.said import Said, in_language, joined


class ChainringError(Exception):
    """Base of every error that chainring raises on purpose."""


class InputError(ChainringError, ValueError):
    """Input that cannot be used; `faults` lists every one found, not only the first."""

    def __init__(self, message: str, *, faults: Sequence[str] = ()) -> None:
        self.faults = tuple(faults)
        lines = [message, *(joined(("  - ", fault), en="", zh="") for fault in self.faults)]
        told = joined(lines, en="\n", zh="\n")
        super().__init__(str(told) if told == told.zh else told)


class RecipeError(InputError):
    """The recipe has faults; each with path, value, what is allowed and the nearest name."""


class ProjectNotFoundError(InputError):
    """The folder is no project: `chainring init` makes one."""


class UnknownNameError(InputError, KeyError):
    """A name that nothing here carries; `known` is None where there are too many to offer one."""

    def __init__(self, kind: str, name: str, known: Iterable[str] | None) -> None:
        names = None if known is None else sorted(known)
        self.kind, self.name, self.known = kind, name, names
        near = "" if names is None else did_you_mean(name, names)
        super().__init__(f"unknown {kind} {name!r}{near}")

    def __reduce__(self) -> tuple[type[Self], tuple[str, str, list[str] | None]]:
        return type(self), (self.kind, self.name, self.known)  # it crosses worker processes

    def __str__(self) -> str:
        return str(self.args[0])


class DamagedError(ChainringError, OSError):
    """Bytes that are not what their manifest says; they are not used."""


class ConflictError(ChainringError, RuntimeError):
    """Somebody else was first."""


class BusyError(ChainringError, RuntimeError):
    """No room now; `retry_after_s` says when to come back."""

    def __init__(self, message: str, *, retry_after_s: float = 1.0) -> None:
        self.retry_after_s = retry_after_s
        super().__init__(message)


class UnwrittenError(BusyError):
    """What could not be stored now; `retry_after_s` says when to send it again."""


class LockedError(UnwrittenError):
    """A database that a process kept locked; its words are for who runs it, no caller's."""


class NotAllowedError(ChainringError, PermissionError):
    """The caller's role does not reach this verb."""


class SpaceError(ChainringError, OSError):
    """Not enough free space."""


class UnreachableError(ChainringError, ConnectionError):
    """A source that does not answer now; what stands of it can still be used."""


class RefusedError(ChainringError, RuntimeError):
    """A form or a model that did not pass its checks and is therefore not used."""


class MissingPackageError(ChainringError, ImportError):
    """An optional package is missing; the message carries the exact install command."""

    def __init__(self, package: str, *, extra: str, needed_for: str) -> None:
        self.package, self.extra, self.needed_for = package, extra, needed_for
        install = f"pip install 'chainring[{extra}]'"
        english = f"{needed_for} needs the package {package}; install it with: {install}"
        needing = in_language(needed_for, "zh").rstrip()
        blank = " " if needing[-1:].isascii() else ""
        super().__init__(
            Said(english, zh=f"{needing}{blank}需要软件包 {package}；请安装：{install}")
        )

    def __reduce__(self) -> tuple[Callable[..., MissingPackageError], tuple[str, str, str]]:
        return _missing, (self.package, self.extra, self.needed_for)


def _missing(package: str, extra: str, needed_for: str) -> MissingPackageError:
    return MissingPackageError(package, extra=extra, needed_for=needed_for)


def nearest(name: str, known: Iterable[str]) -> str | None:
    """Return the known name nearest to `name`, or None when none is near."""
    found = difflib.get_close_matches(name, list(known), n=1, cutoff=0.6)
    return found[0] if found else None


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return `; did you mean 'x'?` or `; known: a, b, c`, to end an error message with.

    >>> did_you_mean("minhsh.v1", ["minhash.v1", "exact.v1"])
    "; did you mean 'minhash.v1'?"
    """
    names = sorted(known)
    near = nearest(name, names)
    if near is not None:
        return f"; did you mean {near!r}?"
    return f"; known: {', '.join(names)}" if names else "; none is known"
