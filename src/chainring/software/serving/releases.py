"""Releases and drift as a server's verbs: each calls the project's, in the caller's name."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from chainring.software.serving.keys import who_is
from chainring.software.verbs import releases
from chainring.software.verbs.drifting import drift_cases

if TYPE_CHECKING:
    from chainring.deployment.http.verbs import Caller
    from chainring.ring.release.evidence import Collector
    from chainring.software.api import Project
    from chainring.software.serving.watching import Watching


class ServedReleases:
    """What `Service` answers about models on their way and models that grow old."""

    project: Project
    _background: Watching
    _collected: dict[str, Collector]
    _collecting: threading.Lock

    def release_standing(self) -> dict[str, Any]:
        """Return the release that runs with its evidence, and those before it."""
        with self._collecting:  # the live page asks every few seconds; each answer is read once
            return releases.standing(self.project, self._collected)

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
        """Begin the release of a judged model."""
        return releases.shown(
            releases.begin(
                self.project,
                model,
                stage=stage,
                share=share,
                keys=keys,
                by=_name(caller),
                reason=reason,
                who=who_is(caller),
            )
        )

    def release_stop(self, *, reason: str, caller: Caller) -> dict[str, Any]:
        """End the release that runs."""
        by, who = _name(caller), who_is(caller)
        return releases.shown(releases.stop(self.project, by=by, reason=reason, who=who))

    def drift(self) -> dict[str, Any]:
        """Return what the last look found, and the cases that it opened."""
        found = self._background.found
        cases = drift_cases(self.project, str(found.get("model", "")))
        return found | {"cases": [case.id for case in cases]}


def _name(caller: Caller) -> str:
    return caller.name or caller.key_id or "operator"
