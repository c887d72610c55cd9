"""Releases and drift of the demonstration: what was begun is noted, the evidence is made up."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

from chainring.contracts.errors import ConflictError, InputError
from chainring.contracts.said import Said
from chainring.deployment.http.verbs import Caller

DRIFT: dict[str, Any] = {
    "model": "blake2b:4f1c9a7be2d05a31",
    "window": 3,
    "waiting": 0,
    "evidence": {"input · all": 0.21, "input · zh": 0.84, "length · all": 0.1},
    "cases": [],
}


class DemoReleases:
    """The verbs of releases, in memory."""

    def begin_releases(self) -> None:
        """Begin with none."""
        self._release: dict[str, Any] | None = None
        self._earlier: list[dict[str, Any]] = []

    def release_standing(self) -> dict[str, Any]:
        """Return what was begun here."""
        return {"release": self._release, "earlier": list(self._earlier)}

    def release_begin(
        self,
        model: str,
        *,
        stage: str,
        share: float | None,
        keys: Sequence[str],
        reason: str,
        caller: Caller,
    ) -> dict[str, Any]:
        """Note a release."""
        if self._release is not None:
            raise ConflictError("a release runs already; stop it first")
        self._release = _begun(model, stage=stage, share=share or 0.1, keys=tuple(keys))
        return self._release

    def release_stop(self, *, reason: str, caller: Caller) -> dict[str, Any]:
        """End what was begun."""
        if self._release is None:
            raise InputError("no release runs; there is nothing to stop")
        ended = self._release | {"stage": "ended", "outcome": "cancelled", "because": reason}
        self._release = None
        self._earlier.insert(0, ended | {"ended": time.time()})
        return ended

    def drift(self) -> dict[str, Any]:
        """Return made-up evidence."""
        return DRIFT


def _begun(model: str, *, stage: str, share: float, keys: tuple[str, ...]) -> dict[str, Any]:
    return {
        "id": "rel_demo",
        "candidate": f"blake2b:{model}",
        "stage": stage,
        "share": share,
        "keys": keys,
        "action": "wait",
        "because": Said("no reviewed answer yet", zh="尚无经审核的回答"),
        "answers": 0,
        "shadows": 0,
        "labels": 0,
        "unpaired": 0,
        "counts": {"labelled": {}},
    }
