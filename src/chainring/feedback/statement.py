"""Statement: one thing that somebody said of one answer, and why a row of the log says nothing.

statement = Statement(about=row, label="退款", kind="user", part=part_of(row))
unusable(row, row.consent, guard)       # None, or "consent not allowed: none"
"""

from __future__ import annotations

from dataclasses import dataclass

from chainring.contracts.feedback import Feedback
from chainring.contracts.guard import FORGOTTEN, Guard
from chainring.contracts.label import AuthorKind, Label, ReviewState

SET_BACK = "a person set it back"
REFUSED = "rated down, and to accept is to agree"
DECIDED_BEFORE = "a person decided on what its author said before"


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """One value that somebody gave one answer: `about` brings text and papers of the answer.

    `kind` is who said so; `why` tells why a pending one waits; `decision` is a person's word on it.
    `rejected` is a written answer that was not wanted; with it `label` may be empty: nobody said
    what would have been better. `written` says that the task's values are texts.
    """

    about: Feedback
    label: str
    kind: AuthorKind
    part: str
    state: ReviewState = "accepted"
    why: str = ""
    decision: Label | None = None
    rejected: str = ""
    written: bool = False

    @property
    def private(self) -> bool:
        """Whether the value is a text of somebody's own."""
        decided = self.decision is not None and self.decision.private
        return self.about.private or decided or self.written

    @property
    def order(self) -> tuple[float, str]:
        """The order in which statements were made."""
        return self.about.at, self.about.id


def state_of(decision: Label | None, *, is_later: bool = False) -> tuple[ReviewState, str]:
    """Return the review state that a person's decision gives, and why it waits if it does.

    `is_later`: a person decided on what its author said before of the same answer.
    """
    if decision is None:
        return ("pending", DECIDED_BEFORE) if is_later else ("accepted", "")
    return decision.state, SET_BACK if decision.state == "pending" else ""


def unusable(row: Feedback, consent: str, guard: Guard) -> str | None:
    """Return why nothing may be learnt from an answer, or None."""
    if consent == FORGOTTEN:
        return FORGOTTEN
    if not row.model:
        return "its prediction is unknown"
    if not row.text.strip():
        return "text erased or not logged"
    return None if guard.allows(consent) else f"consent not allowed: {consent}"


def part_of(row: Feedback) -> str:
    """Return the part that a reaction to this answer belongs to."""
    return "reacted" if row.holdout else "train"


def refuses(row: Feedback) -> bool:
    """Whether a reaction says of an answer that it is not wanted, and not what would be."""
    return row.kind == "rating" and row.value == "down"


def reason_of(row: Feedback) -> str:
    """Return what a flag or a thumbs-down asks a person about; other reactions need no reason."""
    if row.kind == "flag":
        return f"flagged as {row.value}" + (f": {row.comment}" if row.comment else "")
    return REFUSED if refuses(row) else ""


def refused(row: Feedback, label: str) -> str:
    """Return the written answer that a better text was put in place of, or nothing."""
    served = "" if row.holdout else row.answer
    return served if served != label else ""
