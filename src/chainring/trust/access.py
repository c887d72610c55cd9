"""Who may do what: keys with a role, hashed at rest, and the verbs that each role reaches.

Enters a role and a name, leaves the secret text, shown once, and the `Key` that is stored:

    secret, key = make_key("ask", "web shop", per_minute=600)     # cr_ask_4f0c…_9b1d…
    KeyRing([key]).check(secret).role                             # 'ask'

What each role reaches stands in `chainring.contracts.roles`.

A secret holds 256 random bits, so a keyed BLAKE2b with a salt is enough where a chosen password
would need a slow hash: no table and no dictionary shortens the search.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import cast

from chainring.contracts.errors import InputError, NotAllowedError, did_you_mean
from chainring.contracts.roles import ABOVE, ROLES, VERB_ROLES, Role

MAX_NAME = 80
MAX_SECRET = 200

_REFUSED = "this key is not accepted; ask the operator for one (`chainring keys`)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """What is stored of a key; the secret itself is not. Times are seconds since 1970 (UTC).

    `only` are the verbs it is held to within its role; empty: all of them. `per_minute` requests
    and `per_day` texts are its limits; 0: none. `meter` is the id under which they are counted: a
    rotated key goes on with what its predecessor has used.
    """

    id: str
    role: Role
    name: str
    salt: str
    hash: str
    at: float
    expires: float | None = None
    revoked: bool = False
    only: tuple[str, ...] = ()
    per_minute: int = 0
    per_day: int = 0
    replaces: str = ""
    meter: str = ""

    def reaches(self, verb: str) -> bool:
        """Whether role and scope let it call a verb."""
        return self.role in VERB_ROLES.get(verb, ()) and (not self.only or verb in self.only)


def make_key(
    role: str,
    name: str,
    *,
    expires: float | None = None,
    only: Sequence[str] = (),
    per_minute: int = 0,
    per_day: int = 0,
    now: float | None = None,
) -> tuple[str, Key]:
    """Return a new secret `cr_<role>_<id>_<random>` and the key to store.

    Parameters
    ----------
    role
        One of `ROLES`.
    name
        Whom it is for, 1 to 80 characters.
    expires
        When it ends, in seconds since 1970; None: when it is revoked.
    only
        Verbs of the role that it is held to; none: all of them.
    per_minute, per_day
        Requests a minute and texts a day; 0: no limit.

    Raises
    ------
    InputError
        With every fault found.
    """
    at = time.time() if now is None else now
    faults = []
    if role not in ROLES:
        faults.append(f"role: {role!r} is unknown{did_you_mean(role, ROLES)}")
    if not 1 <= len(name.strip()) <= MAX_NAME or not name.isprintable():
        faults.append(f"name: 1 to {MAX_NAME} printable characters expected, found {len(name)}")
    if expires is not None and expires <= at:
        faults.append("expires: that moment has passed")
    faults += [f"{name}: {n} is not >= 0" for name, n in _limits(per_minute, per_day) if n < 0]
    faults += list(_scope_faults(role, only))
    if faults:
        raise InputError("no key was made", faults=faults)
    secret, key = _issue(cast(Role, role), name.strip(), expires, at)
    return secret, replace(key, only=tuple(only), per_minute=per_minute, per_day=per_day)


def rotated(key: Key, *, grace_s: float, now: float | None = None) -> tuple[str, Key, Key]:
    """Return a new secret, the key that takes over, and the old one, which ends after the grace.

    Name, role, scope and limits carry over; a key that ends by itself gets the same span again.
    """
    at = time.time() if now is None else now
    if key.revoked:
        raise InputError(f"key {key.id} is revoked; make a new one instead")
    if grace_s < 0:
        raise InputError(f"the grace of a rotated key: {grace_s:g} s is not >= 0")
    expires = None if key.expires is None else at + (key.expires - key.at)
    secret, fresh = _issue(key.role, key.name, expires, at)
    fresh = replace(
        fresh,
        only=key.only,
        per_minute=key.per_minute,
        per_day=key.per_day,
        replaces=key.id,
        meter=key.meter or key.id,
    )
    ends = at + grace_s if key.expires is None else min(key.expires, at + grace_s)
    return secret, fresh, replace(key, expires=ends)


def require_within(key: Key, maker: Key) -> None:
    """Return when a key reaches no more than the one that makes it, and does not outlive it.

    Raises
    ------
    NotAllowedError
        With all that goes beyond: scope, end or limits of the maker would hold nothing.
    """
    beyond = list(_beyond(key, maker))
    if beyond:
        raise NotAllowedError(
            f"a key makes or rotates none that goes beyond itself: {'; '.join(beyond)}. Ask for "
            "less, or use a wider key, or `chainring keys` at the machine"
        )


def _beyond(key: Key, maker: Key) -> Iterator[str]:
    verbs = [one for one in sorted(VERB_ROLES) if key.reaches(one) and not maker.reaches(one)]
    if verbs:
        more = f" and {len(verbs) - 8} more" if len(verbs) > 8 else ""
        yield f"only: key {maker.id} does not reach {', '.join(verbs[:8])}{more}"
    if maker.expires is not None and (key.expires is None or key.expires > maker.expires):
        left = max(0.0, (maker.expires - key.at) / 86400)
        yield f"days: key {maker.id} itself ends in {int(left * 100) / 100:g} days"
    limits = (
        ("per_minute", maker.per_minute, key.per_minute),
        ("per_day", maker.per_day, key.per_day),
    )
    for name, most, wanted in limits:
        if most and not 1 <= wanted <= most:
            yield f"{name}: from 1 to {most}, as many as key {maker.id} has"


def _limits(per_minute: int, per_day: int) -> tuple[tuple[str, int], ...]:
    return (("per_minute", per_minute), ("per_day", per_day))


def _scope_faults(role: str, only: Sequence[str]) -> Iterator[str]:
    reached = [verb for verb, roles in VERB_ROLES.items() if role in roles]
    for verb in only:
        if role in ROLES and verb not in reached:
            near = did_you_mean(verb, reached) if verb not in VERB_ROLES else ""
            yield f"only: a key of role {role} does not reach {verb!r}{near}"


def _issue(role: Role, name: str, expires: float | None, at: float) -> tuple[str, Key]:
    identifier, salt = secrets.token_hex(6), secrets.token_hex(16)
    secret = f"cr_{role}_{identifier}_{secrets.token_hex(32)}"
    key = Key(
        id=identifier,
        role=role,
        name=name,
        salt=salt,
        hash=_hash(secret, salt),
        at=at,
        expires=expires,
    )
    return secret, key


def _hash(secret: str, salt: str) -> str:
    data = secret.encode("utf-8", "surrogatepass")
    return hashlib.blake2b(data, key=bytes.fromhex(salt), digest_size=32).hexdigest()


class KeyRing:
    """The keys of a project by id: what a server holds, so that a thousand keys cost as one."""

    def __init__(self, keys: Iterable[Key]) -> None:
        self._keys = {key.id: key for key in keys}

    def __len__(self) -> int:
        """Return how many keys there are, ended ones included."""
        return len(self._keys)

    def check(self, secret: str, *, now: float | None = None) -> Key:
        """Return the key that a secret belongs to.

        The secret is hashed and compared once whether or not its id is known, in constant time.

        Raises
        ------
        NotAllowedError
            When it is unknown, wrong, expired or revoked; the message is the same for all four.
        """
        parts = secret[:MAX_SECRET].split("_", 3)
        key = self._keys.get(parts[2] if len(parts) > 2 else "", _NOBODY)
        _require(secret, key, at=time.time() if now is None else now)
        return key


def _require(secret: str, key: Key, *, at: float) -> None:
    is_right = hmac.compare_digest(_hash(secret[: MAX_SECRET + 1], key.salt), key.hash)
    has_ended = key.revoked or (key.expires is not None and key.expires <= at)
    if not is_right or has_ended:
        raise NotAllowedError(_REFUSED)


_NOBODY = _issue("ask", "nobody", None, 0.0)[1]  # its secret was never seen, so it opens nothing


def sees_texts(role: str) -> bool:
    """Return whether `why` may show users' texts to this role; others see ids and licences."""
    return role in ABOVE
