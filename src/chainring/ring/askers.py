"""Who asked: answers to one person hang together, and count as one where chance is reckoned with.

asker(prediction, keys_of(ring))    # the user, without one the episode, else the answer itself
"""

from __future__ import annotations

from collections.abc import Iterable

from chainring.contracts.prediction import Prediction
from chainring.ring.built import Ring
from chainring.trust.access import Key


def keys_of(ring: Ring) -> set[str]:
    """Return the ids of all keys, which stand where no user was named."""
    return {key.id for key in ring.ledger.facts("key", Key)}


def user(names: Iterable[str], keys: set[str]) -> str:
    """Return the first name that is one person's; a key is no user, many share it."""
    return next((name for name in names if name and name not in keys), "")


def asker(row: Prediction, keys: set[str]) -> str:
    """Return whom an answer was for."""
    return user((row.author,), keys) or row.episode or row.id
