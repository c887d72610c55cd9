"""Who may come in: the key of a call, where a call may come from, and wrong keys counted.

A program sends its key as `Authorization: Bearer KEY`; a browser keeps it in a cookie that no
script can read. What a browser sends by itself (the cookie, or the openness of a server without
keys) proves nothing about who wrote the request, so those calls must also come from our own pages.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Literal
from urllib.parse import urlsplit

from starlette.requests import Request

from chainring.contracts.errors import NotAllowedError
from chainring.deployment.http.faults import HttpError
from chainring.deployment.http.verbs import Caller, Verbs

KEY_COOKIE = "chainring_key"
AUTHOR_COOKIE = "chainring_author"
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_LONGEST_KEY = 512

NOBODY = Caller(role="ask", key_id="nobody")

Proof = Literal["header", "cookie", "none"]


class WrongKeys:
    """Wrong keys by address; beyond `limit` a minute they are answered 429 instead of 401.

    A right key is let in all the same: whoever shares an address (an office, a proxy) must not be
    able to lock the others out, and keys are too long to be found by trying.
    """

    def __init__(
        self,
        *,
        limit: int = 10,
        window_s: float = 60.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.limit, self.window_s, self.clock = limit, window_s, clock
        self._tries: dict[str, list[float]] = {}

    def count(self, client: str) -> None:
        """Note one more; past the limit raise `too_many_tries`."""
        now = self.clock()
        tries = [at for at in self._tries.get(client, []) if now - at < self.window_s]
        if len(self._tries) > 10_000:
            self._tries.clear()
        self._tries[client] = [*tries, now][-self.limit - 1 :]
        if len(tries) >= self.limit:
            raise HttpError("too_many_tries", retry_after_s=self.window_s)


def caller_of(request: Request, verbs: Verbs, wrong: WrongKeys) -> Caller:
    """Return who calls.

    Raises
    ------
    HttpError
        No key where one is needed, a wrong one, or a call that another web site sent.
    """
    secret, proof = secret_of(request)
    client = request.client.host if request.client else ""
    try:
        caller = verbs.authenticate(secret, client)
    except NotAllowedError:
        if secret is None:
            raise HttpError("no_key") from None
        wrong.count(client)
        raise HttpError("wrong_key") from None
    if not caller.key_id:
        require_own_host(request)
    if proof != "header" and request.method not in ("GET", "HEAD"):
        require_own_origin(request, strict=proof == "cookie")
    return caller


def visitor_of(request: Request, verbs: Verbs) -> Caller:
    """Return who looks at a page that is open to everybody, so that it can show the way on."""
    client = request.client.host if request.client else ""
    try:
        return verbs.authenticate(request.cookies.get(KEY_COOKIE), client)
    except NotAllowedError:
        return NOBODY


def secret_of(request: Request) -> tuple[str | None, Proof]:
    """Return the key that was sent, and how."""
    header = request.headers.get("authorization")
    if header is None:
        cookie = request.cookies.get(KEY_COOKIE)
        return (cookie, "cookie") if cookie else (None, "none")
    scheme, _, secret = header.partition(" ")
    secret = secret.strip()
    plain = secret.isascii() and secret.isprintable() and len(secret) <= _LONGEST_KEY
    if scheme.lower() != "bearer" or not secret or not plain:
        raise HttpError("wrong_key", faults=["`Authorization: Bearer KEY` is expected"])
    return secret, "header"


def require_own_host(request: Request) -> None:
    """Refuse a call to an open server under a foreign name.

    A web site can point a name of its own at 127.0.0.1 (DNS rebinding) and would then read the
    answers; it cannot forge the Host header.
    """
    host = _host_name(request.headers.get("host", ""))
    listening = request.scope.get("server") or ("", None)
    if host not in LOOPBACK and host != listening[0]:
        raise HttpError("foreign_host")


def require_own_origin(request: Request, *, strict: bool) -> None:
    """Refuse a post that a page of another web site sent; browsers cannot be made to hide it.

    With `strict` a call that names no origin at all is refused too: every browser names it.
    """
    origin = request.headers.get("origin")
    if origin is not None:
        own = urlsplit(origin).netloc == request.headers.get("host", "")
    elif "sec-fetch-site" in request.headers:
        own = request.headers["sec-fetch-site"] in ("same-origin", "none")
    else:
        own = not strict
    if not own:
        raise HttpError("foreign_origin")


def _host_name(host: str) -> str:
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.rpartition(":")[0] if host.rpartition(":")[2].isdecimal() and ":" in host else host
