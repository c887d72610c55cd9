"""Champion and candidate side by side: who answers, who answers unseen, and when that changes.

Holds the release that runs, the candidate's lane and the shadow. The champion's lane is the
service's own; without a release everything goes there.

    arms = Arms(project)
    asked = await arms.ask(lane, requests, caller=caller)
    arms.beside(lane, row, request)         # after the answer was given
    await arms.refresh(lane)                # as often as the service looks for a champion
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from chainring.contracts.deployment import Deployment
from chainring.contracts.errors import BusyError, ChainringError, ConflictError
from chainring.contracts.ids import keyed
from chainring.contracts.prediction import FAILED, Answer, Prediction, Variant, shadow_of
from chainring.contracts.release import Release
from chainring.contracts.request import Request
from chainring.contracts.tasks import TASKS
from chainring.deployment.answers import as_kept, filled
from chainring.deployment.lane.lane import Lane, Reply
from chainring.deployment.lane.routing import arm_of, unit_of
from chainring.deployment.lane.shadow import Shadow
from chainring.ring.release import course
from chainring.ring.release.evidence import Collector
from chainring.ring.release.judge import Decision
from chainring.ring.sentences import say
from chainring.software.serving.watching import told_to_all, worded
from chainring.software.verbs.answering import Opened, answered, threads_of
from chainring.software.verbs.releases import noted, tidy

if TYPE_CHECKING:
    from chainring.deployment.http.verbs import Caller
    from chainring.software.api import Project

log = logging.getLogger("chainring.release")

PATIENCE_S = 5.0
"""How long a user waits for a candidate before the champion answers, where neither writes texts."""

Piece = str | Reply[Deployment]
Load = Callable[[Opened], Any]
Log = Callable[[Prediction, str | None], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Replies, whose they are, and whether the candidate was asked first and did not answer."""

    replies: list[Reply[Deployment]]
    variant: Variant = "champion"
    failed: bool = False

    @property
    def texts(self) -> tuple[int, ...]:
        """For each reply how many were asked for, at the first of them; 0 at the others."""
        return tuple(0 if place else len(self.replies) for place in range(len(self.replies)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Streamed:
    """The reply at the end of a stream, whose it is, and whether the candidate failed first."""

    reply: Reply[Deployment]
    variant: Variant = "champion"
    failed: bool = False


class Arms:
    """The candidate of the release that runs, beside the champion's lane.

    Parameters
    ----------
    project
        Whose release it is.
    load
        Opens the form of a deployment.
    note
        Writes a row behind.
    """

    def __init__(self, project: Project, *, load: Load, note: Log) -> None:
        self.release: Release | None = None
        self.counts: Counter[str] = Counter()
        self._project, self._load, self._note = project, load, note
        self._candidate: Lane[Deployment] | None = None
        self._champion: Lane[Deployment] | None = None
        self._shadow: Shadow | None = None
        self._collector: Collector | None = None
        self._looked = 0.0
        self._leaving: set[asyncio.Task[bool]] = set()

    @property
    def shadow_counts(self) -> dict[str, int]:
        """What the shadow answered, dropped and failed at."""
        return {} if self._shadow is None else dict(self._shadow.counts)

    async def ask(
        self, champion: Lane[Deployment], requests: Sequence[Request], *, caller: Caller
    ) -> Asked:
        """Answer by the model that this user is given; by the champion where that one fails."""
        candidate = self._candidate
        if candidate is None or not requests or self._arm(requests[0], caller) == "champion":
            return Asked(replies=await champion.ask(requests))
        try:
            async with asyncio.timeout(self._patience_s):
                replies = await candidate.ask(requests)
            return Asked(replies=replies, variant="canary")
        except BusyError:
            self.counts["busy"] += len(requests)
            return Asked(replies=await champion.ask(requests))
        except Exception as error:  # noqa: BLE001 - whatever it is, the user gets an answer
            started = time.monotonic()
            replies = await champion.ask(requests)
            if self._is_excused(error, champion_s=time.monotonic() - started):
                return Asked(replies=replies)
            self.counts["failed"] += len(requests)
            log.warning("release.failed texts=%d cause=%s", len(requests), type(error).__name__)
            return Asked(replies=replies, failed=True)

    async def stream(
        self, champion: Lane[Deployment], request: Request, *, caller: Caller
    ) -> AsyncGenerator[Deployment | str | Streamed, None]:
        """Yield who writes, then each piece, last the whole; chosen and fallen back as by `ask`.

        Before the first piece nothing is yielded: what goes wrong until then is raised as by `ask`.
        A candidate that fails before it costs nothing but time. What fails later is noted and
        raised: a reader cannot be made to forget what was read.
        """
        candidate, failure = self._candidate, None
        if candidate is not None and self._arm(request, caller) != "champion":
            async with aclosing(candidate.stream(request)) as pieces:
                try:
                    async with asyncio.timeout(self._patience_s):
                        first = await anext(pieces)
                except BusyError:
                    self.counts["busy"] += 1
                except Exception as error:  # noqa: BLE001 - whatever it is, the user gets an answer
                    failure = error
                else:
                    yield candidate.tag
                    async for piece in self._noted(candidate.tag, request, first, pieces):
                        yield piece
                    return
        started = time.monotonic()
        with champion.writing(request) as text:
            found = await text.next()
            if failure and self._is_excused(failure, champion_s=time.monotonic() - started):
                failure = None
            if failure:
                self._failed(failure)
            yield text.tag  # only now: a swap may have come while it waited for its place
            while isinstance(found, str):
                yield found
                found = await text.next()
            yield Streamed(reply=Reply(answer=found, tag=text.tag), failed=failure is not None)

    async def _noted(
        self, tag: Deployment, request: Request, first: Piece, pieces: AsyncIterator[Piece]
    ) -> AsyncIterator[str | Streamed]:
        """Yield what the candidate writes; where it breaks off, that is evidence against it."""
        try:
            yield _of_candidate(first)
            async for piece in pieces:
                yield _of_candidate(piece)
        except BusyError:
            raise  # the server stops, which says nothing of the candidate
        except Exception as error:
            self._failed(error)
            nothing = Answer(label="", confidence=0.0, passed_on=True, text=request.text)
            row, _ = answered(self._project, tag, request, nothing, variant="canary")
            self._told(row, None, tag, 0.0)
            raise

    def _is_excused(self, error: Exception, *, champion_s: float) -> bool:
        """Return whether it ran out of a time that was too short for the champion, too."""
        return isinstance(error, TimeoutError) and champion_s >= self._patience_s

    def _failed(self, error: Exception) -> None:
        self.counts["failed"] += 1
        log.warning("release.failed texts=1 cause=%s", type(error).__name__)

    def beside(
        self, champion: Lane[Deployment], row: Prediction, request: Request, *, failed: bool
    ) -> None:
        """Let the other model answer unseen, where its answer is wanted; note a failure."""
        release, candidate, shadow = self.release, self._candidate, self._shadow
        if release is None or candidate is None or shadow is None:
            return
        if failed:
            if row.texts:  # the request failed as a whole: that is one outcome
                self._told(row, None, release.candidate, 0.0)
            return
        if release.stage == "shadow":
            share = self._project.ring.recipe.release.shadow_share
            drawn = int(keyed(self._project.secret, "shadow", row.id, size=8), 16) / 2**64
            is_wanted, other = row.holdout or drawn < share, candidate
        else:
            is_wanted = row.holdout
            other = champion if row.model == release.candidate.model else candidate
        if is_wanted:
            shadow.offer(other, request, about=row)

    async def refresh(self, champion: Lane[Deployment]) -> None:
        """Take up the release as the ledger names it, and look at its evidence when it is time."""
        self._champion = champion
        ring = self._project.ring
        _, release = await asyncio.to_thread(course.running, ring)
        if release is None or self._is_other(release):
            await self._end()
        if release is not None and champion.tag.model != release.champion:
            return  # this server has not taken up the champion of the release yet
        if release is not None and self._candidate is None:
            await self._begin(release)
        self.release = release if self._candidate is not None else None
        if time.monotonic() - self._looked >= ring.recipe.release.look_s:
            self._looked = time.monotonic()
            await self._look()

    async def close(self) -> None:
        """Answer what the candidates were asked, for `drain_s` at most, and end."""
        await self._end()
        if not self._leaving:
            return
        drain_s = self._project.ring.recipe.deployment.drain_s
        _, late = await asyncio.wait(self._leaving, timeout=drain_s)
        for task in late:
            task.cancel()
        if late:
            await asyncio.wait(late)

    @property
    def _patience_s(self) -> float:
        """What the candidate may take: where it writes, half of the time that a request has."""
        recipe = self._project.ring.recipe
        half = recipe.deployment.timeout_s / 2
        return half if TASKS[recipe.data.task].form == "text" else min(PATIENCE_S, half)

    def _arm(self, request: Request, caller: Caller) -> Variant:
        # A key is no user: many share it.
        author = "" if request.author == caller.key_id else request.author
        unit = unit_of(author=author, episode=request.episode, text=request.text)
        keys = {caller.key_id, caller.meter} - {""}
        return arm_of(self.release, unit=unit, keys=keys, secret=self._project.secret)

    def _is_other(self, release: Release) -> bool:
        running = self.release
        return running is not None and running.id != release.id

    async def _begin(self, release: Release) -> None:
        project = self._project
        try:
            predictor = await asyncio.to_thread(self._opened, release.candidate)
        except Exception as error:  # noqa: BLE001 - engines raise what they like
            log.error("release.refused model=%s cause=%s", release.candidate.model, worded(error))
            because = say("not loaded", error=told_to_all(error))
            await self._settle(Decision(action="stop", because=because))
            return
        settings = project.ring.recipe
        self._candidate = Lane(predictor, tag=release.candidate, settings=settings.deployment)
        self._shadow = Shadow(
            most=settings.release.shadow_queue, busy=self._is_busy, told=self._told
        )
        self._collector = Collector(release)
        log.info("release.begins id=%s stage=%s", release.id, release.stage)

    def _opened(self, candidate: Deployment) -> Any:
        ring = self._project.ring
        folder = ring.runner.trees.open(candidate.form, fresh=True)
        threads = threads_of(ring.recipe)
        return self._load(Opened(deployment=candidate, folder=folder, threads=threads))

    async def _end(self) -> None:
        candidate, shadow = self._candidate, self._shadow
        self.release = self._candidate = self._shadow = self._collector = None
        if shadow is not None:
            await shadow.close()
        if candidate is not None:  # it may be writing: that holds up nobody
            timeout_s = self._project.ring.recipe.deployment.timeout_s
            task = asyncio.get_running_loop().create_task(candidate.drain(timeout_s))
            self._leaving.add(task)
            task.add_done_callback(self._leaving.discard)

    async def _look(self) -> None:
        ring = self._project.ring
        try:
            await asyncio.to_thread(tidy, self._project)
            if self.release is not None and self._collector is not None:
                done = await asyncio.to_thread(course.look, ring, self._collector, by="release")
                await asyncio.to_thread(noted, self._project, done)
        except ConflictError:
            return  # another server decides in this moment; what it writes is taken up next
        except (ChainringError, sa.exc.SQLAlchemyError, OSError) as error:
            log.error("release.look failed cause=%s", type(error).__name__)

    async def _settle(self, decision: Decision) -> None:
        ring = self._project.ring
        ref, release = await asyncio.to_thread(course.running, ring)
        if ref is None or release is None:
            return
        try:
            done = await asyncio.to_thread(course.settle, ring, ref, decision, by="server")
            await asyncio.to_thread(noted, self._project, done)
        except ConflictError:
            return

    def _is_busy(self) -> bool:
        lanes = (self._champion, self._candidate)
        return any(lane is not None and not lane.is_idle for lane in lanes)

    def _told(
        self, about: Prediction, answer: Answer | None, tag: Deployment, spent_ms: float
    ) -> None:
        row = replace(
            about,
            id=shadow_of(about.id),
            model=tag.model,
            form=tag.form_name,
            variant="shadow",
            request="",
            latency_ms=round(spent_ms, 3),
            texts=1,
            label="",
            scores={},
            output="",
            pair="",
            finish=FAILED,
        )
        if answer is None:
            self._note(row, None)
            return
        row = filled(row, as_kept(answer, form=TASKS[tag.task].form))
        keeps = self._project.ring.recipe.privacy.keeps_texts
        self._note(row, "" if answer.output and keeps else None)


def _of_candidate(piece: Piece) -> str | Streamed:
    return piece if isinstance(piece, str) else Streamed(reply=piece, variant="canary")
