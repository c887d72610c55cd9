"""Settings of the drift watch: the recipe's `[drift]` section.

Enters a mapping from the recipe, leaves a frozen model.
"""

from __future__ import annotations

from typing import Self

from pydantic import BaseModel, ConfigDict, Field, model_validator


class DriftSettings(BaseModel):
    """When a change of what is asked, answered or right is told to a person."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    watch: bool = Field(default=True, description="whether a server looks for drift")
    reference: int = Field(
        default=1000,
        ge=50,
        le=20_000,
        description="first answers of a model that others are held to",
    )
    window: int = Field(
        default=1000,
        ge=100,
        le=20_000,
        description="answers after which every question begins anew",
    )
    alpha: float = Field(
        default=0.05,
        gt=0,
        lt=0.5,
        description="chance of any false alarm as long as a model serves, all questions together",
    )
    min_slice: int = Field(
        default=100, ge=20, description="answers of a language in the reference to watch it alone"
    )
    labels: tuple[str, ...] = Field(
        default=(),
        max_length=20,
        description="true labels whose reviewed answers are watched alone, as those of a language",
    )
    accuracy_drop_points: float = Field(
        default=5.0,
        ge=0,
        le=100,
        description="points that reviewed accuracy may lie below the suite's without an alarm; by"
        " cost hundredths of what the cheapest answer to everything costs",
    )
    overconfidence_points: float = Field(
        default=5.0,
        ge=0,
        le=100,
        description="points that confidence may lie above reviewed accuracy without an alarm",
    )
    look_s: float = Field(default=60.0, gt=0, description="how often a server looks, in seconds")

    @model_validator(mode="after")
    def _slice_fits(self) -> Self:
        if self.min_slice > self.reference:
            raise ValueError(
                f"min_slice: {self.min_slice} is more than reference ({self.reference}), so that "
                "no language would ever be watched alone"
            )
        return self
