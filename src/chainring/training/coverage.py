"""How often a true number lies in the range that was answered: of an honest one nine times in ten.

coverage("regression", [(row, answer), ...], level=0.95)    # {'interval_coverage': Share(...)}
"""

from __future__ import annotations

from collections.abc import Sequence

from chainring.contracts.dataset import Row, Task
from chainring.contracts.evaluation import Share
from chainring.contracts.prediction import Answer
from chainring.contracts.tasks import TASKS
from chainring.stats.intervals import mean_grade
from chainring.stats.units import Units

COVERAGE = "interval_coverage"


def coverage(task: Task, judged: Sequence[tuple[Row, Answer]], *, level: float) -> dict[str, Share]:
    """Return the share of true numbers within `low` to `high`; nothing where no range was told."""
    if TASKS[task].form != "number":
        return {}
    told = [(row, answer) for row, answer in judged if {"low", "high"} <= answer.scores.keys()]
    inside = [
        float(answer.scores["low"] <= float(row.target) <= answer.scores["high"])
        for row, answer in told
    ]
    if not inside:
        return {}
    units = Units.of([row for row, _ in told]).numbers
    found = mean_grade(inside, level=level, units=units)
    return {COVERAGE: Share(estimate=found.estimate, low=found.low, high=found.high, rows=found.n)}
