"""Which model answers whom while a release runs: the same user always gets the same one.

    arm_of(release, unit="ann", key_id="4f0c", secret=secret)      # 'champion' or 'canary'

The unit is the author, else the episode, else the request itself; its keyed hash decides, so that
nobody without the project's key can choose a model, and every server chooses alike. The hash is of
the release, too: who was among the first to try one model is not among the first every time.
"""

from __future__ import annotations

from chainring.contracts.ids import keyed
from chainring.contracts.prediction import Variant
from chainring.contracts.release import Release

_SPAN = 2**64


def arm_of(release: Release | None, *, unit: str, key_id: str, secret: bytes) -> Variant:
    """Return who answers: `champion`, or `canary` for the candidate of the release.

    >>> arm_of(None, unit="ann", key_id="", secret=b"key")
    'champion'
    """
    if release is None:
        return "champion"
    if release.stage == "keys":
        return "canary" if key_id in release.keys else "champion"
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
