"""Evaluation: one form on one version of a suite, every example's outcome kept."""

from __future__ import annotations

from dataclasses import dataclass, field

from chainring.contracts.dataset import Task

DECIDING = "deciding"
"""The part of kept answers, which tell two models apart once somebody says what is right."""
MUST = "must"
"""The part of rows marked `must` that may judge nothing else, as models were trained on them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What one model answered to one row.

    `right` is 1.0 or 0.0 (graded tasks: any share): for a row in scope, the label is the true one;
    for a row out of scope, the text was passed on. `part` is `suite`, `holdout`, `reacted`, `must`
    (marked so, and in no other part), or `deciding`: an answer whose truth is not known, so that
    nothing is right yet.
    `truth` and `label` are values of the task; a text of one's own is not kept here, they are empty
    then. `sliced` are the labels that slices go by, None where `truth` is the label. `base` is what
    always giving the same answer would be worth on this row, None where that follows from `truth`.
    `author`, `episode` and `group` are those of the row: outcomes that share one are one unit.
    """

    row: str
    truth: str
    label: str
    right: float
    confidence: float
    passed_on: bool
    part: str
    language: str
    source: str = ""
    group: str = ""
    author: str = ""
    protected: str = ""
    must: bool = False
    weight: float = 1.0
    sliced: tuple[str, ...] | None = None
    base: float | None = None
    episode: str = ""

    @property
    def slice_labels(self) -> tuple[str, ...]:
        """The labels that slices go by."""
        return (self.truth,) if self.sliced is None else self.sliced


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """A share with its 95 % interval over `rows` rows."""

    estimate: float
    low: float
    high: float
    rows: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """Means and the address of a tree with `outcomes.jsonl` (one Outcome a line).

    `slices` maps `language:en`, `label:stock`, `part:holdout` ... to shares; `dropped` counts suite
    rows left out because a judged model had trained on them or on a near-duplicate. `accuracy` is
    the mean of `right`; `frozen` names the test rows alone (see `Dataset`); `metrics` has the
    figures of the task by name, each with its interval. `calibration_expected` is what
    `calibration_error` would be of a model that is exactly as sure as it is right, on as many rows;
    None where it was not counted yet.
    """

    app: str
    address: str
    model: str
    form: str
    suite: str
    accuracy: Share
    macro_f1: float
    calibration_error: float
    passed_on: float
    slices: dict[str, Share] = field(default_factory=dict)
    dropped: dict[str, int] = field(default_factory=dict)
    out_of_scope_recall: float | None = None
    texts_per_s: float = 0.0
    task: Task = "classification"
    metrics: dict[str, Share] = field(default_factory=dict)
    frozen: str = ""
    calibration_expected: float | None = None
