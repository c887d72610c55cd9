"""What a recipe can say about promotion; a user should need none of it.

Enters the section `[gate]` of chainring.toml, leave frozen settings.

    GateSettings.model_validate({"margin_points": 1.0, "max_size_mib": 200})
"""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field, model_validator

from chainring.contracts.measure import Measure, MeasureName
from chainring.ring.gate.costs import CostSettings

MAX_PASSED_ON_RISE = 0.05
_GONE = "author_cap_for_exact"


class GateSettings(BaseModel):
    """The limits that a challenger has to keep."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    measure: MeasureName = Field(
        "accuracy",
        description="what models are judged by, where a row has one label: 'accuracy' counts each"
        " row alike, 'balanced_accuracy' each label, 'cost' what mistakes cost",
    )
    costs: CostSettings = Field(
        CostSettings(), description="what mistakes and passing on cost, where 'cost' judges"
    )
    alpha: float = Field(
        0.05, gt=0, lt=0.5, description="chance of promoting a model that is no better, at most"
    )
    second_look: float = Field(
        0.3,
        gt=0,
        lt=1,
        description="share of alpha that is left for a second look, once a person has said who is"
        " right where two models differ",
    )
    power: float = Field(
        0.8, gt=0.5, lt=1, description="chance of seeing the smallest difference that is reported"
    )
    margin_points: float = Field(
        2.0, ge=0, le=100, description="points of loss from which noise is worth a warning"
    )
    min_slice_rows: int = Field(
        50, ge=2, description="rows from which a label, language, source or group is tested"
    )
    min_pooled_rows: int = Field(
        200, ge=1, description="rows under which the report asks for more of them"
    )
    max_looks: int = Field(
        20, ge=1, description="times a frozen suite may judge before the report warns"
    )
    max_reopened: float = Field(
        0.05, ge=0, le=1, description="share of once fixed complaints that may be wrong again"
    )
    must_number_from: float = Field(
        0.9,
        gt=0,
        le=1,
        description="grade from which a number marked must counts as right: 0.9 is off by a fifth"
        " of the spread of the training targets; all other answers have to be equal",
    )
    max_passed_on_rise: float | None = Field(
        None,
        ge=0,
        le=1,
        description="rise of the share of texts passed on to a person, at most; none: 0.05, and by"
        " cost no limit, as passing on has its price",
    )
    max_latency_ratio: float | None = Field(
        None, gt=0, description="time a text takes, over the champion's, at most; none: no limit"
    )
    min_texts_per_s: float | None = Field(
        None, gt=0, description="texts per second that the served form must reach; none: no limit"
    )
    max_size_mib: float | None = Field(
        None, gt=0, description="size of the served form, at most; none: no limit"
    )
    placebo: bool = Field(
        True, description="also train the same recipe on the champion's rows alone, to show beside"
    )
    min_reviewed_reactions: int = Field(
        30,
        ge=10,
        description="reviewed rows with a reaction, right and wrong each, before others"
        " that users reacted to may count",
    )
    max_disputed: float = Field(
        0.05,
        ge=0,
        le=1,
        description="share of reactions that review found mistaken, at most,"
        " before others that users reacted to may count",
    )

    @property
    def judging(self) -> Measure:
        """What judges, as training and the gate are handed it."""
        if self.measure != "cost":
            return Measure(name=self.measure)
        return Measure(name="cost", pass_on=self.costs.pass_on, missed=self.costs.pairs)

    @property
    def passed_on_limit(self) -> float | None:
        """The rise of the share of texts passed on that is allowed; None: no limit."""
        if self.max_passed_on_rise is None:
            return None if self.measure == "cost" else MAX_PASSED_ON_RISE
        return self.max_passed_on_rise

    @model_validator(mode="before")
    @classmethod
    def _without_what_is_gone(cls, data: Any) -> Any:
        if isinstance(data, dict) and _GONE in data:
            raise ValueError(
                f"{_GONE} is no setting any more, as rows of one author always count as one; take"
                " the line out"
            )
        return data
