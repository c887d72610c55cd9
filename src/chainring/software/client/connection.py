"""How both clients reach their server: address, key, time-outs, and httpx when it is there."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from chainring import __version__
from chainring.contracts.errors import InputError, MissingPackageError

KEY_VARIABLE = "CHAINRING_KEY"
CONNECT_S = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Reached:
    """What a client is made of."""

    url: str
    headers: dict[str, str]
    timeout: Any


def reached(url: str, key: str, timeout_s: float) -> Reached:
    """Return the parts of a client.

    Raises
    ------
    InputError
        When the address is none.
    MissingPackageError
        When httpx is not installed.
    """
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise InputError(f"{url!r} is no address; write https://ask.example.com")
    try:
        import httpx
    except ImportError as error:
        raise MissingPackageError("httpx", extra="client", needed_for="the client") from error
    headers = {"user-agent": f"chainring/{__version__}"}
    secret = key or os.environ.get(KEY_VARIABLE, "")
    if secret:
        headers["authorization"] = f"Bearer {secret}"
    connect_s = min(CONNECT_S, timeout_s)
    return Reached(
        url=url.rstrip("/"), headers=headers, timeout=httpx.Timeout(timeout_s, connect=connect_s)
    )


def body_of(response: Any) -> Any:
    """Return the JSON of a response; a page that some proxy wrote is told as it is."""
    try:
        return response.json()
    except ValueError:
        return {"error": {"message": f"no JSON but {response.headers.get('content-type', '')}"}}
