"""Feedback: a reaction that is stored, on the id of the prediction it is about."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

FeedbackKind = Literal[
    "rating", "confirmation", "correction", "preference", "comment", "outcome", "flag"
]
OWN_WORDS: tuple[FeedbackKind, ...] = (
    "outcome", "preference", "correction", "comment", "confirmation",
)  # fmt: skip
"""Kinds whose value may be a person's own words: what is forgotten keeps none of it."""
FLAG_KINDS = ("wrong", "harmful", "unfair", "private")


@dataclass(frozen=True, slots=True, kw_only=True)
class Feedback:
    """One stored reaction; `text` to `pair` are its prediction's, joined when it is read.

    `value` of a correction is the true value of the task; where that is a text of a person's own
    (a translation), it is `private`: it lies with the comment, where it can be erased, and is
    joined as well.
    `key` is (author, idempotency key) of the reaction: the same key is stored once.
    """

    id: str
    app: str
    prediction: str
    kind: FeedbackKind
    value: str
    author: str
    at: float
    consent: str = "none"
    episode: str = ""
    comment: str = ""
    text: str = ""
    answer: str = ""
    passed_on: bool = False
    group: str = ""
    language: str = ""
    holdout: bool = False
    model: str = ""
    key: str = ""
    pair: str = ""
    private: bool = False
