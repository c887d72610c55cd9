"""Which model answers whom while a release runs: the same user always gets the same one.

    arm_of(release, unit="ann", keys=("4f0c",), secret=secret)     # 'champion' or 'canary'

The unit is the author, else the episode, else the request itself; its keyed hash decides, so that
nobody without the project's key can choose a model, and every server chooses alike. The hash is of
the release, too: who was among the first to try one model is not among the first every time.
"""

from __future__ import annotations

from collections.abc import Collection

from chainring.contracts.ids import keyed
from chainring.contracts.prediction import Variant
from chainring.contracts.release import Release

_SPAN = 2**64


def arm_of(release: Release | None, *, unit: str, keys: Collection[str], secret: bytes) -> Variant:
    """Return who answers: `champion`, or `canary` for the candidate of the release.

    `keys` are the ids that the caller's key is known by: its own, and that of the first key it
    replaces; none without a key.

    >>> arm_of(None, unit="ann", keys=(), secret=b"key")
    'champion'
    """
    if release is None:
        return "champion"
    if release.stage == "keys":
        return "champion" if set(release.keys).isdisjoint(keys) else "canary"
    if release.stage != "canary":
        return "champion"
    drawn = int(keyed(secret, "release", release.id, unit, size=8), 16)
    return "canary" if drawn < release.share * _SPAN else "champion"


def unit_of(*, author: str, episode: str, text: str) -> str:
    """Return what is drawn as one: an author, an episode, or a single request."""
    for kind, name in (("author", author), ("episode", episode)):
        if name:
            return f"{kind} {name}"
    return f"text {text}"
