"""Settings of alerts: the recipe's `[alerts]` section.

Enters a mapping from the recipe, leaves a frozen model.
"""

from __future__ import annotations

import re
import string
from urllib.parse import quote, urlsplit

from pydantic import BaseModel, ConfigDict, Field, field_validator


class AlertSettings(BaseModel):
    """Where a person is told that a case was opened."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: str = Field(
        default="",
        description="address that gets a signed POST for each new case; empty: nobody is told",
    )
    secret_env: str = Field(
        default="CHAINRING_ALERT_SECRET",
        min_length=1,
        description="environment variable with the secret that signs what is sent",
    )
    kinds: tuple[str, ...] = Field(
        default=("drift", "release"),
        description="kinds of cases that are told: drift, release, wrong, harmful, unfair, private",
    )
    allow_private: tuple[str, ...] = Field(
        default=(),
        description="hosts, or hosts with port, whose address may be private or this machine's",
    )
    tries: int = Field(
        default=16,
        ge=1,
        le=50,
        description="tries before an alert is given up; 16 take six hours and a half",
    )
    timeout_s: float = Field(default=10.0, gt=0, le=120, description="how long one try may take")

    @field_validator("url")
    @classmethod
    def _as_sent(cls, url: str) -> str:
        found = as_sent(url) if url else url
        if found is None:
            raise ValueError(f"{url!r} is no address; write https://hooks.example.com/chainring")
        return found


def as_sent(url: str) -> str | None:
    """Return an address as a request holds it, in ASCII alone, or None where it is none.

    >>> as_sent("https://例子.测试/通知")
    'https://xn--fsqu00a.xn--0zwm56d/%E9%80%9A%E7%9F%A5'
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
        name = f"[{host}]" if ":" in host else host.encode("idna").decode()
    except ValueError:  # UnicodeError, too: a label that is empty or too long
        return None
    if parts.scheme not in ("http", "https") or not re.fullmatch(
        r"\[[\w:.]+\]|[\w.-]+", name, re.A
    ):
        return None
    user, at, _ = parts.netloc.rpartition("@")
    place = f"{user}{at}{name}" + ("" if port is None else f":{port}")
    query = f"?{parts.query}" if parts.query else ""
    return f"{parts.scheme}://{quote(f'{place}{parts.path}{query}', safe=string.punctuation)}"
