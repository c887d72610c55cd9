"""Verdict: what the gate says of a challenger, with the numbers it says it on."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from chainring.contracts.measure import ACCURACY, Measure

Value = Literal[
    "first", "better", "no measurable difference", "worse within noise", "worse", "not fit"
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """A paired comparison on the same rows: `gained` right now and wrong before, `lost` reverse.

    `champion` and `challenger` are accuracies, whatever judges. Where another measure does, they
    stand `measured`, champion first, and gained and lost are answers worth more and less: a share,
    or a mean cost of a row, which is better the lower. `smallest_detectable` is in the same unit.
    """

    rows: int
    gained: int
    lost: int
    champion: float
    challenger: float
    p_better: float
    p_worse: float
    smallest_detectable: float
    value: Value
    test: str = "exact McNemar"
    measured: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One condition of promotion and whether it holds."""

    name: str
    holds: bool
    because: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """A row and a readable file. `promote` follows from `checks`; an override is a row of its own.

    `fix_rate` is the share of complaints of the hold-out now answered right, shown beside the
    placebo's; it is never a test. `more_rows_needed` is 0 when enough rows were pooled. `asks` are
    answers on which the two models differ and whose truth would decide between them. `looks` counts
    verdicts on the same `frozen` test rows. Where answers are `graded`, right in the counts means
    worth at least a half, and gained and lost are answers worth more and less than before.
    `measure` is what judged; records of before have none, and were judged by accuracy.
    `second_look` tells by which measure and on which rows a second look fell; empty where there
    was none.
    """

    app: str
    challenger: str
    champion: str | None
    suite: str
    value: Value
    promote: bool
    pooled: Comparison | None
    parts: dict[str, Comparison] = field(default_factory=dict)
    slices: dict[str, Comparison] = field(default_factory=dict)
    small_slices: dict[str, int] = field(default_factory=dict)
    checks: tuple[Check, ...] = ()
    negative_flips: tuple[str, ...] = ()
    more_rows_needed: int = 0
    looks: int = 0
    fix_rate: float | None = None
    placebo_fix_rate: float | None = None
    notes: tuple[str, ...] = ()
    asks: tuple[str, ...] = ()
    frozen: str = ""
    graded: bool = False
    measure: Measure = ACCURACY
    second_look: str = ""
