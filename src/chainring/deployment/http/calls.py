"""A call: a request with its caller, its language and its body, ready for its verb.

Enters a Starlette request and a `Route` of the table, leaves what the route's handler answers. The
order is fixed: key, role, origin, body; who may not come in is not read.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from pydantic import BaseModel
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from chainring.contracts.errors import InputError
from chainring.deployment.http import bodies
from chainring.deployment.http.access import (
    AUTHOR_COOKIE,
    NOBODY,
    WrongKeys,
    caller_of,
    visitor_of,
)
from chainring.deployment.http.faults import HttpError
from chainring.deployment.http.idempotency import MAX_KEY, Remembered
from chainring.deployment.http.language import Language, asked_of
from chainring.deployment.http.limits import Limits
from chainring.deployment.http.metrics import Metrics
from chainring.deployment.http.patience import PRESENCE, Presence
from chainring.deployment.http.siblings import Siblings
from chainring.deployment.http.stages import stage
from chainring.deployment.http.verbs import Caller, Verbs
from chainring.deployment.settings import DeploymentSettings

B = TypeVar("B", bound=BaseModel)
MAX_WHYS = 2
"""At a time: each opens the champion anew, which a large one has no memory for many times."""

_MOST_DIGITS = 9


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """What every call of one server shares."""

    verbs: Verbs
    settings: DeploymentSettings
    metrics: Metrics
    wrong_keys: WrongKeys
    limits: Limits
    remembered: Remembered
    siblings: Siblings | None = None
    body_timeout_s: float = bodies.BODY_TIMEOUT_S
    whys: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(MAX_WHYS))


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call; `raw` is its body, empty where the route takes none."""

    request: Request
    house: House
    caller: Caller
    language: Language
    raw: bytes = b""

    @property
    def verbs(self) -> Verbs:
        """What the house can do."""
        return self.house.verbs

    @property
    def author(self) -> str:
        """The pseudonym that our pages gave this browser, or nothing."""
        found = self.request.cookies.get(AUTHOR_COOKIE, "")
        return "" if "\x00" in found else found[:200]  # PostgreSQL takes no NUL

    @property
    def idempotency_key(self) -> str:
        """What says that a request is the same as one before, or nothing.

        Raises
        ------
        InputError
            When it is longer than `MAX_KEY`: two that were cut might be one.
        """
        name = "Idempotency-Key"
        found = self.request.headers.get(name, "")
        if len(found) > MAX_KEY:
            fault = f"{name}: {len(found):,} characters; at most {MAX_KEY}"
            raise InputError("the headers cannot be read", faults=[fault])
        return found

    @property
    def presence(self) -> Presence:
        """Whether the caller still waits."""
        found: Presence | None = self.request.scope.get(PRESENCE)
        return found or Presence()

    def spending(self, texts: int) -> AbstractContextManager[None]:
        """Count texts against the caller's quota, unless the block refuses them."""
        return self.house.limits.spending(self.caller, texts)

    async def why(self) -> dict[str, Any]:
        """Return where the answer that the path names came from, when its turn is.

        Its thread works on when nobody waits any more, and keeps its place until it ends.
        """
        await self.house.whys.acquire()
        work = asyncio.ensure_future(
            run_in_threadpool(
                self.verbs.why, self.path("id"), caller=self.caller, language=self.language
            )
        )
        work.add_done_callback(lambda _: self.house.whys.release())
        return await asyncio.shield(work)

    def body(self, kind: type[B]) -> B:
        """Return the body as its model."""
        return bodies.parse(self.raw, kind)

    def path(self, name: str) -> str:
        """Return a part of the path."""
        return str(self.request.path_params[name])

    def query(self, name: str, default: str = "") -> str:
        """Return a parameter behind the question mark."""
        return self.request.query_params.get(name, default)

    def whole_number(self, name: str, *, default: int, most: int) -> int:
        """Return a parameter behind the question mark that is a number from 1 to `most`."""
        text = self.query(name, str(default))
        is_short = text.isascii() and text.isdecimal() and len(text) <= _MOST_DIGITS
        if not is_short or not 1 <= int(text) <= most:
            raise InputError(
                "the list cannot be made", faults=[f"{name}: from 1 to {most} expected"]
            )
        return int(text)


