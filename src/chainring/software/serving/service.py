"""The verbs as a server needs them: the champion in its lane, traffic written behind, keys at hand.

Implements `chainring.deployment.http.verbs.Verbs` over a project. What every request asks (keys,
labels, readiness) is answered from memory and refreshed from the ledger every `reload_s` seconds;
that is also how a newly promoted or rolled-back model is taken up, between two batches.
"""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import sqlalchemy as sa

from chainring.contracts.deployment import Deployment
from chainring.contracts.errors import BusyError, LockedError, NotAllowedError, UnwrittenError
from chainring.contracts.prediction import Prediction, Variant
from chainring.contracts.reaction import Reaction
from chainring.contracts.request import Request
from chainring.contracts.roles import VERB_ROLES
from chainring.contracts.tasks import TASKS
from chainring.contracts.values import Input
from chainring.deployment.http import verbs as http
from chainring.deployment.http.past import History
from chainring.deployment.http.siblings import Siblings
from chainring.deployment.http.stages import stage
from chainring.deployment.http.untold import words_of
from chainring.deployment.lane.lane import Lane, Reply
from chainring.deployment.predictors import load_predictor
from chainring.ring.built import current
from chainring.ring.release.evidence import Collector
from chainring.software.api import Project
from chainring.software.package.origin import beside
from chainring.software.reports.history import history
from chainring.software.serving.arms import Arms
from chainring.software.serving.flag_cases import FlagCases
from chainring.software.serving.keys import ServedKeys
from chainring.software.serving.offers import ServedOffers
from chainring.software.serving.people import ServedPeople
from chainring.software.serving.reactions import stored
from chainring.software.serving.recipe_file import RecipeFile
from chainring.software.serving.releases import ServedReleases
from chainring.software.serving.retries import Retries
from chainring.software.serving.watching import Watching, told_to_all, worded
from chainring.software.telling.tongue import PASSED_ON, is_kept, learnt_by, told_of, tongue
from chainring.software.telling.unserved import unserved
from chainring.software.verbs.answering import Opened, answered, as_sent
from chainring.store.writer import TrafficWriter
from chainring.trust.access import KeyRing

log = logging.getLogger("chainring.service")


