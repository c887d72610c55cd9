"""Feedback: a reaction that is stored, on the id of the prediction it is about."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from chainring.contracts.guard import FORGOTTEN
from chainring.contracts.ids import is_id

FeedbackKind = Literal[
    "rating", "confirmation", "correction", "preference", "comment", "outcome", "flag"
]
OWN_WORDS: tuple[FeedbackKind, ...] = (
    "outcome", "preference", "correction", "comment", "confirmation",
)  # fmt: skip
"""Kinds whose value may be a person's own words: what is forgotten keeps none of it."""
TOLD: tuple[FeedbackKind, ...] = ("outcome", "preference")
"""Those of them whose value is free in every task."""
FLAG_KINDS = ("wrong", "harmful", "unfair", "private")
ANSWERS = ("pred", "shad")
"""How ids of answers begin: of those that were served, and of shadows."""


def is_in_words(kind: str, value: str) -> bool:
    """Return whether a value is told in a person's own words, whatever the task.

    >>> is_in_words("preference", "pred_01kb3d5e7f9g1h3j5k7m9n1p3q")  # the id of an answer
    False
    >>> is_in_words("outcome", "solved by phone"), is_in_words("preference", "pred_13912345678")
    (True, True)
    """
    named = kind == "preference" and is_id(value, *ANSWERS)
    return kind in TOLD and bool(value) and not named


def may_be_one(via: str, other: str) -> bool:
    """Return whether an author's name means the same person where it came by these applications.

    >>> may_be_one("shop", "help desk"), may_be_one("", "shop")  # "": it is not known which
    (False, True)
    """
    return via == other or not via or not other


@dataclass(frozen=True, slots=True, kw_only=True)
class Feedback:
    """One stored reaction; `text` to `pair`, and `looked_up`, are joined from its prediction.

    `value` of a correction is the true value of the task; where that is a text of a person's own
    (a translation), and where an outcome or a preference is told in words, it is `private`: it lies
    with the comment, where it can be erased, and is joined as well.
    `key` is (author, idempotency key) of the reaction: the same key is stored once.
    `via` is the API key by which it came, and the same one however often that was rotated: each
    application names its authors for itself. Empty: the terminal, or before this was kept.
    `refused`: whoever said it was forgotten since, and their refusal stood, so nobody lifts it.
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
    looked_up: bool = False
    via: str = ""
    refused: bool = False

    @property
    def speaker(self) -> tuple[str, str]:
        """Who said it: an author of one application is nobody of another's."""
        return self.via, self.author

    @property
    def confirms_passing_on(self) -> bool:
        """Whether it confirms that the text was passed on, and so says no label."""
        return self.kind == "confirmation" and self.passed_on and not self.value

    @property
    def given_pair(self) -> str:
        """The second text, if the asker gave it."""
        return "" if self.looked_up else self.pair


def bare(row: Feedback, *, refused: bool) -> Feedback:
    """Return what stays of a reaction whose author is forgotten, perhaps that it refused."""
    value = "" if row.kind in OWN_WORDS else row.value
    nobody = replace(row, author="", via="", episode="", key="", value=value, comment="")
    return replace(nobody, consent=FORGOTTEN, refused=refused)
