"""Request: one text asked of a deployment."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A question from outside; `episode` ties the turns of one conversation together."""

    text: str
    app: str = ""
    episode: str = ""
    author: str = ""
