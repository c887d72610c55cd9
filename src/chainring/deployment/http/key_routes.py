"""Routes of an administrator: keys made, rotated and revoked, and what was done with privilege."""

from __future__ import annotations

from typing import Any

from pydantic import Field
from starlette.concurrency import run_in_threadpool

from chainring.contracts.codec import plain
from chainring.deployment.http.bodies import Body, Name
from chainring.deployment.http.calls import Call, Route
from chainring.deployment.http.privileges import Issued, KeyWish

_MOST = 1_000_000_000


class KeyBody(Body):
    """A key that is wanted."""

    role: Name = Field(description="ask, react, annotate, operate or admin")
    name: Name = Field(description="whom it is for")
    days: float | None = Field(None, gt=0, le=36500, description="days until it ends; none: never")
    only: list[Name] = Field(
        default_factory=list,
        max_length=50,
        description="verbs that it is held to; none: all",
    )
    per_minute: int = Field(0, ge=0, le=_MOST, description="requests a minute; 0: no limit")
    per_day: int = Field(0, ge=0, le=_MOST, description="texts a day; 0: no limit")


class RotateBody(Body):
    """How a key changes hands."""

    grace_hours: float = Field(24.0, ge=0, le=8760, description="how long the old one goes on")


class RevokeBody(Body):
    """Nothing has to be said."""


async def keys(call: Call) -> dict[str, Any]:
    """List the keys; no secret and no hash among it."""
    return {"keys": plain(await run_in_threadpool(call.verbs.list_keys, caller=call.caller))}


async def issue(call: Call) -> Issued:
    """Make a key; its secret is in this answer and nowhere else."""
    body = call.body(KeyBody)
    wish = KeyWish(**{**body.model_dump(), "only": tuple(body.only)})
    return await run_in_threadpool(call.verbs.issue_key, wish, caller=call.caller)


async def rotate(call: Call) -> Issued:
    """Give a key a new secret."""
    grace_hours = call.body(RotateBody).grace_hours
    return await run_in_threadpool(
        call.verbs.rotate_key, call.path("id"), grace_hours=grace_hours, caller=call.caller
    )


async def revoke(call: Call) -> dict[str, Any]:
    """End a key."""
    call.body(RevokeBody)
    ended = await run_in_threadpool(call.verbs.revoke_key, call.path("id"), caller=call.caller)
    return {"key": plain(ended)}


async def audit(call: Call) -> dict[str, Any]:
    """List what was done with privilege, newest first."""
    limit = call.whole_number("limit", default=100, most=10_000)
    found = await run_in_threadpool(call.verbs.acts, limit=limit, caller=call.caller)
    return {"acts": plain(found)}


KEY_ROUTES: tuple[Route, ...] = (
    Route(
        method="GET", path="/v1/keys", verb="keys", handler=keys, answer=dict[str, Any],
        summary="The keys, without their secrets",
    ),
    Route(
        method="POST", path="/v1/keys", verb="keys", handler=issue, body=KeyBody, answer=Issued,
        status=201, summary="Make a key",
    ),
    Route(
        method="POST", path="/v1/keys/{id}/rotate", verb="keys", handler=rotate, body=RotateBody,
        answer=Issued, status=201, summary="Give a key a new secret",
    ),
    Route(
        method="POST", path="/v1/keys/{id}/revoke", verb="keys", handler=revoke, body=RevokeBody,
        answer=dict[str, Any], summary="End a key",
    ),
    Route(
        method="GET", path="/v1/audit", verb="audit", handler=audit, answer=dict[str, Any],
        query=("limit",), summary="What was done with privilege",
    ),
)  # fmt: skip
