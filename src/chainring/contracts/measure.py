"""Measure: by what models are judged, handed alike to training and to the gate.

Measure()                                                      # accuracy: each mistake counts 1
costs = Measure(name="cost", pass_on=2.0, missed=(("fraud", "", 50.0),))
costs.cost("fraud", "ok", passed_on=False)                     # 50.0
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from chainring.contracts.dataset import OUT_OF_SCOPE

MeasureName = Literal["accuracy", "balanced_accuracy", "cost"]

MISTAKE = 1.0
"""What a mistake costs that nobody named."""

PASS_ON = 0.5
"""What passing on costs where nothing is said: half a mistake, so that an answer which is likelier
wrong than right is worth a person (C. K. Chow 1970, "On optimum recognition error and reject
tradeoff": pass on where the expected cost of the best answer is above that of passing on)."""

ANY = ""
"""Stands for every other label that may be answered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """What judges: its name and, of costs, what passing on and what each mistake costs.

    `missed` has the true label, the answered one (or `ANY`) and the cost. What is not named costs
    1, a right answer nothing; a text out of scope is rightly passed on.
    """

    name: MeasureName = "accuracy"
    pass_on: float = PASS_ON
    missed: tuple[tuple[str, str, float], ...] = ()

    def cost(self, truth: str, label: str, *, passed_on: bool) -> float:
        """Return what one answer costs; nothing where nobody could say the truth."""
        if not truth or truth == (OUT_OF_SCOPE if passed_on else label):
            return 0.0
        if passed_on or label == OUT_OF_SCOPE:
            return self.pass_on
        own = _by_truth(self).get(truth, {})
        return own.get(label, own.get(ANY, MISTAKE))

    def table(self, labels: Sequence[str], *, passes_on: bool) -> tuple[tuple[float, ...], ...]:
        """Return for each true label what each answer costs, and last what passing on costs."""
        return tuple(
            (
                *(self.cost(truth, label, passed_on=False) for label in labels),
                *((self.cost(truth, "", passed_on=True),) if passes_on else ()),
            )
            for truth in labels
        )

    def worst(self, truth: str) -> float:
        """Return the most that an answer to a text of this label can cost."""
        own = {ANY: MISTAKE, **_by_truth(self).get(truth, {})}
        passed = 0.0 if truth == OUT_OF_SCOPE else self.pass_on
        return max(passed, *own.values())

    @property
    def greatest(self) -> float:
        """The most that any answer can cost, whatever the text is."""
        return max(map(self.worst, (ANY, OUT_OF_SCOPE, *self.named)))

    @property
    def named(self) -> tuple[str, ...]:
        """The labels that the costs name, sorted."""
        pairs = {label for truth, answer, _ in self.missed for label in (truth, answer)}
        return tuple(sorted(pairs - {ANY}))


ACCURACY = Measure()


@lru_cache(maxsize=64)
def _by_truth(measure: Measure) -> Mapping[str, Mapping[str, float]]:
    found: dict[str, dict[str, float]] = {}
    for truth, answer, cost in measure.missed:
        found.setdefault(truth, {})[answer] = cost
    return found
