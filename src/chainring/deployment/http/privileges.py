"""Verbs of an administrator: keys and the audit log; no secret is ever given out a second time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from chainring.contracts.act import Act
from chainring.contracts.roles import Role

if TYPE_CHECKING:
    from chainring.deployment.http.verbs import Caller


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyWish:
    """A key that is wanted: `days` until it ends, None: never; see `trust.access.make_key`."""

    role: str
    name: str
    days: float | None = None
    only: tuple[str, ...] = ()
    per_minute: int = 0
    per_day: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyInfo:
    """A key as an administrator sees it; times are seconds since 1970."""

    id: str
    role: Role
    name: str
    at: float
    expires: float | None = None
    revoked: bool = False
    only: tuple[str, ...] = ()
    per_minute: int = 0
    per_day: int = 0
    replaces: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Issued:
    """A new key with its secret, which is shown this once."""

    secret: str
    key: KeyInfo


class Privileges(Protocol):
    """What only an administrator reaches, and what is noted of those who tried."""

    def list_keys(self, *, caller: Caller) -> list[KeyInfo]:
        """Return every key, ended ones included."""
        ...

    def issue_key(self, wish: KeyWish, *, caller: Caller) -> Issued:
        """Make a key; InputError with every fault."""
        ...

    def rotate_key(self, key: str, *, grace_hours: float, caller: Caller) -> Issued:
        """Give a key a new secret; the old one goes on for the grace."""
        ...

    def revoke_key(self, key: str, *, caller: Caller) -> KeyInfo:
        """End a key now."""
        ...

    def acts(self, *, limit: int, caller: Caller) -> list[Act]:
        """Return the newest privileged acts, newest first."""
        ...

    def refused(self, caller: Caller, verb: str) -> None:
        """Note that a caller's key did not reach a verb."""
        ...
