"""The validation rows that the served form told worst, with the rows to learn from they are like.

Enter rows and answers of any task, leaves fields of a `Study`.

    mistakes("tagging", train, validation, answers)["mistakes"][0].grade      # 0.0

Where an answer is right or wrong, the surest wrong one comes first; where it is graded, that of the
lowest grade. Answers and truths that are texts are not kept: a study has no texts.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from chainring.contracts.dataset import OUT_OF_SCOPE, Row, Task
from chainring.contracts.prediction import Answer
from chainring.contracts.study import Mistake
from chainring.contracts.tasks import TASKS
from chainring.stats.grades import grade_of
from chainring.training.study.near import field_told, nearest

MAX_MISTAKES = 12


def mistakes(
    task: Task,
    train: Sequence[Row],
    validation: Sequence[Row],
    answers: Sequence[Answer],
    *,
    spread: float = 1.0,
) -> dict[str, Any]:
    """Return the worst mistakes and how many there are; those passed on are counted beside."""
    facts = TASKS[task]
    graded = [
        (row, answer, grade_of(task, getattr(row, facts.says), answer.value, spread=spread))
        for row, answer in zip(validation, answers, strict=True)
    ]
    told = [one for one in graded if one[2] < 1.0]
    wrong = [one for one in told if not one[1].passed_on]
    wrong.sort(key=lambda one: (one[2], -one[1].confidence, one[0].id))
    worst = wrong[:MAX_MISTAKES]
    says = field_told(facts)
    near = nearest(train, [row for row, _, _ in worst], facts=facts)
    found = tuple(
        Mistake(
            row=row.id,
            label=getattr(row, says) if says else "",
            answer=answer.value if says else "",
            confidence=round(answer.confidence, 4),
            near=rows,
            grade=round(worth, 4),
        )
        for (row, answer, worth), rows in zip(worst, near, strict=True)
    )
    return {
        "mistakes": found,
        "mistaken": len(wrong),
        "passed_on": sum(a.passed_on and row.label != OUT_OF_SCOPE for row, a, _ in told),
        "judged": len(validation),
        "graded": facts.grade != "equal",
    }
