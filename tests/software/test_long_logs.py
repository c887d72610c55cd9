"""What verbs read of a store that has grown for years: statements and decoded rows are counted."""

from __future__ import annotations

import time
from dataclasses import replace

from tests.software.conftest import texts_of
from tests.statements import statements

from chainring.contracts.ids import new_id
from chainring.contracts.prediction import Prediction
from chainring.software.api import Project

DAY_S = 86_400.0


def served(project: Project, count: int, *, months: int = 1) -> list[Prediction]:
    """Write answers as if they were served over some months, each to a question of its own."""
    (text,) = (row["text"] for row in texts_of(project.folder, 1))
    (pattern,) = project.predict([text])
    moments = [time.time() - number * 30 * DAY_S * months / count for number in range(count)]
    rows = [
        replace(
            pattern,
            id=new_id("pred", now=at),
            at=at,
            group=f"group {number}",
            confidence=0.1,
            holdout=number % 2 == 0,
        )
        for number, at in enumerate(moments)
    ]
    project.ring.traffic.commit([(row, f"{text} {row.id}") for row in rows], [])
    return rows


def test_a_queue_of_answers_without_text_is_looked_through_in_few_statements(
    project: Project,
) -> None:
    rows = served(project, 300)
    project.ring.traffic.erase([row.id for row in rows[:280]])
    with statements() as sent:
        items = project.review_items(limit=100)
    kept = {row.id for row in rows[280:]}
    shown = {item.id for item in items} & {row.id for row in rows}
    assert {row.id for row in rows[280:] if not row.holdout} <= shown <= kept
    assert len(sent) < 60
