"""What an answer is worth to the gate, by the measure that the recipe asks for.

Enter a measure and the rows it judges, leaves the scale they are weighed on:

    accuracy             1 for a right answer
    balanced_accuracy    N / (K · n) for a right answer to one of n rows of a label, of K labels
    cost                 less what the answer costs

    scale = Scale.of(settings.judging, [pair.now for pair in pairs])
    scale.gain(pair)          # challenger less champion
    scale.figure(rows)        # as it is told: 0.83 of all labels found, 1.7 a row
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from chainring.contracts.dataset import OUT_OF_SCOPE
from chainring.contracts.evaluation import DECIDING, Outcome
from chainring.contracts.measure import Measure
from chainring.ring.gate.pairs import Pair
from chainring.stats.worth import label_weights, mean_worth


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """A measure, and what a right answer to a row of each label weighs on the rows at hand.

    Of answers that are kept to decide the truth is known only where two models differ: they say
    nothing of how common a label is. One that no other row has weighs as much as if it had one.
    """

    measure: Measure
    weights: Mapping[str, float]
    single: float = 1.0

    @classmethod
    def of(cls, measure: Measure, rows: Sequence[Outcome]) -> Scale:
        """Return the scale of a measure for rows."""
        if measure.name != "balanced_accuracy":
            return cls(measure=measure, weights={})
        truths = [row.truth for row in rows if row.part != DECIDING]
        labels = max(1, len(set(truths)))
        return cls(
            measure=measure,
            weights=label_weights(truths),
            single=max(1, len(truths)) / labels,
        )

    def worth(self, row: Outcome) -> float:
        """Return what an answer is worth; a cost counts below 0."""
        if self.measure.name == "cost":
            return -self.measure.cost(row.truth, row.label, passed_on=row.passed_on)
        return row.right * self._weight(row.truth)

    def gain(self, pair: Pair) -> float:
        """Return the challenger's worth on a row less the champion's."""
        return self.worth(pair.now) - self.worth(pair.before)

    def range(self, truth: str) -> float:
        """Return by how much answers to a text of this label can differ in worth."""
        if not truth:
            return 0.0
        return self.measure.worst(truth) if self.measure.name == "cost" else self._weight(truth)

    def figure(self, rows: Sequence[Outcome]) -> float:
        """Return the measure of rows as it is told: a share, or the mean cost of a row."""
        return abs(mean_worth([self.worth(row) for row in rows]))

    def best_constant(self, rows: Sequence[Outcome]) -> tuple[str, list[Outcome]]:
        """Return the one answer to all rows that is worth most, and the rows so answered.

        Where passing on has its price it is an answer, too, called `OUT_OF_SCOPE`. Of equals the
        commonest label is taken, then the first by name.
        """
        counts = Counter(row.truth for row in rows)
        labels = {*counts, OUT_OF_SCOPE} if self.measure.name == "cost" else {*counts}
        always = {label: _answered(rows, label) for label in labels}

        def rank(label: str) -> tuple[float, int, str]:
            worth = mean_worth([self.worth(row) for row in always[label]])
            return -round(worth, 12), -counts[label], label

        best = min(labels, key=rank)
        return best, always[best]

    def points(self, rows: Sequence[Outcome]) -> float:
        """Return what a hundred points of the measure are.

        Of costs what the cheapest answer that never changes costs on these rows: what there would
        be to pay without a model.
        """
        if self.measure.name != "cost" or not rows:
            return 1.0
        return self.figure(self.best_constant(rows)[1]) or 1.0

    def _weight(self, truth: str) -> float:
        return self.weights.get(truth, self.single) if self.weights else 1.0


def unseen(
    scale: Scale, rows: Sequence[Outcome], units: Iterable[int], *, labels_known: bool = False
) -> float:
    """Return the most that one unit could lose: of the labels seen, and of those the costs name.

    With `labels_known` there can be no rows of other labels than those seen: a slice of one label.
    """
    known = {row.truth for row in rows}
    sums: dict[int, float] = {}
    for row, unit in zip(rows, units, strict=True):
        sums[unit] = sums.get(unit, 0.0) + scale.range(row.truth)
    others = [scale.range(label) for label in scale.measure.named if label not in known]
    return max([*sums.values(), *([] if labels_known else others)], default=0.0)


def heaviest(scale: Scale, rows: Sequence[Outcome], units: Sequence[int]) -> int:
    """Return how many rows the unit has that sets what is `unseen`; 0 where a single row does."""
    most = unseen(scale, rows, units)
    if most <= unseen(scale, rows, range(len(rows))):
        return 0
    owned: defaultdict[int, list[float]] = defaultdict(list)
    for row, unit in zip(rows, units, strict=True):
        owned[unit].append(scale.range(row.truth))
    return len(max(owned.values(), key=sum))


def dearest(scale: Scale, rows: Sequence[Outcome]) -> tuple[str, int]:
    """Return the label whose mistakes can weigh most, and how many rows it has."""
    counts = Counter(row.truth for row in rows if row.truth)
    labels = {*counts, *scale.measure.named}
    label = min(labels, key=lambda one: (-scale.range(one), counts[one], one), default="")
    return label, counts[label]


def figures(scale: Scale, pairs: Sequence[Pair]) -> tuple[float, float]:
    """Return the measure of the champion and of the challenger."""
    before, now = [pair.before for pair in pairs], [pair.now for pair in pairs]
    return scale.figure(before), scale.figure(now)


def lead(found: tuple[float, float], measure: Measure) -> float:
    """Return by how much the challenger is ahead; of costs the lower one is."""
    before, now = found
    return before - now if measure.name == "cost" else now - before


def _answered(rows: Sequence[Outcome], label: str) -> list[Outcome]:
    passed = label == OUT_OF_SCOPE
    return [
        replace(row, label=label, right=float(row.truth == label), passed_on=passed) for row in rows
    ]
