"""Reaction: what a person did about an answer, as it arrives from outside."""

from __future__ import annotations

from dataclasses import dataclass

from chainring.contracts.feedback import FeedbackKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Reaction:
    """`value`: rating up|down, correction a label, comment a text, flag one of FLAG_KINDS, ...

    `key` is the caller's idempotency key: the same key twice is one feedback. `via` is the
    application whose key it came by; see `Feedback`.
    """

    prediction: str
    kind: FeedbackKind
    value: str = ""
    comment: str = ""
    author: str = ""
    episode: str = ""
    consent: str = "none"
    key: str = ""
    via: str = ""
