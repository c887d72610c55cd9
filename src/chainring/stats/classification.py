"""Which labels are found, and which are taken for which.

Enters: the true and the predicted label of every row. Leaves: counts and scores per label.

    per_label(["退款", "refund"], ["退款", "other"])
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from chainring.contracts.errors import did_you_mean
from chainring.stats.inputs import at_least, require, same_length
from chainring.stats.intervals import Interval, wilson


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelScore:
    """How well one label is found.

    `n` counts the rows that truly carry it; `interval` is the Wilson interval of the recall, None
    when there is no such row. A share of nothing (a label never predicted, or never true) is 0.
    """

    label: str
    precision: float
    recall: float
    f1: float
    n: int
    interval: Interval | None


def confusion(
    truth: Sequence[str], predicted: Sequence[str], labels: Sequence[str] | None = None
) -> list[tuple[str, str, int]]:
    """Return every (truth, predicted, count) that occurs, the right ones included.

    Parameters
    ----------
    truth, predicted
        One label per row.
    labels
        The labels in the order wanted; None sorts those that occur.

    Raises
    ------
    InputError
        The columns differ in length, or a label occurs that `labels` lacks.

    >>> confusion(["a", "a", "b"], ["a", "b", "b"])
    [('a', 'a', 1), ('a', 'b', 1), ('b', 'b', 1)]
    """
    known = sorted({*truth, *predicted}) if labels is None else list(labels)
    unknown = sorted({*truth, *predicted}.difference(known))
    require(
        "no confusion table",
        same_length(truth=truth, predicted=predicted),
        *(f"label {name!r} is not in labels{did_you_mean(name, known)}" for name in unknown),
    )
    place = {label: i for i, label in enumerate(known)}
    counts = Counter(zip(truth, predicted, strict=True))
    cells = sorted(counts, key=lambda cell: (place[cell[0]], place[cell[1]]))
    return [(true, guess, counts[true, guess]) for true, guess in cells]


def per_label(truth: Sequence[str], predicted: Sequence[str]) -> list[LabelScore]:
    """Return a score for every label that is true or predicted somewhere, sorted by label."""
    require("no scores", same_length(truth=truth, predicted=predicted))
    true, guessed = Counter(truth), Counter(predicted)
    right = Counter(t for t, p in zip(truth, predicted, strict=True) if t == p)
    return [
        _score(label, right=right[label], true=true[label], guessed=guessed[label])
        for label in sorted(true | guessed)
    ]


def macro_f1(truth: Sequence[str], predicted: Sequence[str]) -> float:
    """Return the mean F1 over all labels that are true or predicted; rare ones count alike.

    >>> macro_f1(["a", "a", "b", "b"], ["a", "a", "b", "b"])
    1.0
    """
    require("no macro F1", at_least("rows", len(truth), 1))
    scores = per_label(truth, predicted)
    return sum(score.f1 for score in scores) / len(scores)


def _score(label: str, *, right: int, true: int, guessed: int) -> LabelScore:
    return LabelScore(
        label=label,
        precision=right / guessed if guessed else 0.0,
        recall=right / true if true else 0.0,
        f1=2 * right / (true + guessed),
        n=true,
        interval=wilson(right, true) if true else None,
    )
