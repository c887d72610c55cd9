"""Routes of releases and drift: what runs and what it shows; begin a release, or end it."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field
from starlette.concurrency import run_in_threadpool

from chainring.deployment.http.bodies import Body, Name, Text
from chainring.deployment.http.calls import Call, Route


class ReleaseBody(Body):
    """What is to be done: begin the release of a judged model, or stop the one that runs."""

    act: Literal["begin", "stop"] = Field("begin", description="begin or stop")
    model: Name = Field("", description="at least the first 12 digits of a judged model")
    stage: Name = Field("canary", description="shadow, canary or keys")
    share: float | None = Field(
        None, gt=0, lt=1, description="share of users; the recipe's if none"
    )
    keys: list[Name] = Field(default_factory=list, max_length=1000, description="ids of keys")
    reason: Annotated[Text, Field(max_length=2000)] = Field(description="why, for the record")


async def standing(call: Call) -> dict[str, Any]:
    """Say which release runs and what is known of it."""
    return await run_in_threadpool(call.verbs.release_standing)


async def act(call: Call) -> dict[str, Any]:
    """Begin a release, or stop the one that runs."""
    body = call.body(ReleaseBody)
    if body.act == "stop":
        return await run_in_threadpool(
            call.verbs.release_stop, reason=body.reason, caller=call.caller
        )
    return await run_in_threadpool(
        call.verbs.release_begin,
        body.model,
        stage=body.stage,
        share=body.share,
        keys=tuple(body.keys),
        reason=body.reason,
        caller=call.caller,
    )


async def drift(call: Call) -> dict[str, Any]:
    """Say what changed since the champion began."""
    return await run_in_threadpool(call.verbs.drift)


RELEASE_ROUTES: tuple[Route, ...] = (
    Route(
        method="GET", path="/v1/release", verb="release", handler=standing, answer=dict[str, Any],
        summary="The release that runs, with its evidence",
    ),
    Route(
        method="POST", path="/v1/release", verb="release", handler=act, body=ReleaseBody,
        answer=dict[str, Any], summary="Begin a release, or stop the one that runs",
    ),
    Route(
        method="GET", path="/v1/drift", verb="drift", handler=drift, answer=dict[str, Any],
        summary="What changed since the champion began",
    ),
)  # fmt: skip
