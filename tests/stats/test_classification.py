"""Scores per label, against scikit-learn."""

from __future__ import annotations

import random

import pytest

from chainring.contracts.errors import InputError
from chainring.stats.classification import confusion, macro_f1, per_label
from chainring.stats.intervals import wilson

NAMES = ["refund", "退款", "stock", "价格", "never right"]


def rows(seed: int) -> tuple[list[str], list[str]]:
    chance = random.Random(seed)
    truth = [chance.choice(NAMES[:4]) for _ in range(120)]
    guesses = [t if chance.random() < 0.7 else chance.choice(NAMES) for t in truth]
    return truth, guesses


@pytest.mark.parametrize("seed", range(4))
def test_scores_per_label_agree_with_scikit_learn(seed: int) -> None:
    metrics = pytest.importorskip("sklearn.metrics")
    truth, guesses = rows(seed)
    labels = sorted({*truth, *guesses})
    expected = metrics.precision_recall_fscore_support(
        truth, guesses, labels=labels, zero_division=0
    )
    found = per_label(truth, guesses)
    assert [score.label for score in found] == labels
    for name, column in zip(("precision", "recall", "f1", "n"), expected, strict=True):
        assert [getattr(score, name) for score in found] == pytest.approx(list(column))
    assert macro_f1(truth, guesses) == pytest.approx(
        metrics.f1_score(truth, guesses, average="macro", zero_division=0)
    )


def test_the_interval_of_a_label_is_that_of_its_recall() -> None:
    found = {score.label: score for score in per_label(["a"] * 10, ["a"] * 7 + ["b"] * 3)}
    assert found["a"].interval == wilson(7, 10)
    assert (found["b"].interval, found["b"].precision, found["b"].n) == (None, 0.0, 0)


@pytest.mark.parametrize("seed", range(3))
def test_confusion_holds_every_row_once_and_agrees_with_scikit_learn(seed: int) -> None:
    metrics = pytest.importorskip("sklearn.metrics")
    truth, guesses = rows(seed)
    table = metrics.confusion_matrix(truth, guesses, labels=NAMES)
    found = confusion(truth, guesses, NAMES)
    assert sum(n for _, _, n in found) == len(truth)
    assert found == [
        (true, guess, int(table[i][j]))
        for i, true in enumerate(NAMES)
        for j, guess in enumerate(NAMES)
        if table[i][j]
    ]


def test_confusion_sorts_by_label_when_no_order_is_given() -> None:
    assert confusion(["b", "a"], ["a", "a"]) == [("a", "a", 1), ("b", "a", 1)]


def test_a_label_that_the_list_lacks_is_named_with_the_nearest() -> None:
    with pytest.raises(InputError, match="'refnd' is not in labels; did you mean 'refund'"):
        confusion(["refnd"], ["refund"], ["refund", "stock"])


def test_columns_of_unequal_length_and_no_rows_are_refused() -> None:
    with pytest.raises(InputError, match="1 truth, 2 predicted"):
        per_label(["a"], ["a", "b"])
    with pytest.raises(InputError, match="rows: 0"):
        macro_f1([], [])
    assert per_label([], []) == []
