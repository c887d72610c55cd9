"""Label: what is said of a record, by whom, and whether a review let it stand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

AuthorKind = Literal["source", "person", "user", "model"]
ReviewState = Literal["accepted", "pending", "rejected"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """One statement about one record; several may stand on one record.

    `parents` names the feedback or labels it came from; `must` marks a complaint that every later
    model has to get right. A `private` value is a text of somebody's own, which forgetting empties.
    One told `unseen` was said without being shown the answer.
    """

    id: str
    app: str
    record: str
    value: str
    author: str
    author_kind: AuthorKind
    state: ReviewState = "accepted"
    guideline: str = ""
    at: float | None = None
    reward: float | None = None
    parents: tuple[str, ...] = ()
    must: bool = False
    private: bool = False
    unseen: bool = False

    @property
    def decides(self) -> bool:
        """Whether it was asked for because two models differ: such rows are no random sample."""
        return self.guideline == review_guideline("deciding")


def review_guideline(kind: str) -> str:
    """Return the guideline of a label that answers an item of the review queue.

    >>> review_guideline("holdout")
    'review of kind holdout'
    """
    return f"review of kind {kind}"
