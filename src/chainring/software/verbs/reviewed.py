"""Reviewed answers of one champion, for who looks again and again: read anew when one was added.

reviews = Reviews(project, model)
reviews.promised()      # {'all': 0.93, 'zh': 0.9, …}
reviews.costs()         # {'all': 1.9, …} where costs judge, else None
reviews.judged()        # what each reviewed answer of the hold-out was worth
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chainring.contracts.evaluation import Evaluation
from chainring.contracts.guard import FORGOTTEN
from chainring.contracts.measure import Measure
from chainring.contracts.prediction import Prediction
from chainring.deployment.drift.seen import Judged
from chainring.ring.asked import said_by_people
from chainring.ring.gate.pairs import POOLED
from chainring.ring.grading import RIGHT_FROM, grading
from chainring.ring.promise import accuracies_of, costs_of, promoted, rows_of
from chainring.store.answers import by_id
from chainring.store.newest import executions, versions

if TYPE_CHECKING:
    from chainring.software.api import Project


class Reviews:
    """What reviews say of a model; of these numbers are kept, and names of labels, no text."""

    def __init__(self, project: Project, model: str) -> None:
        self._project, self._model = project, model
        self._first: Evaluation | None = None
        self._costs: dict[str, float] | None = None
        self._runs = 0
        self._known = -1
        self._judged: list[Judged] = []

    def promised(self) -> dict[str, float]:
        """Return the accuracies that the model was promoted on, by slice; they never change."""
        found = self._promoted()
        return {} if found is None else accuracies_of(found)

    def costs(self) -> dict[str, float] | None:
        """Return what answers may cost in the mean, by slice, where the recipe judges by cost."""
        ring, found = self._project.ring, self._promoted()
        measure, points = ring.recipe.gate.judging, ring.recipe.drift.accuracy_drop_points
        if measure.name != "cost":
            return None
        if self._costs is not None:
            return self._costs
        if found is None or not ring.runner.trees.has(found.address):
            return {}  # a tree that is away now may be back at the next look
        promised, whole = costs_of(rows_of(ring, found, *POOLED), measure)
        self._costs = {name: most + points / 100 * whole for name, most in promised.items()}
        return self._costs

    def _promoted(self) -> Evaluation | None:
        """Return the first evaluation of the model, sought anew where one was made since."""
        ring = self._project.ring
        if self._first is None and (runs := executions(ring.ledger, "evaluation")) != self._runs:
            self._first, self._runs = promoted(ring, self._model), runs
        return self._first

    def judged(self) -> list[Judged]:
        """Return every reviewed answer of the hold-out that the model gave."""
        known = versions(self._project.ring.ledger, "label", FORGOTTEN)
        if known != self._known:
            self._judged, self._known = self._read(), known
        return self._judged

    def _read(self) -> list[Judged]:
        ring = self._project.ring
        labels = said_by_people(ring)
        truth = {
            one.record: one for one in labels if one.author_kind == "person" and not one.decides
        }
        rows = by_id(ring.traffic, (name for name, one in truth.items() if one.state == "accepted"))
        mine = [r for r in rows.values() if r.holdout and r.model == self._model]
        if not mine:
            return []
        form, grade = ring.recipe.data.facts.form, grading(ring, self._model)
        measure = ring.recipe.gate.judging
        if form != "one":  # what was written lies apart
            mine = [row for row, _ in ring.traffic.answers(row.id for row in mine)]
        return [
            _graded(row, truth[row.id].value, grade(row, truth[row.id].value),
                    form=form, measure=measure, at=truth[row.id].at or 0.0)
            for row in mine
        ]  # fmt: skip


def _graded(
    row: Prediction, truth: str, worth: float, *, form: str, measure: Measure, at: float
) -> Judged:
    """Return what a reviewed answer says; what writes is sure in no share of right answers."""
    return Judged(
        grade=worth,
        confidence=row.confidence,
        right=None if form == "text" else worth >= RIGHT_FROM,
        language=row.language,
        label=truth if form in ("one", "several") else "",
        cost=measure.cost(truth, row.label, passed_on=row.passed_on) if form == "one" else 0.0,
        at=at,
    )
