"""What a server does beside answering: it looks for drift, opens late cases, tells of new ones.

    watching = Watching(project, lane=lambda: lane, cases=FlagCases(project))
    task = asyncio.create_task(watching.run())

None may slow an answer: vectors are made a few texts at a time while nobody waits, databases and
webhooks are spoken to in threads, and what fails is logged and tried again.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from chainring.contracts.errors import BusyError
from chainring.deployment.lane import Lane
from chainring.software.alerts import Alerts
from chainring.software.drifting import DriftWatch, Embed
from chainring.software.flag_cases import FlagCases

if TYPE_CHECKING:
    from chainring.software.api import Project

log = logging.getLogger("chainring.watching")

TEXTS = 8
PATIENCE_S = 600.0
_ALERT_S = 5.0
_REST_S = 0.02
_TRIES = 500


class Watching:
    """Drift and alerts of one server.

    Parameters
    ----------
    project
        Whose traffic it is.
    lane
        Returns the champion's lane, None before there is one.
    cases
        Opens the cases that could not be opened at once.
    """

    def __init__(
        self, project: Project, *, lane: Callable[[], Lane[Any] | None], cases: FlagCases
    ) -> None:
        self._project, self._lane, self._cases = project, lane, cases
        self._drift: DriftWatch | None = None
        self._alerts = Alerts(project)
        self.found: dict[str, Any] = {"evidence": {}}

    @property
    def evidence(self) -> dict[tuple[str, str], float]:
        """The last look's evidence, by question and slice."""
        named = ((name.partition(" · "), share) for name, share in self.found["evidence"].items())
        return {(question, place): share for (question, _, place), share in named}

    async def run(self) -> None:
        """Look and tell until cancelled."""
        settings, looked = self._project.ring.recipe.drift, 0.0
        while True:
            await asyncio.sleep(min(_ALERT_S, settings.look_s))
            if settings.watch and time.monotonic() - looked >= settings.look_s:
                looked = time.monotonic()
                await self._guarded(self._look)
            await self._guarded(self._cases.catch_up)
            await self._guarded(self._alerts.send)

    def _look(self) -> None:
        if self._drift is not None:
            self._drift.look()
            self.found = self._drift.standing()

    async def _guarded(self, act: Callable[[], object]) -> None:
        if self._drift is None and self._lane() is not None:
            self._drift = DriftWatch(self._project, embed=self._embed())
        try:
            await asyncio.to_thread(act)
        except Exception as error:  # noqa: BLE001 - whatever it is, the next look may succeed
            log.error("watching.failed act=%s cause=%s", act.__name__, type(error).__name__)

    def _embed(self) -> Embed:
        """Return what makes vectors on the champion's lane, called from another thread."""
        loop = asyncio.get_running_loop()

        def embed(texts: Sequence[str]) -> Sequence[Any]:
            made = asyncio.run_coroutine_threadsafe(self._embedded(texts), loop)
            try:
                return made.result(PATIENCE_S)
            except TimeoutError:
                made.cancel()
                raise

        return embed

    async def _embedded(self, texts: Sequence[str]) -> list[Any]:
        found: list[Any] = []
        for start in range(0, len(texts), TEXTS):
            found += await self._few(texts[start : start + TEXTS])
        return found

    async def _few(self, texts: Sequence[str]) -> list[Any]:
        lane = self._lane()
        if lane is None or "embed" not in lane.capabilities:
            return [None] * len(texts)
        for _ in range(_TRIES):
            if lane.is_idle:
                break
            await asyncio.sleep(_REST_S)
        else:
            return [None] * len(texts)
        try:
            vectors, deployment = await lane.embed(texts)
        except BusyError:
            return [None] * len(texts)
        # A champion that this server has not taken up yet is not watched by its predecessor's.
        return list(vectors) if deployment.model == self._watched else [None] * len(texts)

    @property
    def _watched(self) -> str:
        return "" if self._drift is None else self._drift.model
