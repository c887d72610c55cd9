"""How both clients reach their server: address, key, time-outs, and httpx when it is there."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import urlsplit

from chainring import __version__
from chainring.contracts.errors import InputError, MissingPackageError
from chainring.contracts.said import Said
from chainring.software.client import refusals, wire

T = TypeVar("T")

KEY_VARIABLE = "CHAINRING_KEY"
CONNECT_S = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Reached:
    """What a client is made of."""

    url: str
    headers: dict[str, str]
    timeout: Any

    def opened(self, kind: Callable[..., T], *, transport: Any) -> T:
        """Return a client of httpx.

        Raises
        ------
        InputError
            When the environment names a proxy that httpx needs another package for.
        """
        try:
            return kind(
                base_url=self.url, headers=self.headers, timeout=self.timeout, transport=transport
            )
        except ImportError as error:  # a SOCKS proxy
            raise InputError(
                "the environment names a SOCKS proxy (ALL_PROXY), which needs: "
                "pip install 'httpx[socks]'"
            ) from error


def reached(url: str, key: str, timeout_s: float) -> Reached:
    """Return the parts of a client.

    Raises
    ------
    InputError
        When the address is none, the key holds what no key has, or the address names a user
        beside it.
    MissingPackageError
        When httpx is not installed.
    """
    if not _is_address(url):
        raise InputError(f"{url!r} is no address; write https://ask.example.com")
    secret = _secret(key or os.environ.get(KEY_VARIABLE, ""))
    if secret and "@" in urlsplit(url).netloc:
        raise InputError(
            f"a user and a key cannot both be sent: leave the user out of the address, or give no "
            f"key (nor {KEY_VARIABLE})"
        )
    try:
        import httpx
    except ImportError as error:
        raise MissingPackageError(
            "httpx", extra="client", needed_for=Said("the client", zh="客户端")
        ) from error
    headers = {"user-agent": f"chainring/{__version__}"}
    if secret:
        headers["authorization"] = f"Bearer {secret}"
    connect_s = min(CONNECT_S, timeout_s)
    return Reached(
        url=url.rstrip("/"), headers=headers, timeout=httpx.Timeout(timeout_s, connect=connect_s)
    )


def _is_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:  # a port that is none, a bracket left open
        return False


def _secret(key: str) -> str:
    """Return a key without the blanks and line feeds around it, which a file may add."""
    found = key.strip()
    if not (found.isascii() and found.isprintable()):
        raise InputError(
            "the key holds a character that no key has, such as a quotation mark or a full-width "
            "letter; copy it again as `chainring keys --make` showed it"
        )
    return found


def body_of(response: Any) -> Any:
    """Return the JSON of a response; a page that some proxy wrote is told as it is."""
    try:
        return response.json()
    except ValueError:
        return {"error": {"message": f"no JSON but {response.headers.get('content-type', '')}"}}


def answer_of(response: Any, *, url: str, path: str, read: Callable[[Any], T]) -> T:
    """Return what `read` makes of the JSON object of an answer.

    Raises
    ------
    UnreachableError
        When it sends on to another address, or is no JSON object of that shape.
    """
    _require_here(response, url, path)
    return wire.understood(url, _described(response), lambda: read(wire.an_object(response.json())))


def require_events(response: Any, *, url: str, path: str) -> None:
    """Raise UnreachableError where an answer sends on or is no stream of events."""
    _require_here(response, url, path)
    if not response.headers.get("content-type", "").startswith("text/event-stream"):
        raise refusals.foreign(url, _described(response))


def _require_here(response: Any, url: str, path: str) -> None:
    if response.next_request is not None:
        raise refusals.moved(url, str(response.next_request.url), path)


def _described(response: Any) -> str:
    return f"{response.status_code} {response.headers.get('content-type', '')}".strip()
