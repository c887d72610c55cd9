"""What goes wrong over HTTP: a code, its status, and words in both languages.

Enters an exception, leaves a `Failure`, which is answered as one JSON shape on every route:

    {"error": {"code": "too_large", "message": "...", "next": "...", "faults": ["..."]}}
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from chainring.contracts.errors import (
    BusyError,
    ChainringError,
    ConflictError,
    InputError,
    NotAllowedError,
    UnknownNameError,
    UnwrittenError,
)
from chainring.deployment.http.language import Language
from chainring.deployment.http.untold import to_callers, unplaced
from chainring.deployment.http.wordings import WORDINGS
from chainring.text.errors import Teller

UNSERVED_S = 60.0
"""Without a model nobody need ask again soon: programs give up at once, and say why."""


class HttpError(Exception):
    """A refusal that only exists over HTTP; `code` is one of WORDINGS."""

    def __init__(
        self, code: str, *, faults: Sequence[str] = (), retry_after_s: float | None = None
    ) -> None:
        self.code, self.faults, self.retry_after_s = code, tuple(faults), retry_after_s
        super().__init__(code)


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """A failure as it is told to the caller."""

    status: int
    code: str
    message: str
    next: str
    faults: tuple[str, ...] = ()
    retry_after_s: float | None = None

    def plain(self) -> dict[str, object]:
        """Return the JSON shape."""
        return {
            "error": {
                "code": self.code,
                "message": self.message,
                "next": self.next,
                "faults": list(self.faults),
            }
        }

    def openai(self) -> dict[str, object]:
        """Return the JSON shape with what clients of OpenAI's interface read.

        They show the message alone, so that the faults and the next step stand in it, too.
        """
        param, _, told = self.faults[0].partition(": ") if self.faults else ("", "", "")
        more = {
            "message": " ".join([self.message, *self.faults, self.next]),
            "type": "invalid_request_error" if self.status < 500 else "server_error",
            "param": param if told and param.isidentifier() else None,
        }
        error = self.plain()["error"]
        assert isinstance(error, dict)
        return {"error": error | more}

    def headers(self) -> dict[str, str]:
        """Return what the status wants beside it; an unread body ends the connection."""
        found = {}
        if self.retry_after_s is not None:
            found["Retry-After"] = str(max(1, round(self.retry_after_s)))
        if self.code == "unserved":
            found["x-should-retry"] = "false"  # OpenAI's clients wait two minutes to ask again
        if self.status == 401:
            found["WWW-Authenticate"] = "Bearer"
        if self.status in (408, 413):
            found["Connection"] = "close"
        return found


def failure(error: Exception, language: Language, *, ready: str = "ok") -> Failure:
    """Return what to tell the caller of an exception; `ready` is the code of the readiness.

    The words of a `ChainringError` are told as far as they are a caller's, those without Chinese to
    a Chinese caller as a fault below the general sentence; of any other exception nothing is told.
    """
    code = _code(error, ready=ready)
    wait_s = UNSERVED_S if code == "unserved" else getattr(error, "retry_after_s", None)
    words = WORDINGS[code]
    message, step = (words.zh, words.zh_next) if language == "zh" else (words.en, words.en_next)
    faults, teller = tuple(map(unplaced, getattr(error, "faults", ()))), Teller()
    if isinstance(error, ChainringError):
        heard = to_callers(error)
        said = str(heard).partition("\n")[0]
        told = teller.in_chinese(heard).partition("\n")[0] if language == "zh" else said
        is_told = language == "en" or told != said
        message, faults = (told, faults) if is_told else (message, (said, *faults))
    if language == "zh":
        faults = tuple(teller.in_chinese(fault) for fault in faults)
    return Failure(
        status=words.status,
        code=code,
        message=message,
        next=step,
        faults=faults,
        retry_after_s=wait_s if words.status in (429, 503) else None,
    )


def _code(error: Exception, *, ready: str) -> str:
    if isinstance(error, HttpError):
        return error.code
    if isinstance(error, BusyError) and not isinstance(error, UnwrittenError):
        return {"ok": "busy", "no_model": "unserved"}.get(ready, "not_ready")
    for kind, code in _CODES:
        if isinstance(error, kind):
            return code
    return "internal"


_CODES: tuple[tuple[type[ChainringError], str], ...] = (
    (UnknownNameError, "not_found"),
    (InputError, "bad_input"),
    (NotAllowedError, "not_allowed"),
    (ConflictError, "conflict"),
    (ChainringError, "unavailable"),
)
