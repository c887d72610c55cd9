"""Settings of releases: the recipe's `[release]` section.

Enters a mapping from the recipe, leaves a frozen model.
"""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from chainring.contracts.measure import MeasureName

MAX_PASSED_ON_RISE = 0.05
Through = Literal["at once", "shadow", "canary"]


class ReleaseSettings(BaseModel):
    """How a model that the gate found better comes to answer."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    through: Through = Field(
        default="at once",
        description="at once: it answers everybody; canary: a share of users first; shadow: it "
        "answers unseen beside the champion, then a share of users",
    )
    share: float = Field(
        default=0.1, gt=0, lt=1, description="share of users whom a canary answers"
    )
    shadow_share: float = Field(
        default=1.0, gt=0, le=1, description="share of requests that a shadow answers, too"
    )
    shadow_answers: int = Field(
        default=500, ge=1, description="answers in the shadow before the canary begins"
    )
    shadow_queue: int = Field(
        default=64,
        ge=1,
        le=10_000,
        description="texts that may wait for a shadow; more are dropped",
    )
    alpha: float = Field(
        default=0.05,
        gt=0,
        lt=0.5,
        description="chance that an equal model is ever promoted, and that it is ever rolled back",
    )
    margin_points: float = Field(
        default=0.0,
        ge=0,
        le=20,
        description="points of loss that are accepted: 0 promotes only what is shown to be better",
    )
    max_labels: int = Field(
        default=1500, ge=10, description="reviewed answers after which an open question is closed"
    )
    max_days: float = Field(default=30.0, gt=0, description="days after which it is closed, too")
    max_failed: float = Field(
        default=0.01, gt=0, lt=1, description="share of its answers that may fail"
    )
    max_passed_on_rise: float | None = Field(
        default=None,
        ge=0,
        lt=1,
        description="share more that it may pass on than the champion; none: 0.05, and by cost no"
        " limit, as passing on has its price",
    )
    max_slowdown: float = Field(
        default=3.0, gt=1, description="times the champion's median that its median may take"
    )
    look_s: float = Field(
        default=30.0, gt=0, description="how often a server looks at the evidence, in seconds"
    )

    def passed_on_limit(self, measure: MeasureName) -> float | None:
        """Return the rise of the share passed on that is allowed by a measure; None: no limit."""
        if self.max_passed_on_rise is None:
            return None if measure == "cost" else MAX_PASSED_ON_RISE
        return self.max_passed_on_rise
