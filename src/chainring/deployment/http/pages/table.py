"""The pages as rows of the route table, the files they load, and the page of a failure."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.resources import files

from starlette.responses import Response

from chainring.deployment.http.calls import Call, Route
from chainring.deployment.http.faults import Failure, HttpError
from chainring.deployment.http.pages import login
from chainring.deployment.http.pages.ask import ask
from chainring.deployment.http.pages.cases import case, cases
from chainring.deployment.http.pages.docs import docs
from chainring.deployment.http.pages.example import example
from chainring.deployment.http.pages.layout import heading, page, start
from chainring.deployment.http.pages.markup import coded, group, tag
from chainring.deployment.http.pages.review import review
from chainring.deployment.http.pages.ring import ring
from chainring.deployment.http.pages.strings import Strings
from chainring.deployment.http.pages.watch import watch
from chainring.deployment.http.pages.why import why
from chainring.store.litter import is_litter

_TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}


@cache
def assets() -> dict[str, tuple[bytes, str, str]]:
    """Return our files by name: bytes, media type and tag."""
    found = {}
    for file in (files("chainring.deployment.http") / "assets").iterdir():
        kind = _TYPES.get("." + file.name.rpartition(".")[2])
        if kind is not None and not is_litter(file.name):
            content = file.read_bytes()
            etag = hashlib.blake2b(content, digest_size=12).hexdigest()
            found[file.name] = (content, kind, f'"{etag}"')
    return found


async def asset(call: Call) -> Response:
    """Give one of our files."""
    if call.path("name") not in assets():
        raise HttpError("no_route")
    content, kind, etag = assets()[call.path("name")]
    headers = {"ETag": etag, "Cache-Control": "no-cache"}
    if call.path("name") == "chainring.js":  # a page of another site may load it
        headers["Cross-Origin-Resource-Policy"] = "cross-origin"
        headers["Access-Control-Allow-Origin"] = "*"
    if call.request.headers.get("if-none-match") == etag:
        return Response(status_code=304, headers=headers)
    return Response(content, media_type=kind, headers=headers)


def failure_page(call: Call, failure: Failure) -> Response:
    """Draw a failure as a page."""
    say = Strings(call.language)
    faults = [tag("li", fault) for fault in failure.faults]
    response = page(
        call,
        heading(failure.message[:1].upper() + failure.message[1:]),
        group() if failure.code == "bad_input" else tag("p", coded(failure.next)),
        tag("ul", *faults) if faults else tag("hr"),
        tag("p", tag("a", say("error.back"), href=start(call.verbs, call.caller) or "/")),
        title=say("error.title"),
        status=failure.status,
    )
    response.headers.update(failure.headers())
    return response


PAGES: tuple[Route, ...] = (
    Route(method="GET", path="/", verb="predict", handler=ask, summary="Ask", page=True),
    Route(method="GET", path="/why/{id}", verb="why", handler=why, summary="Why", page=True),
    Route(method="GET", path="/review", verb="review", handler=review, summary="Review", page=True),
    Route(method="GET", path="/cases", verb="cases", handler=cases, summary="Cases", page=True),
    Route(method="GET", path="/cases/{id}", verb="case", handler=case, summary="Case", page=True),
    Route(method="GET", path="/ring", verb="history", handler=ring, summary="Ring", page=True),
    Route(method="GET", path="/watch", verb="drift", handler=watch, summary="Watch", page=True),
    Route(method="GET", path="/docs", verb=None, handler=docs, summary="Interface", page=True),
    Route(
        method="GET", path="/example", verb="predict", handler=example, summary="Example",
        page=True,
    ),
    Route(method="GET", path="/login", verb=None, handler=login.form, summary="Form", page=True),
    Route(
        method="POST", path="/login", verb=None, handler=login.login, summary="Sign in",
        takes_body=True, page=True,
    ),
    Route(
        method="POST", path="/logout", verb=None, handler=login.logout, summary="Sign out",
        page=True,
    ),
    Route(
        method="GET", path="/assets/{name}", verb=None, handler=asset, summary="Files", page=True
    ),
)  # fmt: skip
