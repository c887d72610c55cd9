"""What a server does beside answering: it looks for drift, opens late cases, tells of new ones.

Of a package it also erases the texts whose time is over.

    watching = Watching(project, lane=lambda: lane, cases=FlagCases(project))
    task = asyncio.create_task(watching.run())

None may slow an answer: vectors are made a few texts at a time while nobody waits, databases and
webhooks are spoken to in threads, and what fails is logged and tried again. Nor does one wait for
another: a look at busy traffic may take minutes.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from chainring.contracts.errors import ChainringError, ConflictError, UnwrittenError
from chainring.deployment.http.untold import AWAY, to_callers, words_of
from chainring.deployment.lane.lane import Lane
from chainring.software.package.origin import brought
from chainring.software.serving.alerts import Alerts
from chainring.software.serving.flag_cases import FlagCases
from chainring.software.verbs.drifting import DriftWatch, Embed
from chainring.software.verbs.upkeep import expire

if TYPE_CHECKING:
    from chainring.software.api import Project

log = logging.getLogger("chainring.watching")

TEXTS = 8
PATIENCE_S = 600.0
"""How long the vectors of one look may take; those made until then are used."""
RETRIES = 30
"""Looks for which the reference of drift waits for vectors: half an hour as `look_s` stands."""
EXPIRE_S = 3600.0
"""How often the texts of a package are looked through for those whose time is over."""
_GRACE_S = 10.0
_ALERT_S = 5.0
_REST_S = 0.02
_TRIES = 1500
"""How often a whole look waits for a quiet moment: half a minute in all."""


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
        settings = self._project.ring.recipe.drift
        self._drift = DriftWatch(self._project, embed=self._embed(), retries=RETRIES)
        async with asyncio.TaskGroup() as tasks:
            if settings.watch:
                tasks.create_task(_repeated(self._look, every_s=settings.look_s))
            tasks.create_task(_repeated(self._cases.catch_up, every_s=_ALERT_S))
            tasks.create_task(_repeated(self._alerts.send, every_s=_ALERT_S))
            if brought(self._project.folder) is not None:
                tasks.create_task(_repeated(self._expire, every_s=EXPIRE_S))

    def _expire(self) -> None:
        """Erase the texts of a package whose time is over: no `gc` of a timetable does it there."""
        try:
            expire(self._project)
        except ConflictError as error:  # another worker is at it, or the log is in use
            log.info("watching.waits act=expire because=%s", error)

    def _look(self) -> None:
        if self._drift is not None and self._lane() is not None:
            self._drift.look()
            self.found = self._drift.standing()

    def _embed(self) -> Embed:
        """Return what makes vectors on the champion's lane, called from another thread."""
        loop = asyncio.get_running_loop()

        def embed(texts: Sequence[str]) -> Sequence[Any] | None:
            made = asyncio.run_coroutine_threadsafe(self._embedded(texts), loop)
            try:
                return made.result(PATIENCE_S + _GRACE_S)
            except TimeoutError:
                made.cancel()
                raise

        return embed

    async def _embedded(self, texts: Sequence[str]) -> list[Any] | None:
        """Return the vector of each text, None for one without; None where none can be made.

        What fails costs a few texts their vectors; what is left once time is up goes without.
        """
        lane = self._lane()
        if lane is not None and "embed" not in lane.capabilities:
            return None
        found: list[Any] = []
        failed: Counter[str] = Counter()
        tries, ends = _TRIES, asyncio.get_running_loop().time() + PATIENCE_S
        while len(found) < len(texts) and tries and asyncio.get_running_loop().time() < ends:
            lane = self._lane()
            if lane is None or "embed" not in lane.capabilities:
                break
            if lane.is_idle:
                few = texts[len(found) : len(found) + TEXTS]
                found += await self._few(lane, few, ends=ends, failed=failed)
            else:
                tries -= 1
                await asyncio.sleep(_REST_S)
        failed["NoQuietMoment" if not tries else "NotTried"] += len(texts) - len(found)
        _tell(+failed, of=len(texts))
        return found + [None] * (len(texts) - len(found))

    async def _few(
        self, lane: Lane[Any], texts: Sequence[str], *, ends: float, failed: Counter[str]
    ) -> list[Any]:
        """Return the vectors of a few texts; count them by cause in `failed` where there are none.

        `ends` is the loop's time after which they are no longer waited for.
        """
        try:
            async with asyncio.timeout_at(ends):
                vectors, deployment = await lane.embed(texts)
        except Exception as error:  # noqa: BLE001 - the texts after these may succeed
            failed[type(error).__name__] += len(texts)
            return [None] * len(texts)
        # A champion that this server has not taken up yet is not watched by its predecessor's.
        if deployment.model != self._watched:
            failed["AnotherModel"] += len(texts)
            return [None] * len(texts)
        return list(vectors)

    @property
    def _watched(self) -> str:
        return "" if self._drift is None else self._drift.model


def told_to_all(error: Exception) -> str:
    """Return what callers without a key may hear: of a database neither host nor driver's words."""
    if isinstance(error, sa.exc.SQLAlchemyError | UnwrittenError):
        return AWAY
    return to_callers(error)


def worded(error: Exception) -> str:
    """Return what an error says, or its kind where it says nothing."""
    return words_of(error) or type(error.__cause__ or error).__name__


def _tell(failed: Counter[str], *, of: int) -> None:
    """Log once how many of the texts of a look have no vector, and for which causes."""
    if failed:
        causes = ",".join(f"{cause}:{count}" for cause, count in sorted(failed.items()))
        log.warning("watching.without_vectors texts=%d of=%d causes=%s", failed.total(), of, causes)


async def _repeated(act: Callable[[], object], *, every_s: float) -> None:
    """Act in a thread, soon and then with this rest between, until cancelled."""
    await asyncio.sleep(min(_ALERT_S, every_s))
    while True:
        try:
            await asyncio.to_thread(act)
        except Exception as error:  # noqa: BLE001 - whatever it is, the next time may succeed
            name, cause = act.__name__, type(error).__name__
            if isinstance(error, ChainringError):
                log.error("watching.failed act=%s cause=%s because=%s", name, cause, error)
            else:
                log.error("watching.failed act=%s cause=%s", name, cause)
        await asyncio.sleep(every_s)
