"""What rows and answers weigh where labels do not weigh alike.

Enter the true labels of rows, leaves what each label's rows weigh, so that the mean of right
answers times weight is the mean recall of the labels.

    label_weights(["ok", "ok", "ok", "fraud"])      {'fraud': 2.0, 'ok': 0.6666666666666666}
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence

from chainring.contracts.measure import Measure


def label_weights(truths: Iterable[str]) -> dict[str, float]:
    """Return N / (K · n) of each label: N rows of K labels, n of this one.

    >>> sum(w * n for w, n in zip(label_weights("aab").values(), (2, 1)))
    3.0
    """
    counts = Counter(truths)
    rows, labels = sum(counts.values()), len(counts)
    return {label: rows / (labels * count) for label, count in sorted(counts.items())}


def label_shares(truths: Iterable[str]) -> dict[str, float]:
    """Return how common each label is.

    >>> label_shares("aaab")
    {'a': 0.75, 'b': 0.25}
    """
    counts = Counter(truths)
    return {label: count / counts.total() for label, count in sorted(counts.items())}


def reckoned_shares(truths: Iterable[str], labels: Iterable[str]) -> dict[str, float]:
    """Return how common each label may be, of `labels`, too: half a row more of each is reckoned.

    A rare label that few rows do not hold has a share all the same.

    >>> reckoned_shares("aaa", "ab")
    {'a': 0.875, 'b': 0.125}
    """
    counts = Counter(truths)
    names = sorted({*counts, *labels})
    rows = counts.total() + len(names) / 2
    return {name: (counts[name] + 0.5) / rows for name in names}


def worths(
    measure: Measure,
    truth: Sequence[str],
    given: Sequence[str],
    passed_on: Sequence[bool],
    right: Sequence[float],
) -> tuple[float, ...]:
    """Return what each answer is worth: its grade, weighed by its label, or its cost below 0."""
    if measure.name == "cost":
        answers = zip(truth, given, passed_on, strict=True)
        return tuple(-measure.cost(t, g, passed_on=bool(p)) for t, g, p in answers)
    if measure.name == "accuracy":
        return tuple(right)
    weights = label_weights(truth)
    return tuple(r * weights[t] for t, r in zip(truth, right, strict=True))


def mean_worth(values: Sequence[float]) -> float:
    """Return the mean of what answers are worth: a share, or a cost a row below 0."""
    return math.fsum(values) / len(values) if values else 0.0
