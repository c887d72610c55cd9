"""What a served answer is worth, in the way of the project's task.

grade = grading(ring, model)
grade(prediction, "refund")          # 1.0 or 0.0; graded tasks: any share
"""

from __future__ import annotations

from collections.abc import Callable

from chainring.contracts.prediction import Prediction
from chainring.feedback.holdout import is_right
from chainring.ring.built import Ring, built_of
from chainring.stats.grades import grade_of

RIGHT_FROM = 0.5


def grading(ring: Ring, model: str) -> Callable[[Prediction, str], float]:
    """Return what grades the answers of a model against a truth; the spread is its data set's."""
    task = ring.recipe.data.task
    if ring.recipe.data.facts.form == "one":
        return lambda prediction, truth: float(is_right(prediction, truth))
    spread = built_of(ring, model).dataset.noun.spread
    return lambda prediction, truth: grade_of(task, truth, prediction.value, spread=spread)
