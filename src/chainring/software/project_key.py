"""The project's key: one for all machines of a ledger; another one is noticed.

Enters the ledger and `.chainring/key`, leaves the key's fingerprint as a fact, and beside the key.
With another key, texts that judge on one machine would teach on the other. A folder that has a
fingerprint had a ledger that knows it: an empty one in its place is noticed.
"""

from __future__ import annotations

import logging
import secrets
from dataclasses import dataclass
from pathlib import Path

from chainring.contracts.errors import InputError
from chainring.contracts.ids import keyed
from chainring.ring.built import CHAMPION
from chainring.store.files import write_durably
from chainring.store.ledger import Ledger
from chainring.store.newest import newest_of_each
from chainring.store.opening import spelled

KIND = "project key"
_ID = "fingerprint"
FILE = "fingerprint"
"""Beside the key: written once a ledger knows it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fingerprint:
    """What tells the project's key from others, and nothing else about it."""

    digest: str


def read_key(path: Path) -> bytes:
    """Return the project's key; a new one where there is none yet.

    Raises
    ------
    InputError
        When the file holds no key.
    """
    if not path.exists():
        write_durably(path, secrets.token_hex(32).encode(), mode=0o600)
    text = path.read_text(encoding="ascii").strip()
    try:
        key = bytes.fromhex(text)
    except ValueError:
        key = b""
    if len(key) != 32:
        raise InputError(f"{path} is no project key of 64 hex digits; restore it from a backup")
    logging.getLogger("chainring").debug("project.opened key=%s", path.name)
    return key


def key_of(ledger: Ledger, path: Path) -> bytes:
    """Return the project's key; a new one only where nothing was made with another yet.

    Raises
    ------
    InputError
        When the file holds no key, or another one than the ledger was made with; when there is
        none though the ledger was made with one: no file is made then. When the folder was used
        with a ledger that knows the key, and this one does not.
    """
    if not path.exists() and _is_in_use(ledger):
        raise InputError(
            f"the ledger of {ledger.app!r} was made with a key that is not here: copy "
            f".chainring/key from the machine that made it, or from a backup, to {path}; if this "
            "is another project, give it another name ([project] name)"
        )
    secret = read_key(path)
    require_same_key(ledger, secret, path)
    _require_same_ledger(ledger, secret, path.with_name(FILE))
    return secret


def _is_in_use(ledger: Ledger) -> bool:
    return ledger.fact(KIND, _ID, Fingerprint) is not None or ledger.ref(CHAMPION) is not None


def require_same_key(ledger: Ledger, secret: bytes, path: Path) -> None:
    """Accept the key that the ledger was made with; one with a champion keeps it from here on.

    Raises
    ------
    InputError
        When the ledger was made with another key: of another machine, or another project.
    """
    known = ledger.fact(KIND, _ID, Fingerprint)
    if known is None:
        if ledger.ref(CHAMPION) is not None:
            _keep(ledger, secret)
        return
    if known.digest != _fingerprint(ledger, secret):
        raise InputError(
            f"the ledger of {ledger.app!r} was made with another key than {path}: copy "
            ".chainring/key from the machine that made it; if this is another project, give it "
            "another name ([project] name)"
        )


def _require_same_ledger(ledger: Ledger, secret: bytes, path: Path) -> None:
    """Refuse a ledger that does not know the key where one did: it was lost, or is another one."""
    own = _fingerprint(ledger, secret)
    noted = path.read_text(encoding="ascii") if path.is_file() else ""
    if ledger.fact(KIND, _ID, Fingerprint) is not None:
        if noted != own:
            write_durably(path, own.encode(), mode=0o600)
    elif noted == own:
        raise InputError(
            f"the ledger {spelled(ledger.engine)} knows nothing of {ledger.app!r}, though this "
            "folder was used with one that does: let [store] ledger name that, or make a new "
            f"folder from a backup (`chainring restore`); to begin anew without it, remove {path}"
        )


def former_names(ledger: Ledger, secret: bytes) -> list[str]:
    """Return the other names under which a ledger knows the key: the project was renamed since."""
    known = newest_of_each(ledger, KIND, _ID, Fingerprint)
    return [
        name
        for name, one in known.items()
        if name != ledger.app and one.digest == keyed(secret, KIND, name)
    ]


def keep_key(ledger: Ledger, secret: bytes, path: Path) -> None:
    """Write down with which key of `path` a ledger is made, there and beside the key.

    Raises
    ------
    InputError
        When it was made with another key since this process read its own.
    ConflictError
        When it knows none yet and another machine's turn is at work.
    """
    if ledger.fact(KIND, _ID, Fingerprint) is None:
        with ledger.lease("turn"):  # of two first turns one writes its key
            _keep(ledger, secret)
    require_same_key(ledger, secret, path)
    _require_same_ledger(ledger, secret, path.with_name(FILE))


def _keep(ledger: Ledger, secret: bytes) -> None:
    if ledger.fact(KIND, _ID, Fingerprint) is None:
        ledger.add_fact(KIND, _ID, Fingerprint(digest=_fingerprint(ledger, secret)))


def _fingerprint(ledger: Ledger, secret: bytes) -> str:
    return keyed(secret, KIND, ledger.app)
