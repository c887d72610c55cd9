"""What a recipe can say about learning from users.

Enters the section `[feedback]` of chainring.toml, leave frozen settings.

    FeedbackSettings.model_validate({"review": "all", "max_rows_per_author": 20})
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

_GONE = ("silence", "min_silent_right")


class FeedbackSettings(BaseModel):
    """Which reactions teach, and which wait for a person."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    holdout_share: float = Field(
        0.2, ge=0.05, le=0.5, description="share of answers that judge and never teach"
    )
    review: Literal["auto", "all"] = Field(
        "auto", description="'all': every correction waits for a person; 'auto': beyond the caps"
    )
    max_rows_per_author: int = Field(
        50, ge=1, description="statements of one author that count before a review"
    )
    author_share_for_review: float = Field(
        0.2,
        gt=0,
        le=1,
        description="share of all statements that one author may give before a review; it takes "
        "hold once there are more authors than fit into the share, and never under 10 statements",
    )
    confirmations: bool = Field(True, description="confirmed answers teach, too")
    ratings: bool = Field(
        True,
        description="rated answers teach, too, where answers are written: what is liked, what not",
    )
    new_labels: bool = Field(
        True, description="a correction may name a label that is not known yet"
    )
    sample_per_turn: int = Field(
        100, ge=0, le=10_000, description="hold-out answers that a person is asked about per turn"
    )
    deciding_share: float = Field(
        0.5,
        ge=0,
        le=0.9,
        description="tasks of one label each: share of the hold-out of which a person is asked"
        " only what two models answer differently; 0: none",
    )
    seed: int = Field(0, ge=0, lt=2**31, description="another seed draws another sample")
    licence: str = Field("user feedback", min_length=1, description="licence of users' texts")
    consent: str = Field(
        "owner", min_length=1, description="consent of reviewed answers that nobody reacted to"
    )

    @model_validator(mode="before")
    @classmethod
    def _without_what_is_gone(cls, data: Any) -> Any:
        gone = [name for name in _GONE if name in data] if isinstance(data, dict) else []
        if gone:
            raise ValueError(
                f"take out {', '.join(gone)}, as an answer that nobody reacted to teaches nothing"
                " any more; a person says what is right of such answers (`chainring review`)"
            )
        return data