Handler = Callable[[Call], Awaitable[Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """A row of the route table. Without a `verb` it is open to everybody.

    With `lane` it asks the model: refused while the lane is full, given up when its caller leaves.
    """

    method: str
    path: str
    verb: str | None
    handler: Handler
    summary: str
    body: type[BaseModel] | None = None
    answer: Any = None
    status: int = 200
    query: tuple[str, ...] = ()
    takes_body: bool = False
    page: bool = False
    lane: bool = False


async def call_of(request: Request, route: Route, house: House) -> Call:
    """Return the call, after key, role and origin were found right and the body was read."""
    caller = visitor_of(request, house.verbs, house.wrong_keys) if route.page else NOBODY
    asked = asked_of(request)
    if route.verb is not None:
        sites = house.settings.cors_origins
        caller = caller_of(request, house.verbs, house.wrong_keys, sites=sites)
        await _require_reached(caller, route.verb, house)
        house.limits.enter(caller)
        caller = replace(caller, reads=asked or "")
    _require_plain_address(request)
    raw = b""
    if route.body is not None or route.takes_body:
        raw = await bodies.read(
            request,
            max_bytes=house.settings.max_body_bytes,
            timeout_s=house.body_timeout_s,
        )
    return Call(request=request, house=house, caller=caller, language=asked or "en", raw=raw)


def _require_plain_address(request: Request) -> None:
    """Raise InputError at what may be read in two ways: a NUL, or a slash that a proxy saw not."""
    if b"%2f" in (request.scope.get("raw_path") or b"").lower():
        fault = "its path contains an encoded slash (%2F); write / itself"
        raise InputError("the address cannot be read", faults=[fault])
    if "\x00" in request.scope["path"] or b"%00" in request.scope["query_string"]:
        fault = "it contains the character NUL (%00); leave it out"
        raise InputError("the address cannot be read", faults=[fault])


async def _require_reached(caller: Caller, verb: str, house: House) -> None:
    if caller.only and verb not in caller.only:
        why = f"this key is held to {', '.join(caller.only)}"
    elif not house.verbs.may(caller, verb):
        why = f"its role is {caller.role}"
    else:
        return
    await run_in_threadpool(house.verbs.refused, caller, verb)
    raise HttpError("not_allowed", faults=[why])


async def answered(request: Request, route: Route, house: House) -> Any:
    """Return what the route answers: a response as it is, anything else to be written as JSON.

    Raises
    ------
    HttpError
        `not_ready` while the server drains, `too_slow` past `timeout_s`, `gone` when nobody waits.
    """
    if route.verb is not None and getattr(request.app.state, "draining", False):
        raise HttpError("not_ready", faults=["the server is stopping"], retry_after_s=1.0)
    with stage("read"):
        call = await call_of(request, route, house)
    with stage("answer"):
        try:
            async with asyncio.timeout(house.settings.timeout_s):
                return await (_attended(call, route) if route.lane else route.handler(call))
        except TimeoutError:
            limit = f"{house.settings.timeout_s:g} s (deployment.timeout_s)"
            raise HttpError("too_slow", faults=[limit], retry_after_s=1.0) from None


async def _attended(call: Call, route: Route) -> Any:
    """Return what the route answers, unless its caller leaves: then the lane lets go of it."""
    presence = call.presence
    task = asyncio.current_task()
    assert task is not None
    presence.left = task.cancel
    try:
        return await route.handler(call)
    except asyncio.CancelledError:
        if not presence.is_gone:
            raise
        task.uncancel()
        raise HttpError("gone") from None
    finally:
        presence.left = None
