"""Who may come in: the key of a call, where a call may come from, and wrong keys counted.

A program sends its key as `Authorization: Bearer KEY`; a browser keeps it in a cookie that no
script can read. What a browser sends by itself (the cookie, or the openness of a server without
keys) proves nothing about who wrote the request, so those calls must also come from our own pages.
"""

from __future__ import annotations

import ipaddress
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
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
    """Wrong keys by address; one that sent `limit` within a minute is locked out for a minute.

    Then no key is even looked at but those that were let in from there before: whoever shares an
    address (an office, a proxy) must not be able to lock out the programs that work there. An
    IPv6 address counts as its network of 64 bits, which one guesser may own. One wrong key counts
    once within `window_s`, however often it comes: a program that goes on with a key that ended
    guesses nothing. Of keys only a hash is held.
    """

    def __init__(
        self,
        *,
        limit: int = 10,
        window_s: float = 60.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.limit, self.window_s, self.clock = limit, window_s, clock
        self._tries: dict[str, dict[int, float]] = {}
        self._let_in: set[int] = set()

    def require(self, client: str, secret: str) -> None:
        """Raise `too_many_tries` where the address is locked out and the key is new there."""
        if self._tries and hash((client, secret)) not in self._let_in:
            tries = [*self._recent(_network(client)).values()]
            if len(tries) >= self.limit:
                left = self.window_s - (self.clock() - tries[-self.limit])
                raise HttpError("too_many_tries", retry_after_s=left)

    def let_in(self, client: str, secret: str) -> None:
        """Note that a key was right."""
        if len(self._let_in) > 10_000:
            self._let_in.clear()
        self._let_in.add(hash((client, secret)))

    def count(self, client: str, secret: str) -> None:
        """Note one more, unless it was noted already; past the limit raise `too_many_tries`."""
        network, name = _network(client), hash(secret)
        tries = self._recent(network)
        if name in tries:
            return
        if len(self._tries) > 10_000:
            self._tries.clear()
        newest = [*tries.items(), (name, self.clock())][-self.limit - 1 :]
        self._tries[network] = dict(newest)
        if len(tries) >= self.limit:
            raise HttpError("too_many_tries", retry_after_s=self.window_s)

    def _recent(self, network: str) -> dict[int, float]:
        now, tries = self.clock(), self._tries.get(network, {})
        return {name: at for name, at in tries.items() if now - at < self.window_s}


def _network(client: str) -> str:
    """Return what is counted as one guesser.

    >>> _network("203.0.113.7"), _network("2001:db8:1:2:aaaa::7")
    ('203.0.113.7', '2001:db8:1:2::')
    """
    if ":" not in client:
        return client
    try:
        whole = ipaddress.IPv6Address(client.partition("%")[0])
    except ValueError:
        return client
    return str(ipaddress.IPv6Address(int(whole) >> 64 << 64))


def caller_of(
    request: Request, verbs: Verbs, wrong: WrongKeys, *, sites: Sequence[str] = ()
) -> Caller:
    """Return who calls; pages of other web sites may only where they are among `sites`.

    On a server without keys those pages may only ask: whoever opens one did not write it. What is
    sent as a key there is none, and proves nothing.

    Raises
    ------
    HttpError
        No key where one is needed, a wrong one, or a call that another web site sent.
    """
    caller, proof = _admitted(request, verbs, wrong)
    if proof == "none":
        require_own_host(request)
    if proof == "none" and _is_site(request, sites) and not _is_own(request):
        return replace(caller, role="ask")
    if proof != "header" and request.method not in ("GET", "HEAD"):
        require_own_origin(request, strict=proof == "cookie")
    return caller


def _admitted(request: Request, verbs: Verbs, wrong: WrongKeys) -> tuple[Caller, Proof]:
    client = request.client.host if request.client else ""
    with suppress(NotAllowedError):
        return verbs.authenticate(None, client), "none"  # without keys in the house none is read
    secret, proof = secret_of(request)
    if secret is None:
        raise HttpError("no_key")
    wrong.require(client, secret)
    try:
        caller = verbs.authenticate(secret, client)
    except NotAllowedError:
        wrong.count(client, secret)
        raise HttpError("wrong_key") from None
    wrong.let_in(client, secret)
    return caller, proof


def visitor_of(request: Request, verbs: Verbs, wrong: WrongKeys) -> Caller:
    """Return who looks at a page that is open to everybody, so that it can show the way on.

    A wrong key in the cookie counts as anywhere else; where it is one too many, nobody looks.
    """
    client = request.client.host if request.client else ""
    secret = request.cookies.get(KEY_COOKIE) or None
    try:
        if secret is not None:
            wrong.require(client, secret)
        caller = verbs.authenticate(secret, client)
    except HttpError:
        return NOBODY
    except NotAllowedError:
        if secret is not None:
            with suppress(HttpError):
                wrong.count(client, secret)
        return NOBODY
    if caller.key_id and secret is not None:
        wrong.let_in(client, secret)
    return caller


def secret_of(request: Request) -> tuple[str | None, Proof]:
    """Return the key that was sent, and how; a scheme of its own is that of a proxy in front."""
    header = request.headers.get("authorization")
    scheme, _, secret = (header or "").partition(" ")
    cookie = request.cookies.get(KEY_COOKIE)
    if cookie and scheme.lower() != "bearer":
        return cookie, "cookie"
    if header is None:
        return None, "none"
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
    if "origin" in request.headers:
        own = _is_own(request)
    elif "sec-fetch-site" in request.headers:
        own = request.headers["sec-fetch-site"] in ("same-origin", "none")
    else:
        own = not strict
    if not own:
        raise HttpError("foreign_origin")


def _is_site(request: Request, sites: Sequence[str]) -> bool:
    origin = request.headers.get("origin")
    return origin is not None and (origin in sites or "*" in sites)


def _is_own(request: Request) -> bool:
    origin = urlsplit(request.headers.get("origin", ""))
    return bool(origin.netloc) and origin.netloc == request.headers.get("host")


def _host_name(host: str) -> str:
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.rpartition(":")[0] if host.rpartition(":")[2].isdecimal() and ":" in host else host
