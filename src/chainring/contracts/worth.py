"""Worth: what answers count by a measure, fixed before the answers are there.

Worth()                                                         # accuracy: 1 for a right answer
rare = Worth(measure=Measure(name="balanced_accuracy"), shares={"fraud": 0.02, "ok": 0.98})
rare.of("fraud", "fraud", passed_on=False, right=1.0)           # 25.0, of an ok row 0.51
"""

from __future__ import annotations

from dataclasses import dataclass, field

from chainring.contracts.dataset import OUT_OF_SCOPE
from chainring.contracts.measure import ACCURACY, Measure


@dataclass(frozen=True, slots=True, kw_only=True)
class Worth:
    """A measure, and how common each true label was when it began to count.

    By balanced accuracy a right answer weighs 1 / (labels × share of its label): where shares add
    up to 1, their mean is the mean share found of each label while labels come as often as that. A
    label without a share weighs as the rarest. By accuracy there are no shares.
    """

    measure: Measure = ACCURACY
    shares: dict[str, float] = field(default_factory=dict)

    def of(self, truth: str, label: str, *, passed_on: bool, right: float) -> float:
        """Return what an answer is worth: its grade, weighed by its label, or its cost below 0."""
        if self.measure.name == "cost":
            return -self.measure.cost(truth, label, passed_on=passed_on)
        return right * self.weight(truth)

    def lost(self, truth: str, label: str, *, passed_on: bool, right: float) -> float:
        """Return what an answer lacks of the best one: never below 0, nor above `most`."""
        if self.measure.name == "cost":
            return self.measure.cost(truth, label, passed_on=passed_on)
        return (1.0 - right) * self.weight(truth)

    @property
    def lacks_shares(self) -> bool:
        """Whether nothing can be weighed before it was counted how common labels are."""
        return self.measure.name == "balanced_accuracy" and not self.shares

    def weight(self, truth: str) -> float:
        """Return what a right answer to a text of this label weighs."""
        if self.measure.name != "balanced_accuracy" or not self.shares:
            return 1.0
        share = self.shares.get(truth, min(self.shares.values()))
        return 1.0 / (len(self.shares) * share)

    @property
    def most(self) -> float:
        """The most by which two answers to any text can differ."""
        if self.measure.name == "cost":
            return self.measure.greatest
        return max(map(self.weight, self.shares), default=1.0)

    @property
    def points(self) -> float:
        """What a hundred points are: of costs what the cheapest answer to everything costs."""
        if self.measure.name != "cost":
            return 1.0
        return min(map(self._always, {*self.shares, OUT_OF_SCOPE})) or 1.0

    def _always(self, label: str) -> float:
        """Return what a text costs in the mean where all are answered alike."""
        passed_on = label == OUT_OF_SCOPE
        return sum(
            share * self.measure.cost(truth, label, passed_on=passed_on)
            for truth, share in self.shares.items()
        )
