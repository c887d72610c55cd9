"""Keys and the audit log as a server's verbs: each calls the project's, in the caller's name."""

from __future__ import annotations

import logging
import threading
import time
from typing import TYPE_CHECKING

from chainring.contracts.access import Who
from chainring.contracts.act import Act
from chainring.deployment.http.privileges import Issued, KeyInfo, KeyWish
from chainring.software.verbs import auditing, keys
from chainring.trust.access import Key, KeyRing

if TYPE_CHECKING:
    from chainring.deployment.http.verbs import Caller
    from chainring.software.api import Project

log = logging.getLogger("chainring.service")

REFUSED_EVERY_S = 60.0
"""One line of the audit for each key and verb in this time, however often it tries."""


class ServedKeys:
    """What `Service` answers an administrator, and what it notes of those who are none."""

    project: Project
    _keys: KeyRing
    _open_to_all: bool
    _renewing: threading.Lock
    _refusals: dict[tuple[str, str], float]

    def list_keys(self, *, caller: Caller) -> list[KeyInfo]:
        """Return every key; who looks is kept, as of every act."""
        found = [_shown(key) for key in self.project.keys()]
        self._looked("keys", caller)
        return found

    def issue_key(self, wish: KeyWish, *, caller: Caller) -> Issued:
        """Make a key, which opens this server at once."""
        secret, key = keys.made(
            self.project,
            wish.role,
            wish.name,
            days=wish.days,
            only=wish.only,
            per_minute=wish.per_minute,
            per_day=wish.per_day,
            who=who_is(caller),
        )
        return self._issued(secret, key)

    def rotate_key(self, key: str, *, grace_hours: float, caller: Caller) -> Issued:
        """Give a key a new secret."""
        secret, fresh = keys.rotate(self.project, key, grace_hours=grace_hours, who=who_is(caller))
        return self._issued(secret, fresh)

    def revoke_key(self, key: str, *, caller: Caller) -> KeyInfo:
        """End a key; it opens nothing here from now on."""
        ended = keys.revoked(self.project, key, who=who_is(caller))
        self._renew_keys()
        return _shown(ended)

    def acts(self, *, limit: int, caller: Caller) -> list[Act]:
        """Return the newest privileged acts; this look is the first of the next."""
        found = auditing.audit(self.project, limit=limit)
        self._looked("audit", caller)
        return found

    def _looked(self, verb: str, caller: Caller) -> None:
        auditing.record(self.project, verb, action="read", who=who_is(caller))

    def refused(self, caller: Caller, verb: str) -> None:
        """Keep in the audit that a key did not reach a verb, once a minute."""
        now, about = time.monotonic(), (caller.key_id, verb)
        if now - self._refusals.get(about, -REFUSED_EVERY_S) < REFUSED_EVERY_S:
            return
        if len(self._refusals) > 10_000:
            self._refusals.clear()
        self._refusals[about] = now
        log.warning("access.refused key=%s role=%s verb=%s", caller.key_id, caller.role, verb)
        auditing.record(
            self.project, verb, who=who_is(caller), decision="denied", about=caller.key_id,
            because=f"a key of role {caller.role} does not reach it",
        )  # fmt: skip

    def _renew_keys(self) -> None:
        """Take up the keys as they stand; one after another, so that no older list comes last.

        Ended keys stay listed: where there are none any more they were lost, and nobody comes in.
        """
        with self._renewing:
            self._open_to_all = self._open_to_all and not self._keys
            self._keys = KeyRing(self.project.keys())

    def _issued(self, secret: str, key: Key) -> Issued:
        self._renew_keys()
        return Issued(secret=secret, key=_shown(key))


def who_is(caller: Caller) -> Who:
    """Return the caller as the rules of access and the audit know it."""
    return Who(role=caller.role, name=caller.name, key=caller.key_id)


def _shown(key: Key) -> KeyInfo:
    return KeyInfo(
        id=key.id,
        role=key.role,
        name=key.name,
        at=key.at,
        expires=key.expires,
        revoked=key.revoked,
        only=key.only,
        per_minute=key.per_minute,
        per_day=key.per_day,
        replaces=key.replaces,
    )
