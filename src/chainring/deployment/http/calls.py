"""A call: a request with its caller, its language and its body, ready for its verb.

Enters a Starlette request and a `Route` of the table, leaves what the route's handler answers. The
order is fixed: key, role, origin, body; who may not come in is not read.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from starlette.requests import Request
from starlette.responses import Response

from chainring.deployment.http import bodies
from chainring.deployment.http.access import (
    AUTHOR_COOKIE,
    NOBODY,
    WrongKeys,
    caller_of,
    visitor_of,
)
from chainring.deployment.http.faults import HttpError
from chainring.deployment.http.language import Language, language_of
from chainring.deployment.http.metrics import Metrics
from chainring.deployment.http.stages import stage
from chainring.deployment.http.verbs import Caller, Verbs
from chainring.deployment.settings import DeploymentSettings

B = TypeVar("B", bound=bodies.Body)


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """What every call of one server shares."""

    verbs: Verbs
    settings: DeploymentSettings
    metrics: Metrics
    wrong_keys: WrongKeys
    body_timeout_s: float = bodies.BODY_TIMEOUT_S


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
        return self.request.cookies.get(AUTHOR_COOKIE, "")[:200]

    def body(self, kind: type[B]) -> B:
        """Return the body as its model."""
        return bodies.parse(self.raw, kind)

    def path(self, name: str) -> str:
        """Return a part of the path."""
        return str(self.request.path_params[name])

    def query(self, name: str, default: str = "") -> str:
        """Return a parameter behind the question mark."""
        return self.request.query_params.get(name, default)


Handler = Callable[[Call], Awaitable[Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """A row of the route table. Without a `verb` it is open to everybody."""

    method: str
    path: str
    verb: str | None
    handler: Handler
    summary: str
    body: type[bodies.Body] | None = None
    answer: Any = None
    status: int = 200
    query: tuple[str, ...] = ()
    takes_body: bool = False
    page: bool = False


async def call_of(request: Request, route: Route, house: House) -> Call:
    """Return the call, after key, role and origin were found right and the body was read."""
    caller = visitor_of(request, house.verbs) if route.page else NOBODY
    if route.verb is not None:
        caller = caller_of(request, house.verbs, house.wrong_keys)
        if not house.verbs.may(caller, route.verb):
            raise HttpError("not_allowed")
    raw = b""
    if route.body is not None or route.takes_body:
        raw = await bodies.read(
            request,
            max_bytes=house.settings.max_body_bytes,
            timeout_s=house.body_timeout_s,
        )
    return Call(request=request, house=house, caller=caller, language=language_of(request), raw=raw)


async def answered(request: Request, route: Route, house: House) -> Any:
    """Return what the route answers: a response as it is, anything else to be written as JSON."""
    with stage("read"):
        call = await call_of(request, route, house)
    with stage("answer"):
        return await route.handler(call)


def is_response(value: Any) -> bool:
    """Return whether a handler made its response itself."""
    return isinstance(value, Response)
