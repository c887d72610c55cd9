"""What a served answer is worth, in the way of the project's task.

grade = grading(ring, model)
grade(prediction, "refund")          # 1.0 or 0.0; graded tasks: any share
"""

from __future__ import annotations

import operator
from collections.abc import Callable

from chainring.contracts.prediction import Prediction
from chainring.feedback.holdout import is_right
from chainring.ring.built import Ring, built_of
from chainring.stats.grades import grade_of

RIGHT_FROM = 0.5


def agreeing(ring: Ring, model: str) -> Callable[[str, str], bool]:
    """Return what tells whether a value is as good as right where another one is the truth."""
    task, facts = ring.recipe.data.task, ring.recipe.data.facts
    if facts.form == "one":
        return operator.eq
    spread = built_of(ring, model).dataset.noun.spread
    return lambda value, truth: grade_of(task, truth, value, spread=spread) >= RIGHT_FROM


def grading(ring: Ring, model: str) -> Callable[[Prediction, str], float]:
    """Return what grades the answers of a model against a truth; the spread is its data set's."""
    task = ring.recipe.data.task
    if ring.recipe.data.facts.form == "one":
        return lambda prediction, truth: float(is_right(prediction, truth))
    spread = built_of(ring, model).dataset.noun.spread
    return lambda prediction, truth: grade_of(task, truth, prediction.value, spread=spread)
