"""Who may do what: keys with a role, hashed at rest, and the verbs that each role reaches.

Enters a role and a name, leaves the secret text, shown once, and the `Key` that is stored:

    secret, key = make_key("ask", "web shop")     # cr_ask_4f0c…_9b1d…
    check_key(secret, [key]).role                 # 'ask'

A secret holds 256 random bits, so a keyed BLAKE2b with a salt is enough where a chosen password
would need a slow hash: no table and no dictionary shortens the search.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, cast, get_args

from chainring.contracts.errors import InputError, NotAllowedError, UnknownNameError, did_you_mean

Role = Literal["ask", "operate"]
ROLES: tuple[Role, ...] = get_args(Role)
MAX_NAME = 80
MAX_SECRET = 200

_BOTH = ("predict", "react", "why", "status", "labels", "case")
_OPERATE = (
    "init", "turn", "watch", "serve", "review", "decide", "cases", "close_case", "history",
    "metrics", "report", "promote", "rollback", "release", "drift", "keys", "doctor",
    "backup", "restore", "gc", "forget", "audit",
    "upgrade", "data fetch", "data clean", "data report", "data show",
    "data trace", "pretrain", "tokeniser",
    "words train", "words near", "words analogy", "words export", "words map", "words segment",
)  # fmt: skip
VERB_ROLES: dict[str, tuple[Role, ...]] = {
    **dict.fromkeys(_BOTH, ROLES),
    **dict.fromkeys(_OPERATE, ("operate",)),
}
"""Verb → roles that reach it. `case` is the one that the caller's own flag opened; `why` tells an
asker ids and licences only, see `sees_texts`."""

_REFUSED = "this key is not accepted; ask the operator for one (`chainring keys`)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """What is stored of a key; the secret itself is not. Times are seconds since 1970 (UTC)."""

    id: str
    role: Role
    name: str
    salt: str
    hash: str
    at: float
    expires: float | None = None
    revoked: bool = False


def make_key(
    role: str, name: str, *, expires: float | None = None, now: float | None = None
) -> tuple[str, Key]:
    """Return a new secret `cr_<role>_<id>_<random>` and the key to store.

    Parameters
    ----------
    role
        `ask` or `operate`.
    name
        Whom it is for, 1 to 80 characters.
    expires
        When it ends, in seconds since 1970; None: when it is revoked.

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
    if faults:
        raise InputError("no key was made", faults=faults)
    return _issue(cast(Role, role), name.strip(), expires, at)


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


def check_key(secret: str, keys: Iterable[Key], *, now: float | None = None) -> Key:
    """Return the key that a secret belongs to.

    The secret is hashed and compared once whether or not its id is known, in constant time.

    Raises
    ------
    NotAllowedError
        When it is unknown, wrong, expired or revoked; the message is the same for all four.
    """
    at = time.time() if now is None else now
    identifier = secret[:MAX_SECRET].split("_", 3)[2:3]
    key = next((key for key in keys if [key.id] == identifier), _NOBODY)
    is_right = hmac.compare_digest(_hash(secret[: MAX_SECRET + 1], key.salt), key.hash)
    has_ended = key.revoked or (key.expires is not None and key.expires <= at)
    if not is_right or has_ended:
        raise NotAllowedError(_REFUSED)
    return key


_NOBODY = _issue("ask", "nobody", None, 0.0)[1]  # its secret was never seen, so it opens nothing


def allow(role: str, verb: str) -> None:
    """Return when the role reaches the verb.

    Raises
    ------
    NotAllowedError
        When it does not, or the role is unknown.
    UnknownNameError
        When the verb is in no table: a new verb is closed until it is entered there.
    """
    if verb not in VERB_ROLES:
        raise UnknownNameError("verb", verb, VERB_ROLES)
    if role not in VERB_ROLES[verb]:
        needed = " or ".join(VERB_ROLES[verb])
        raise NotAllowedError(f"{verb} needs a key of role {needed}; this one's role is {role!r}")


def sees_texts(role: str) -> bool:
    """Return whether `why` may show users' texts to this role; others see ids and licences."""
    return role == "operate"
