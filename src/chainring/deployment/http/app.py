"""The application: routes, pages and failures put together over one set of verbs.

app = create_app(DemoVerbs(), settings=DeploymentSettings())
"""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Any
from urllib.parse import urlencode

import orjson
from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from chainring import __version__
from chainring.contracts.errors import ChainringError
from chainring.deployment.http import bodies
from chainring.deployment.http.access import WrongKeys, visitor_of
from chainring.deployment.http.calls import Call, House, Route, answered, is_response
from chainring.deployment.http.faults import HttpError, failure
from chainring.deployment.http.language import language_of
from chainring.deployment.http.metrics import Metrics
from chainring.deployment.http.pages.table import PAGES, failure_page
from chainring.deployment.http.routes import ROUTES
from chainring.deployment.http.shell import Shell
from chainring.deployment.http.traces import Tracer
from chainring.deployment.http.verbs import Verbs
from chainring.deployment.settings import DeploymentSettings


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
) -> FastAPI:
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
    """
    house = House(
        verbs=verbs,
        settings=settings,
        metrics=Metrics(verbs),
        wrong_keys=WrongKeys(),
        body_timeout_s=body_timeout_s,
    )
    app = FastAPI(
        title="chainring",
        version=__version__,
        docs_url=None,
        redoc_url=None,
        lifespan=_lifespan(verbs),
        redirect_slashes=False,
    )
    app.state.draining = False
    for route in (*ROUTES, *PAGES):
        add(app, route, house)
    _add_failures(app, house)
    app.add_middleware(Shell, metrics=house.metrics, tracer=tracer, log_requests=log_requests)
    return app


def _lifespan(verbs: Verbs) -> Callable[[FastAPI], contextlib.AbstractAsyncContextManager[None]]:
    @contextlib.asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        await verbs.start()
        try:
            yield
        finally:
            app.state.draining = True
            await verbs.stop()

    return lifespan


def add(app: FastAPI, route: Route, house: House) -> None:
    """Put one row of the table into the application."""
    app.add_api_route(
        route.path,
        _endpoint(route, house),
        methods=[route.method],
        summary=route.summary,
        name=f"{route.method} {route.path}",
        response_model=None,
        responses=_responses(route),
        status_code=route.status,
        openapi_extra=_openapi(route),
        include_in_schema=not route.page,
    )


def _endpoint(route: Route, house: House) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        answer = await answered(request, route, house)
        if is_response(answer):
            return answer  # type: ignore[no-any-return]
        return Json(answer, status_code=route.status)

    return endpoint


def _responses(route: Route) -> dict[int | str, dict[str, Any]]:
    found: dict[int | str, dict[str, Any]] = {}
    if route.answer is not None:
        found[route.status] = {"model": route.answer}
    return found


def _openapi(route: Route) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if route.body is not None:
        schema = route.body.model_json_schema()
        found["requestBody"] = {
            "required": True,
            "content": {"application/json": {"schema": schema}},
        }
    names: Sequence[tuple[str, str]] = [
        *((name, "query") for name in route.query),
        *((part[1:-1], "path") for part in route.path.split("/") if part.startswith("{")),
    ]
    if names:
        found["parameters"] = [
            {"name": name, "in": place, "required": place == "path", "schema": {"type": "string"}}
            for name, place in names
        ]
    if route.verb is not None:
        found["security"] = [{"key": []}]
    return found


def _add_failures(app: FastAPI, house: House) -> None:
    async def told(request: Request, error: Exception) -> Response:
        language = language_of(request)
        found = failure(error, language, ready=house.verbs.ready().ok)
        if _wants_page(request):
            if found.status == 401:
                return RedirectResponse(f"/login?{urlencode({'next': _here(request)})}", 303)
            caller = visitor_of(request, house.verbs)
            call = Call(request=request, house=house, caller=caller, language=language)
            return failure_page(call, found)
        return Json(found.plain(), status_code=found.status, headers=found.headers())

    async def lost(request: Request, error: Exception) -> Response:
        status = error.status_code if isinstance(error, HTTPException) else 500
        return await told(request, HttpError("wrong_method" if status == 405 else "no_route"))

    app.add_exception_handler(HttpError, told)
    app.add_exception_handler(ChainringError, told)
    app.add_exception_handler(HTTPException, lost)
    app.add_exception_handler(Exception, told)


def _wants_page(request: Request) -> bool:
    machines = ("/v1/", "/health/", "/metrics", "/assets/", "/openapi.json")
    is_machine = request.url.path.startswith(machines)
    return not is_machine and "text/html" in request.headers.get("accept", "")


def _here(request: Request) -> str:
    query = f"?{request.url.query}" if request.url.query else ""
    return f"{request.url.path}{query}"
