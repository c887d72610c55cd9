"""What one answer is worth, and shares of them: by label, language, source and protected group.

found = [outcome(row, answer, truths=truths) for row, answer in judged]
slices(found, level=0.95)["language:zh"]
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from chainring.contracts.dataset import OUT_OF_SCOPE, Dataset, Row, Task
from chainring.contracts.evaluation import DECIDING, MUST, Outcome, Share
from chainring.contracts.prediction import Answer
from chainring.contracts.tasks import TASKS
from chainring.contracts.values import labels_in
from chainring.stats.calibration import error_of_calibrated, expected_calibration_error
from chainring.stats.grades import grade_of
from chainring.stats.intervals import mean_grade
from chainring.stats.units import Units
from chainring.training.answered import RIGHT_FROM, value_of
from chainring.training.measures import constant_answer

PARTS = {
    "test": "suite",
    "holdout": "holdout",
    "reacted": "reacted",
    MUST: MUST,
    DECIDING: DECIDING,
}
HEADLINE = ("suite", "holdout")


@dataclass(frozen=True, slots=True, kw_only=True)
class Truths:
    """What the answers of a task are held against: the spread, and what never changes."""

    task: Task = "classification"
    spread: float = 0.0
    constant: str = ""

    @classmethod
    def of(cls, dataset: Dataset, learnt: Sequence[Row]) -> Truths:
        """Return them for a data set, from the rows that its models learnt from."""
        values = [value_of(row, dataset.task) for row in learnt]
        return cls(
            task=dataset.task,
            spread=dataset.spread,
            constant=constant_answer(dataset.task, values),
        )


ONE_LABEL = Truths()


def outcome(row: Row, answer: Answer, *, truths: Truths = ONE_LABEL) -> Outcome:
    """Return what one answer to one row is worth; out of scope, passing on is right."""
    form, task = TASKS[truths.task].form, truths.task
    truth = value_of(row, task)
    right = grade_of(task, truth, answer.value, spread=truths.spread)
    base = None
    if form == "one" and truth == OUT_OF_SCOPE:
        right = float(answer.passed_on)
    elif form != "one":
        base = grade_of(task, truth, truths.constant, spread=truths.spread)
    is_text = form == "text"  # somebody's own words stay where they can be forgotten
    return Outcome(
        row=row.id,
        truth="" if is_text else truth,
        label="" if is_text else answer.value,
        right=right,
        confidence=answer.confidence,
        passed_on=answer.passed_on,
        part=PARTS[row.split],
        language=row.language,
        source=row.source,
        group=row.group,
        author=row.author,
        episode=row.episode,
        protected=row.protected,
        must=row.must,
        weight=row.weight,
        sliced=None if form == "one" else labels_in(form, truth),
        base=base,
    )


def slices(outcomes: Sequence[Outcome], *, level: float) -> dict[str, Share]:
    """Return the share right of every slice; `reacted` rows enter their own part only."""
    members: dict[str, list[Outcome]] = defaultdict(list)
    for found in outcomes:
        for name in _slice_names(found):
            members[name].append(found)
    return {name: share(rows, level=level) for name, rows in sorted(members.items())}


def share(outcomes: Sequence[Outcome], *, level: float) -> Share:
    """Return the mean of outcomes with its interval; rows of one unit count as one."""
    found = mean_grade([o.right for o in outcomes], level=level, units=Units.of(outcomes).numbers)
    return Share(estimate=found.estimate, low=found.low, high=found.high, rows=found.n)


def _slice_names(found: Outcome) -> Iterator[str]:
    yield f"part:{found.part}"
    if found.part not in HEADLINE:
        return
    yield f"language:{found.language}"
    for label in found.slice_labels:
        yield f"label:{label}"
    if found.source:
        yield f"source:{found.source}"
    if found.protected:
        yield f"protected:{found.protected}"


def told_label(found: Outcome) -> str:
    """Return the label that the answer amounts to, for the confusion table."""
    outside = found.truth == OUT_OF_SCOPE and found.passed_on
    return OUT_OF_SCOPE if outside else found.label


def is_told(found: Outcome) -> bool:
    """Whether somebody was told a label: a text that was passed on tells none but out of scope."""
    return not found.passed_on or OUT_OF_SCOPE in (found.truth, found.label)


def calibration_error(inside: Sequence[Outcome]) -> float:
    """Return how far confidence and share of right answers lie apart, over rows in scope."""
    right = [float(o.right >= RIGHT_FROM) for o in inside]
    return expected_calibration_error([o.confidence for o in inside], right) if inside else 0.0


def calibration_expected(inside: Sequence[Outcome]) -> float:
    """Return what that is of a model which is exactly as sure as it is right, on these rows."""
    return error_of_calibrated([o.confidence for o in inside]) if inside else 0.0
