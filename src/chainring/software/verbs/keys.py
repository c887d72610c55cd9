"""Keys of a project: made, rotated and revoked, each as a fact and each in the audit log.

secret, key = made(project, "ask", "web shop", days=365, per_minute=600)
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from chainring.contracts.access import Who
from chainring.contracts.errors import InputError, NotAllowedError, UnknownNameError
from chainring.software.verbs import auditing
from chainring.trust.access import Key, make_key, require_within, rotated

if TYPE_CHECKING:
    from chainring.software.api import Project

KIND = "key"
GRACE_HOURS = 24.0
_DAY_S, _HOUR_S = 86400.0, 3600.0


def made(
    project: Project,
    role: str,
    name: str,
    *,
    days: float | None = None,
    only: Sequence[str] = (),
    per_minute: int = 0,
    per_day: int = 0,
    who: Who | None = None,
) -> tuple[str, Key]:
    """Return a new key's secret, which is stored nowhere, and the key; see `Project.make_key`."""
    expires = None if days is None else time.time() + days * _DAY_S
    secret, key = make_key(
        role, name, expires=expires, only=only, per_minute=per_minute, per_day=per_day
    )
    _require_within(project, key, who)
    project.ring.ledger.add_fact(KIND, key.id, key)
    _kept(project, f"made a key of role {role}", key.id, who)
    return secret, key


def rotate(
    project: Project, identifier: str, *, grace_hours: float, who: Who | None = None
) -> tuple[str, Key]:
    """Return a new secret in place of a key's, which goes on for the grace; see `rotate_key`."""
    with _changing(project, identifier) as (old, add):
        _require_newest(project, old)
        secret, fresh, ending = rotated(old, grace_s=grace_hours * _HOUR_S)
        _require_within(project, fresh, who)
        add(fresh.id, fresh)
        add(ending.id, ending)
    _kept(project, f"rotated {identifier}, which ends in {grace_hours:g} h", fresh.id, who)
    return secret, fresh


def revoked(project: Project, identifier: str, *, who: Who | None = None) -> Key:
    """Revoke a key and return it; see `Project.revoke_key`."""
    with _changing(project, identifier) as (key, add):
        ended = replace(key, revoked=True)
        add(identifier, ended)
    _kept(project, "revoked", identifier, who)
    return ended


def _require_within(project: Project, key: Key, who: Who | None) -> None:
    """Refuse a key that goes beyond the one of the caller; the owner makes any."""
    if who is None or not who.key:
        return
    maker = project.ring.ledger.fact(KIND, who.key, Key)
    if maker is not None:
        require_within(key, maker)
    _require_free_name(project, key, who)


def _require_free_name(project: Project, key: Key, who: Who) -> None:
    """Refuse a name to which the rules of access allow what they allow neither role nor caller."""
    named, nameless = Who(role=key.role, name=key.name), Who(role=key.role)
    for rule in project.ring.recipe.access.all_rules():
        if rule.allow and rule.names(named) and not rule.names(nameless) and not rule.names(who):
            raise NotAllowedError(
                f"rule {rule.number} of [access] allows more to keys of the name {key.name!r}; "
                "they are made and rotated with `chainring keys` at the machine"
            )


def _require_newest(project: Project, key: Key) -> None:
    """Refuse a key that was rotated: its end is that of the grace, no longer the one it was given.

    What a program is still set up with may be several keys behind; the newest of them is named.
    """
    following = {one.replaces: one.id for one in project.keys() if one.replaces}
    newest = key.id
    while newest in following:
        newest = following[newest]
    if newest != key.id:
        raise InputError(
            f"key {key.id} was rotated already; rotate the one that took over, {newest}"
        )


@contextmanager
def _changing(
    project: Project, identifier: str
) -> Iterator[tuple[Key, Callable[[str, Key], object]]]:
    """Hand out a key that nobody else changes meanwhile, and what appends keys."""
    with project.ring.ledger.changing(KIND, identifier, Key) as (key, add):
        if key is None:
            raise UnknownNameError("key", identifier, [known.id for known in project.keys()])
        yield key, partial(add, KIND)


def _kept(project: Project, because: str, about: str, who: Who | None) -> None:
    auditing.record(project, "keys", because=because, about=about, who=who)
