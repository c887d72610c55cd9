"""Signing in: the key is typed once and kept in a cookie that no script and no other site sees."""

from __future__ import annotations

from urllib.parse import parse_qs

from starlette.responses import RedirectResponse, Response

from chainring.contracts.errors import NotAllowedError
from chainring.deployment.http.access import KEY_COOKIE, require_own_origin
from chainring.deployment.http.calls import Call
from chainring.deployment.http.faults import HttpError
from chainring.deployment.http.pages.layout import heading, page, start
from chainring.deployment.http.pages.markup import tag
from chainring.deployment.http.pages.strings import Strings

SESSION_S = 7 * 86_400


async def form(call: Call) -> Response:
    """Draw the form."""
    return _form(call, next_=local(call.query("next", "/")))


async def login(call: Call) -> Response:
    """Take the key, if it is one."""
    require_own_origin(call.request, strict=True)
    try:
        fields = parse_qs(call.raw.decode("utf-8", "replace"), max_num_fields=10)
    except ValueError:  # more fields than our form has
        return _form(call, next_="/", status=422)
    secret = fields.get("key", [""])[0].strip()
    next_ = local(fields.get("next", ["/"])[0])
    client = call.request.client.host if call.request.client else ""
    try:
        if not (secret.isascii() and secret.isprintable() and 0 < len(secret) <= 512):
            raise NotAllowedError("no key")
        call.house.wrong_keys.require(client, secret)
        caller = call.verbs.authenticate(secret, client)
    except NotAllowedError:
        return _refused(call, client, secret, next_)
    except HttpError:
        return _form(call, next_=next_, trouble="login.too_many", status=429)
    if next_ == "/":
        next_ = start(call.verbs, caller)
        if not next_:
            return _form(call, next_="/", trouble="login.no_page", status=403)
    if caller.key_id:
        call.house.wrong_keys.let_in(client, secret)
    response = RedirectResponse(next_, status_code=303)
    response.set_cookie(
        KEY_COOKIE,
        secret,
        max_age=SESSION_S,
        httponly=True,
        samesite="strict",
        secure=call.request.url.scheme == "https",
    )
    return response


async def logout(call: Call) -> Response:
    """Forget the key."""
    require_own_origin(call.request, strict=True)
    response = RedirectResponse("/login", status_code=303)
    response.delete_cookie(KEY_COOKIE, httponly=True, samesite="strict")
    return response


def local(path: str) -> str:
    """Return a path of this server; anything that could lead elsewhere becomes the start page.

    >>> local("/why/pred_1?lang=zh"), local("//evil.example"), local("https://evil.example")
    ('/why/pred_1?lang=zh', '/', '/')
    """
    safe = path.startswith("/") and not path.startswith(("//", "/\\")) and path.isprintable()
    return path if safe and "\\" not in path else "/"


def _refused(call: Call, client: str, secret: str, next_: str) -> Response:
    try:
        call.house.wrong_keys.count(client, secret)
    except HttpError:
        return _form(call, next_=next_, trouble="login.too_many", status=429)
    return _form(call, next_=next_, trouble="login.wrong", status=401)


def _form(call: Call, *, next_: str, trouble: str = "", status: int = 200) -> Response:
    say = Strings(call.language)
    field = tag(
        "input",
        id="key",
        name="key",
        type="password",
        required=True,
        autocomplete="current-password",
        autofocus=True,
        aria_describedby="trouble" if trouble else None,
    )
    body = tag(
        "form",
        tag(
            "input",
            type="text",
            name="username",
            value="chainring",
            autocomplete="username",
            hidden=True,
        ),
        tag("label", tag("span", say("login.key")), field),
        tag("input", type="hidden", name="next", value=next_),
        tag("p", say(trouble), class_="trouble", role="alert", id="trouble") if trouble else None,
        tag("button", say("login.go"), type="submit", class_="primary"),
        method="post",
        action="/login",
        class_="card narrow",
    )
    title = say("login.title")
    return page(
        call,
        heading(title, say("login.lead")),
        body,
        title=title,
        status=status,
        query={"next": next_},
    )
