"""Ids: time-ordered, unguessable, and keyed digests for texts."""

from __future__ import annotations

import base64
import hashlib
import secrets
import time

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_FROM_BASE32 = bytes.maketrans(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", _ALPHABET.encode())


def new_id(prefix: str, *, now: float | None = None) -> str:
    """Return `prefix_` + 10 characters of time (milliseconds) + 16 random ones, base 32.

    Ids of one process sort roughly by time, which only tells in which month's file a row lies;
    nothing is ordered by it.
    """
    millis = int((time.time() if now is None else now) * 1000)
    drawn = base64.b32encode((millis % 2**50).to_bytes(10, "big") + secrets.token_bytes(10))
    return f"{prefix}_{drawn.translate(_FROM_BASE32)[6:].decode()}"  # 30 bits of zeros in front


def id_time(identifier: str) -> float | None:
    """Return the seconds since 1970 inside an id of `new_id`, or None when it is not one."""
    stamp = identifier.rpartition("_")[2][:10]
    if len(identifier.rpartition("_")[2]) != 26 or any(c not in _ALPHABET for c in stamp):
        return None
    value = 0
    for character in stamp:
        value = value * 32 + _ALPHABET.index(character)
    return value / 1000


def is_id(text: str, *prefixes: str) -> bool:
    """Whether a text is of the form of `new_id` with one of these prefixes.

    >>> is_id(new_id("pred"), "pred"), is_id("pred_13912345678", "pred")
    (True, False)
    """
    prefix, _, drawn = text.partition("_")
    return prefix in prefixes and len(drawn) == 26 and set(drawn) <= set(_ALPHABET)


def keyed(secret: bytes, *parts: str, size: int = 16) -> str:
    """Return the hex keyed BLAKE2b of the parts; without the key no text can be guessed from it."""
    state = hashlib.blake2b(key=secret, digest_size=size)
    for part in parts:
        data = part.encode("utf-8", "surrogatepass")
        state.update(len(data).to_bytes(8, "big") + data)
    return state.hexdigest()


def episode_key(secret: bytes, *names: str) -> str:
    """Return what turns of one conversation share: a keyed digest of its names, or '' of an empty.

    A caller may call a conversation by anything, a number of a phone, too: no row keeps the name.
    """
    return keyed(secret, "episode", *names) if names[-1] else ""
