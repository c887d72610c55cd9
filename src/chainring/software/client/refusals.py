"""What a client raises: refusals as the library's own errors, and answers that never came.

No input or output happens here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from chainring.contracts.errors import (
    BusyError,
    ChainringError,
    ConflictError,
    InputError,
    NotAllowedError,
    UnknownNameError,
    UnreachableError,
)


def error_of(status: int, body: Any, headers: Mapping[str, str]) -> ChainringError:
    """Return a refusal as the error that the library itself would raise."""
    fault = body.get("error", {}) if isinstance(body, dict) else {}
    fault = fault if isinstance(fault, dict) else {"message": str(fault)}
    code = str(fault.get("code", ""))
    message = str(fault.get("message") or f"the server answered {status}")
    step = str(fault.get("next", ""))
    listed = fault.get("faults")
    faults = tuple(map(str, listed)) if isinstance(listed, list) else ()
    if "type" in fault:  # as OpenAI's clients read it: all of it stands in the message
        step, faults = "", ()
    whole = f"{message} {step}".strip()
    if code in ("not_found", "no_model"):
        return _unknown(code, faults[0] if faults else message)
    if status in (429, 503) or code in ("busy", "not_ready", "too_slow"):
        return BusyError(whole, retry_after_s=retry_after_s(headers))
    if status in (401, 403):
        return NotAllowedError("\n".join([whole, *faults]))
    if status == 409:
        return ConflictError(whole)
    if 400 <= status < 500:
        return InputError(whole, faults=faults)
    return UnreachableError(whole)


def _unknown(code: str, message: str) -> UnknownNameError:
    """Return a name that nothing there carries, told as the server tells it."""
    told = re.match(r"unknown ([^']+) '(.*?)'(?:;|$)", message)
    kind, name = (told[1], told[2]) if told else (code, message)
    return UnknownNameError(kind, name, None)


def retry_after_s(headers: Mapping[str, str]) -> float:
    """Return the seconds of Retry-After; 1 where it is missing or a date."""
    said = headers.get("retry-after", "")
    return float(said) if said.replace(".", "", 1).isdecimal() else 1.0


def unreachable(url: str, error: Exception) -> UnreachableError:
    """Return that no answer came, or none that can be read."""
    kind = type(error).__name__
    if kind in ("ReadTimeout", "WriteTimeout"):
        return UnreachableError(
            f"{url} did not answer in time ({kind}); send less at once, or give the client a "
            "longer `timeout_s`"
        )
    if kind == "DecodingError":
        return foreign(url, f"with a body that cannot be unpacked ({error})")
    through = _proxy(url)
    if through:
        return UnreachableError(
            f"{url} could not be reached through the proxy {through} ({kind}), which the "
            "environment names; is it right, or does NO_PROXY have to name the server?"
        )
    return UnreachableError(
        f"{url} did not answer ({kind}); is `chainring serve` running there, and is the address "
        "right?"
    )


def _proxy(url: str) -> str:
    """Return the proxy that the environment names for an address, without a user in it."""
    parts = urlsplit(url)
    if proxy_bypass(parts.hostname or ""):
        return ""
    known = getproxies()
    found = known.get(parts.scheme) or known.get("all") or ""
    return found.rpartition("@")[2] if "@" in found else found


def moved(url: str, onward: str, path: str) -> UnreachableError:
    """Return that what was asked at `path` of an address is sent on to another."""
    there = onward.removesuffix(path)
    if there not in (onward, url):
        return UnreachableError(f"{url} moved to {there}; use that")
    return UnreachableError(
        f"{url} sends on to {onward} instead of answering; is the address right, and does "
        "something before the server want people to sign in?"
    )


def foreign(url: str, found: str) -> UnreachableError:
    """Return that what came is not what `chainring serve` answers."""
    return UnreachableError(
        f"{url} answered {found}, which is no answer of `chainring serve`; is the address right, "
        "and does something before the server answer in its place?"
    )
