"""What one answer is worth, from 0 to 1: the outcome that the gate compares, row by row.

Enter the true value and the one that was said, in the form of the task, leaves the grade.

    grade("number", "3.5", "4", spread=1.2)         # 1 - 0.5 / 2.4
    grade("labels", "delivery|refund", "refund")    # F1 of the labels of one row

==========  ============================================================================
grade       is
==========  ============================================================================
equal       1 where both are the same, else 0
labels      F1 of the labels of the row; 1 where both name none
number      1 less the error over twice the spread of the training targets, at least 0
tags        F1 of the tags of the row, place and kind; 1 where both have none
words       F1 of the words, of Chinese the characters (`chainring.stats.words`)
characters  F of character n-grams of 1 to 6, beta 2 (chrF, M. Popović 2015), of one row
==========  ============================================================================

With the grade of a number, always answering the median is worth about a half, and half right is
what lies nearer than a typical row does to the median.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Hashable, Sequence

from chainring.contracts.dataset import Task
from chainring.contracts.tasks import TASKS, Grade
from chainring.contracts.values import labels_in, tags_of
from chainring.stats.words import words

MAX_ORDER = 6
BETA = 2.0


def grade(kind: Grade, truth: str, said: str, *, spread: float = 1.0) -> float:
    """Return what `said` is worth where `truth` is true; nothing said is worth nothing."""
    if not said:
        return float(truth == said)
    return _GRADES[kind](truth, said, spread)


def grade_of(task: Task, truth: str, said: str, *, spread: float = 1.0) -> float:
    """Return what an answer is worth in a task."""
    return grade(TASKS[task].grade, truth, said, spread=spread)


def f1(truth: Collection[Hashable], said: Collection[Hashable]) -> float:
    """Return the F1 of two collections, repeats counted; 1 for two empty ones.

    >>> f1(["a", "b"], ["b", "c", "d"])
    0.4
    """
    if not truth and not said:
        return 1.0
    common = sum((Counter(truth) & Counter(said)).values())
    return 2.0 * common / (len(truth) + len(said))


def chrf(truth: str, said: str) -> float:
    """Return the character F of one row, spaces left out.

    Each order counts alike; one that neither text has is left out, as in sacreBLEU.
    """
    return _f_of_ngrams(_ngrams(truth), _ngrams(said))


def worth_most(kind: Grade, truths: Sequence[str], offered: Sequence[str]) -> str:
    """Return which of `offered` is worth most as the one answer to all `truths`; texts only."""
    if kind != "characters":
        return max(offered, key=lambda said: sum(grade(kind, true, said) for true in truths))
    told = [_ngrams(text) for text in offered]
    true = [_ngrams(text) for text in truths]
    worth = [sum(_f_of_ngrams(one, said) for one in true) for said in told]
    return offered[worth.index(max(worth))]


def labels_worth_most(truths: Sequence[Collection[str]]) -> list[str]:
    """Return the labels that are worth most as the one answer to all rows, by mean F1 of rows.

    Of sets of k labels that one is worth most whose labels add up most of 2 / (k + labels of the
    row), over the rows that have them: each label adds for itself. So the best of each size is
    found by sorting, and of those the best of all; the smaller one of equals, which may be none.
    (K. Dembczynski, W. Waegeman, W. Cheng and E. Hüllermeier 2011, "An exact algorithm for
    F-measure maximization", with the rows as the distribution.)

    Axes: L labels, S how many labels a row has.

    >>> labels_worth_most([{"a"}, {"b"}, {"a", "c"}])
    ['a', 'b']
    """
    import numpy as np

    names = sorted({label for row in truths for label in row})
    place = {label: i for i, label in enumerate(names)}
    sizes = sorted({len(row) for row in truths})
    counts_ls = np.zeros((len(names), len(sizes)))
    for row in truths:
        counts_ls[[place[label] for label in row], sizes.index(len(row))] += 1
    best, worth = list[str](), float(sum(not row for row in truths))
    for k in range(1, len(names) + 1):
        adds_l = counts_ls @ (2.0 / (k + np.array(sizes)))
        order = (-adds_l).argsort(kind="stable")[:k]
        found = float(adds_l[order].sum())
        if found > worth + 1e-9:
            best, worth = sorted(names[i] for i in order), found
    return best


def _ngrams(text: str) -> list[Counter[str]]:
    """Return how often a text has each n-gram, by order."""
    dense = "".join(text.split())
    return [
        Counter(dense[i : i + order] for i in range(len(dense) - order + 1))
        for order in range(1, MAX_ORDER + 1)
    ]


def _f_of_ngrams(truth: Sequence[Counter[str]], said: Sequence[Counter[str]]) -> float:
    precisions, recalls = [], []
    for true, told in zip(truth, said, strict=True):
        if not true or not told:
            continue
        common = sum(min(count, told[one]) for one, count in true.items() if one in told)
        precisions.append(common / told.total())
        recalls.append(common / true.total())
    if not precisions:
        return float(truth == said)
    precision, recall = sum(precisions) / len(precisions), sum(recalls) / len(recalls)
    weighed = BETA**2 * precision + recall
    return (1 + BETA**2) * precision * recall / weighed if weighed else 0.0


def _equal(truth: str, said: str, _: float) -> float:
    return float(truth == said)


def _labels(truth: str, said: str, _: float) -> float:
    return f1(labels_in("several", truth), labels_in("several", said))


def _number(truth: str, said: str, spread: float) -> float:
    error = abs(float(truth) - float(said))
    return max(0.0, 1.0 - error / (2.0 * spread)) if spread > 0 else float(error == 0.0)


def _tags(truth: str, said: str, _: float) -> float:
    return f1(tags_of(truth), tags_of(said))


def _words(truth: str, said: str, _: float) -> float:
    return f1(words(truth), words(said))


def _characters(truth: str, said: str, _: float) -> float:
    return chrf(truth, said)


_GRADES: dict[Grade, Callable[[str, str, float], float]] = {
    "equal": _equal,
    "labels": _labels,
    "number": _number,
    "tags": _tags,
    "words": _words,
    "characters": _characters,
}
