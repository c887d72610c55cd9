"""The application: routes, pages and failures put together over one set of verbs.

app = create_app(verbs, settings=DeploymentSettings())
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any
from urllib.parse import urlencode

import orjson
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route as Served

from chainring import __version__
from chainring.contracts.errors import ChainringError, LockedError, UnwrittenError
from chainring.deployment.http import bodies
from chainring.deployment.http.access import WrongKeys, visitor_of
from chainring.deployment.http.calls import Call, House, Route, answered
from chainring.deployment.http.document import DOCUMENT, Document
from chainring.deployment.http.faults import HttpError, failure
from chainring.deployment.http.guard import Guard, cross_origin
from chainring.deployment.http.idempotency import Remembered
from chainring.deployment.http.language import language_of
from chainring.deployment.http.limits import Limits
from chainring.deployment.http.metrics import Metrics
from chainring.deployment.http.openai_routes import OPENAI_PATHS
from chainring.deployment.http.pages.table import PAGES, failure_page
from chainring.deployment.http.routes import ROUTES
from chainring.deployment.http.shell import Shell
from chainring.deployment.http.siblings import Siblings
from chainring.deployment.http.traces import Tracer
from chainring.deployment.http.unforeseen import Unforeseen
from chainring.deployment.http.untold import AWAY
from chainring.deployment.http.verbs import Verbs
from chainring.deployment.settings import DeploymentSettings

log = logging.getLogger("chainring.http")


class Json(Response):
    """A JSON response; orjson writes dataclasses as they are."""

    media_type = "application/json"

    def render(self, content: Any) -> bytes:
        """Return the bytes."""
        return orjson.dumps(content, option=orjson.OPT_NON_STR_KEYS)


def create_app(
    verbs: Verbs,
    *,
    settings: DeploymentSettings,
    body_timeout_s: float = bodies.BODY_TIMEOUT_S,
    tracer: Tracer | None = None,
    log_requests: bool = False,
    limits: Limits | None = None,
    remembered: Remembered | None = None,
    siblings: Siblings | None = None,
    passing: tuple[type[Exception], ...] = (),
) -> Starlette:
    """Return the application that answers with these verbs.

    Parameters
    ----------
    verbs
        The house; it is started with the server and stopped with it.
    settings
        Limits of bodies and texts.
    body_timeout_s
        How long a body may take to arrive.
    tracer
        Makes a span of each request and its stages; None makes none.
    log_requests
        Whether each request is a line of the log.
    limits, remembered
        Counts of keys and answers by idempotency key; None: this process's own.
    siblings
        The other processes behind the same port; None: there are none.
    passing
        Errors of what the verbs are built on that pass by themselves: a database that is away. They
        are told as 503 with `Retry-After`, whatever was asked.
    """
    house = House(
        verbs=verbs,
        settings=settings,
        metrics=Metrics(verbs),
        wrong_keys=WrongKeys(),
        limits=limits or Limits(),
        remembered=remembered or Remembered(),
        siblings=siblings,
        body_timeout_s=body_timeout_s,
    )
    app = Starlette(
        routes=[_served(route, house) for route in (*ROUTES, *PAGES, DOCUMENT)],
        lifespan=_lifespan(house),
    )
    app.router.redirect_slashes = False
    app.state.draining = False
    app.state.document = Document(ROUTES, verbs, version=__version__)
    _add_failures(app, house, passing)
    app.add_middleware(Guard, verbs=verbs, routes=ROUTES)
    if settings.cors_origins:
        app.add_middleware(CORSMiddleware, **cross_origin(settings.cors_origins))
    app.add_middleware(Shell, metrics=house.metrics, tracer=tracer, log_requests=log_requests)
    return app


def _lifespan(
    house: House,
) -> Callable[[Starlette], contextlib.AbstractAsyncContextManager[None]]:
    @contextlib.asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        await house.verbs.start()
        if house.siblings is not None:
            await house.siblings.start(house.metrics.text)
        try:
            yield
        finally:
            app.state.draining = True
            if house.siblings is not None:
                await house.siblings.stop()
            await house.verbs.stop()

    return lifespan


def _served(route: Route, house: House) -> Served:
    """Return a row of the table as Starlette serves it."""
    return Served(route.path, _endpoint(route, house), methods=[route.method])


def _endpoint(route: Route, house: House) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        request.scope["route"] = route
        answer = await answered(request, route, house)
        if isinstance(answer, Response):
            return answer
        return Json(answer, status_code=route.status)

    return endpoint


def _add_failures(app: Starlette, house: House, passing: tuple[type[Exception], ...]) -> None:
    async def told(request: Request, error: Exception) -> Response:
        language = language_of(request)
        found = failure(error, language, ready=house.verbs.ready().code)
        if _wants_page(request):
            if found.status == 401:
                return RedirectResponse(f"/login?{urlencode({'next': _here(request)})}", 303)
            caller = visitor_of(request, house.verbs, house.wrong_keys)
            call = Call(request=request, house=house, caller=caller, language=language)
            return failure_page(call, found)
        plain = found.openai() if request.url.path in OPENAI_PATHS else found.plain()
        return Json(plain, status_code=found.status, headers=found.headers())

    async def away(request: Request, error: Exception) -> Response:
        said = str(getattr(error, "orig", "")).partition("\n")[0]  # no statement, no values
        log.error("http.unanswered cause=%s said=%s", type(error).__name__, said)
        return await told(request, UnwrittenError(AWAY, retry_after_s=5.0))

    async def unwritten(request: Request, error: Exception) -> Response:
        if not isinstance(error, LockedError):  # of that one what is told says it
            said = str(error).partition("\n")[0]
            log.error("http.unanswered cause=%s said=%s", type(error).__name__, said)
        return await told(request, error)

    async def lost(request: Request, error: Exception) -> Response:
        status = error.status_code if isinstance(error, HTTPException) else 500
        return await told(request, HttpError("wrong_method" if status == 405 else "no_route"))

    app.add_exception_handler(HttpError, told)
    app.add_exception_handler(ChainringError, told)
    app.add_exception_handler(UnwrittenError, unwritten)
    app.add_exception_handler(HTTPException, lost)
    app.add_exception_handler(Exception, told)  # of the middlewares themselves
    app.add_middleware(Unforeseen, told=told)
    for kind in passing:
        app.add_exception_handler(kind, away)


def _wants_page(request: Request) -> bool:
    machines = ("/v1/", "/health/", "/metrics", "/assets/", "/openapi.json")
    is_machine = request.url.path.startswith(machines)
    return not is_machine and "text/html" in request.headers.get("accept", "")


def _here(request: Request) -> str:
    query = f"?{request.url.query}" if request.url.query else ""
    return f"{request.url.path}{query}"