class Service(ServedReleases, ServedKeys, ServedOffers, ServedPeople):
    """Serves one project in one process.

    Parameters
    ----------
    project
        The opened project; the service closes it when it stops.
    open_to_all
        Whether a caller without a key may operate: only on one's own machine, and only as long as
        the project has no keys.
    siblings
        The other processes behind the port; None where it is alone.
    """

    def __init__(
        self, project: Project, *, open_to_all: bool, siblings: Siblings | None = None
    ) -> None:
        self.project, self._siblings = project, siblings
        self._open_to_all = open_to_all
        self._renewing = threading.Lock()
        self._keys = KeyRing(project.keys())
        self._refusals: dict[tuple[str, str], float] = {}
        self._since = 0.0
        self._labels: tuple[str, ...] = project.labels()
        self._lane: Lane[Deployment] | None = None
        self._learnt = "en"
        self._away, self._refused, self._unserved = "", "", "no model serves yet"
        self._retries = Retries(first_s=project.ring.recipe.deployment.reload_s)
        self._writer: TrafficWriter | None = None
        self._arms = Arms(project, load=_load, note=self._note)
        self._watcher: asyncio.Task[None] | None = None
        self._looking: asyncio.Task[None] | None = None
        self._cases = FlagCases(project)
        self._background = Watching(project, lane=lambda: self._lane, cases=self._cases)
        self._collected: dict[str, Collector] = {}
        self._collecting = threading.Lock()
        self._shows_passages = not any(
            "read" in rule.actions and not rule.allow
            for rule in project.ring.recipe.access.all_rules()
        )
        self._recipe_file = RecipeFile(project.folder)
        self._is_stopping = False
        project.articles  # noqa: B018 - a faulty article is found before the first request

    def authenticate(self, secret: str | None, client: str) -> http.Caller:
        """Return who holds the secret; without any key in the house its own machine may operate.

        Then a secret is not looked at: clients that insist on sending one are answered.
        """
        if self._open_to_all and not self._keys:
            return http.Caller(role="admin", name="local")
        if secret is None:
            raise NotAllowedError("a key is needed; ask the operator (`chainring keys`)")
        key = self._keys.check(secret)
        return http.Caller(
            role=key.role,
            key_id=key.id,
            name=key.name,
            only=key.only,
            per_minute=key.per_minute,
            per_day=key.per_day,
            meter=key.meter or key.id,
        )

    def may(self, caller: http.Caller, verb: str) -> bool:
        """Return whether the role reaches the verb."""
        return caller.role in VERB_ROLES.get(verb, ())

    async def start(self) -> None:
        """Load the champion and begin to watch for newer ones."""
        self._writer = TrafficWriter(self.project.ring.traffic)
        if self._siblings is not None:
            self._siblings.write = partial(asyncio.to_thread, self._writer.flush)
        if because := await asyncio.to_thread(beside, self.project):
            log.warning("package.beside because=%s", because)
        await self._refresh()
        self._watcher = asyncio.create_task(self._watch())
        self._looking = asyncio.create_task(self._background.run())

    async def stop(self) -> None:
        """Answer what waits, write what is unwritten, free the model."""
        self._is_stopping = True
        for task in (self._watcher, self._looking):
            if task is not None:
                task.cancel()
                await asyncio.wait([task])  # one that failed must not keep the rest from ending
        await self._arms.close()
        if self._lane is not None:
            await self._lane.drain(self.project.ring.recipe.deployment.drain_s)
        if self._writer is not None:
            await asyncio.to_thread(self._writer.close)
        self.project.close()

    def ready(self) -> http.Readiness:
        """Return whether requests are answered now."""
        if self._is_stopping:
            return http.Readiness(ok=False, code="draining", reason="the server is stopping")
        if self._lane is None:
            because = self._away or self._refused or self._unserved
            code = "starting" if self._away or self._refused else "no_model"
            return http.Readiness(ok=False, code=code, reason=because)
        return http.Readiness(ok=True)

    def load(self) -> http.Load:
        """Return the state of lane and log."""
        lane, release = self._lane, self._arms.release
        written = {} if self._writer is None else self._writer.counts
        if lane is None:
            return http.Load(log=written)
        return http.Load(
            queue=lane.waiting,
            batches=dict(lane.batches),
            model=lane.tag.model,
            form=lane.tag.form_name,
            engine=lane.tag.engine,
            task=lane.tag.task,
            candidate="" if release is None else release.candidate.model,
            stage="" if release is None else release.stage,
            shadow=self._arms.shadow_counts,
            drift=self._background.evidence,
            log=written,
        )

    async def predict(
        self, texts: Sequence[Input], *, episode: str, author: str, caller: http.Caller
    ) -> list[http.Served]:
        """Answer the texts; their rows are written behind."""
        if self._lane is None or self._writer is None:
            raise BusyError(self.ready().reason, retry_after_s=2.0)
        requests = [self._request(text, episode, author, caller) for text in texts]
        started = time.perf_counter()
        with stage("model", texts=len(requests)):
            asked = await self._arms.ask(self._lane, requests, caller=caller)
        latency_ms = 1000 * (time.perf_counter() - started)
        with stage("log", texts=len(requests)):
            return [
                self._served(
                    request,
                    reply,
                    latency_ms,
                    variant=asked.variant,
                    failed=asked.failed,
                    texts=count,
                    reads=caller.reads,
                )
                for request, reply, count in zip(requests, asked.replies, asked.texts, strict=True)
            ]

    def _served(
        self,
        request: Request,
        reply: Reply[Deployment],
        latency_ms: float,
        *,
        variant: Variant,
        failed: bool,
        identifier: str = "",
        texts: int = 1,
        reads: str = "",
    ) -> http.Served:
        row, text = answered(
            self.project,
            reply.tag,
            request,
            reply.answer,
            latency_ms=round(latency_ms, 3),
            variant=variant,
            identifier=identifier,
            texts=texts,
        )
        self._note(row, text)
        if self._lane is not None:
            self._arms.beside(self._lane, row, request, failed=failed)
        said = http.Served(
            prediction=row,
            read_tokens=reply.answer.read_tokens,
            written_tokens=reply.answer.written_tokens,
        )
        if row.output and reply.tag.task == "question-answering" and not request.pair:
            passage = row.pair if self._shows_passages else ""
            said = replace(said, source=next(iter(row.scores), ""), passage=passage)
        language = tongue(row.language, reads=reads, learnt=self._learnt)
        if row.passed_on:
            return replace(said, message=PASSED_ON[language])
        found = self.project.articles.find(row.label, language)
        article = None if found is None else http.Article(title=found.title, text=found.text)
        return replace(said, article=article)

    def _note(self, row: Prediction, text: str | None) -> None:
        assert self._writer is not None
        self._writer.log(row, text)

    async def react(self, reaction: Reaction, *, caller: http.Caller) -> http.Reacted:
        """Store a reaction; return once it and its prediction are durable.

        Raises
        ------
        HttpError
            `key_reused` where its key came with another reaction before.
        UnwrittenError
            When it, or the case of a flag, cannot be stored now.
        """
        author = reaction.author or caller.key_id
        reaction = replace(reaction, author=author, via=caller.application)
        assert self._writer is not None
        try:
            kept = await stored(
                self.project, reaction, writer=self._writer, siblings=self._siblings
            )
        except (sa.exc.SQLAlchemyError, OSError, LockedError) as error:
            raise UnwrittenError(
                "the feedback could not be stored and was not accepted; the log of the server "
                f"names the cause ({type(error).__name__})",
                retry_after_s=5.0,
            ) from error
        case = await asyncio.to_thread(self._cases.opened, kept.feedback)
        value = await asyncio.to_thread(as_sent, self.project, kept.feedback)
        has_text = await asyncio.to_thread(is_kept, self.project.ring, kept.feedback)
        told = {"reads": caller.reads, "learnt": self._learnt}
        message = told_of(kept.feedback, **told, has_text=has_text)
        return replace(kept, case=case, value=value, message=message)

    def labels(self) -> list[http.LabelName]:
        """Return the labels that can be answered or corrected to."""
        called = self.project.ring.recipe.project.called
        return [http.LabelName(label=label, names=called(label)) for label in self._labels]

    def history(self) -> History:
        """Return turns and days for the page of the ring."""
        return history(self.project)

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(self.project.ring.recipe.deployment.reload_s)
            try:
                await self._refresh()
                self._away = ""
            except Exception as error:  # noqa: BLE001 - a key that is revoked must end here too
                # A ledger that is away for a moment must not stop the answers.
                log.error("service.refresh failed cause=%s", type(error).__name__)
                self._away = told_to_all(error)

    async def _refresh(self) -> None:
        """Take up new keys, labels and the champion as the ledger names it now."""
        await asyncio.to_thread(self._renew_keys)
        await asyncio.to_thread(self._recipe_file.look)
        self._labels = await asyncio.to_thread(self.project.labels)
        head, deployment = await asyncio.to_thread(current, self.project.ring)
        if head is None or deployment is None:
            self._unserved = await asyncio.to_thread(unserved, self.project.ring)
            return
        self._since = head.at
        await self._take_up(deployment)
        if self._lane is not None:
            await self._arms.refresh(self._lane)

    async def _take_up(self, deployment: Deployment) -> None:
        if self._lane is not None and self._lane.tag.form == deployment.form:
            return
        if not self._retries.allows(deployment):
            return
        try:
            opened = await asyncio.to_thread(self.project.champion)
            predictor = await asyncio.to_thread(_load, opened)
            self._learnt = await asyncio.to_thread(learnt_by, self.project.ring, deployment.model)
        except Exception as error:  # noqa: BLE001 - engines raise what they like
            self._retries.failed(deployment)
            log.error("service.refused model=%s cause=%s", deployment.model, worded(error))
            self._refused = told_to_all(error)  # the champion of before goes on answering
            return
        if self._lane is None:
            settings = self.project.ring.recipe.deployment
            self._lane = Lane(predictor, tag=opened.deployment, settings=settings)
        else:
            self._lane.take_up(predictor, tag=opened.deployment)  # the old one ends its texts
        self._refused = ""
        log.info("service.serves model=%s form=%s", deployment.model, deployment.form_name)


def _load(opened: Opened) -> Any:
    served, pair = opened.deployment, "hello 你好"
    try:
        found = load_predictor(opened.folder, engine=served.engine, threads=opened.threads)
        asked = Request(text="hello 你好", pair=pair if TASKS[served.task].takes_pair else "")
        found.predict([asked])  # slow once; no user should wait
        return found
    except (Exception, KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:  # a panic in Rust is no Exception, and would end the watch
        raise RuntimeError(words_of(error)) from error
