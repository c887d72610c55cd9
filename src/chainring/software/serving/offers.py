"""Vectors, texts piece by piece, and the models that answer, as a server's verbs."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing
from typing import TYPE_CHECKING

from chainring.contracts.deployment import Deployment
from chainring.contracts.errors import BusyError
from chainring.contracts.ids import new_id
from chainring.contracts.prediction import Variant
from chainring.contracts.values import Input
from chainring.deployment.http.offers import Begun, Embedded, ModelInfo
from chainring.software.verbs.answering import request_of

if TYPE_CHECKING:
    from chainring.contracts.request import Request
    from chainring.deployment.http.verbs import Caller, Readiness, Served
    from chainring.deployment.lane.lane import Lane, Reply
    from chainring.software.api import Project
    from chainring.software.serving.arms import Arms


class ServedOffers:
    """What `Service` answers beside whole answers."""

    project: Project
    _lane: Lane[Deployment] | None
    _arms: Arms
    _since: float

    async def embed(self, texts: Sequence[str], *, caller: Caller) -> Embedded:
        """Return a vector a text; nothing is logged, since nothing was answered."""
        lane = self._open_lane()
        vectors, deployment = await lane.embed(texts)
        return Embedded(vectors=vectors, tokens=lane.tokens(texts), model=deployment.model)

    async def stream(
        self, text: Input, *, episode: str, author: str, caller: Caller
    ) -> AsyncIterator[Begun | str | Served]:
        """Yield an answer as it is written; its row is written once it is whole."""
        lane, identifier = self._open_lane(), new_id("pred")
        refusal = lane.refusal()
        if refusal is not None:
            raise refusal
        request = self._request(text, episode, author, caller)
        begun = time.perf_counter()
        async with aclosing(self._arms.stream(lane, request, caller=caller)) as pieces:
            async for piece in pieces:
                if isinstance(piece, str):
                    yield piece
                elif isinstance(piece, Deployment):
                    yield Begun(id=identifier, model=piece.model)
                else:
                    latency_ms = 1000 * (time.perf_counter() - begun)
                    yield self._served(
                        request,
                        piece.reply,
                        latency_ms,
                        variant=piece.variant,
                        failed=piece.failed,
                        identifier=identifier,
                        reads=caller.reads,
                    )

    def models(self) -> list[ModelInfo]:
        """Return the champion, and the candidate of a release."""
        lane, release = self._lane, self._arms.release
        if lane is None:
            return []
        found = [_described(lane.tag, "champion", self._since, lane.capabilities)]
        if release is not None and release.candidate.model != lane.tag.model:
            variant: Variant = "shadow" if release.stage == "shadow" else "canary"
            found.append(_described(release.candidate, variant, 0.0, frozenset()))
        return found

    def full(self) -> BusyError | None:
        """Return why one text more would be refused now."""
        return None if self._lane is None else self._lane.refusal()

    def _request(self, text: Input, episode: str, author: str, caller: Caller) -> Request:
        who, app = author or caller.key_id, self.project.app
        return request_of(text, app=app, episode=episode, author=who, via=caller.application)

    def _open_lane(self) -> Lane[Deployment]:
        if self._lane is None:
            raise BusyError(self.ready().reason, retry_after_s=2.0)
        return self._lane

    if TYPE_CHECKING:  # the service's own

        def ready(self) -> Readiness: ...  # noqa: D102

        def _served(
            self,
            request: Request,
            reply: Reply[Deployment],
            latency_ms: float,
            *,
            variant: Variant,
            failed: bool,
            identifier: str = "",
            reads: str = "",
        ) -> Served: ...


def _described(
    deployment: Deployment, variant: Variant, since: float, capabilities: frozenset[str]
) -> ModelInfo:
    return ModelInfo(
        id=deployment.model,
        app=deployment.app,
        task=deployment.task,
        form=deployment.form_name,
        engine=deployment.engine,
        variant=variant,
        since=since,
        labels=deployment.labels,
        capabilities=tuple(sorted(capabilities)),
        measure=deployment.measure,
    )
