"""Request: one text asked of a deployment."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A question from outside; `episode` ties the turns of one conversation together.

    `pair` is the second text where the task compares two texts or reads a passage (`Row.pair`).
    `via` is the application whose key it came by; see `Feedback`.
    """

    text: str
    app: str = ""
    episode: str = ""
    author: str = ""
    pair: str = ""
    via: str = ""
