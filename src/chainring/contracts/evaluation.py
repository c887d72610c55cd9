"""Evaluation: one form on one version of a suite, every example's outcome kept."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What one model answered to one row.

    `right` is 1.0 or 0.0 (graded tasks: any share): for a row in scope, the label is the true one;
    for a row out of scope, the text was passed on. `part` is `suite`, `holdout` or `reacted`.
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
    rows left out because a judged model had trained on them or on a near-duplicate.
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
