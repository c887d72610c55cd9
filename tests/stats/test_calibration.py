"""Calibration, against hand-made bins, closed forms and scikit-learn."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from chainring.contracts.errors import InputError
from chainring.stats.calibration import (
    COLDEST,
    HOTTEST,
    expected_calibration_error,
    reliability,
    temperature,
)

answers = st.lists(st.tuples(st.floats(0.0, 1.0), st.booleans()), min_size=1, max_size=60)


def test_bins_by_hand() -> None:
    found = reliability([0.05, 0.95, 0.85, 1.0], [False, True, False, True], bins=5)
    assert [(b.low, b.high, b.count) for b in found] == [(0.0, 0.2, 1), (0.8, 1.0, 3)]
    assert [b.confidence for b in found] == pytest.approx([0.05, 2.8 / 3])
    assert [b.accuracy for b in found] == pytest.approx([0.0, 2 / 3])


def test_a_confidence_on_an_edge_belongs_to_the_lower_bin_and_zero_to_the_first() -> None:
    found = reliability([0.0, 0.5, 1.0], [True, True, True], bins=2)
    assert [(b.low, b.count) for b in found] == [(0.0, 2), (0.5, 1)]


@given(answers, st.integers(1, 20))
def test_bins_hold_every_answer_once_and_their_own_confidence(
    rows: list[tuple[float, bool]], bins: int
) -> None:
    found = reliability([c for c, _ in rows], [r for _, r in rows], bins=bins)
    assert sum(b.count for b in found) == len(rows)
    assert all(b.low - 1e-12 <= b.confidence <= b.high + 1e-12 for b in found)
    assert sum(b.count * b.accuracy for b in found) == pytest.approx(sum(r for _, r in rows))


def test_calibration_error_by_hand() -> None:
    confidence, right = [0.9, 0.9, 0.6, 0.6], [True, False, True, True]
    assert expected_calibration_error(confidence, right) == pytest.approx((0.4 + 0.4) / 2)


@given(answers)
def test_one_bin_leaves_the_gap_between_the_means(rows: list[tuple[float, bool]]) -> None:
    confidence, right = [c for c, _ in rows], [float(r) for _, r in rows]
    gap = abs(sum(confidence) - sum(right)) / len(rows)
    assert expected_calibration_error(confidence, right, bins=1) == pytest.approx(gap, abs=1e-12)


def test_answers_right_as_often_as_they_say_have_almost_no_error() -> None:
    generator = np.random.default_rng(0)
    confidence = generator.uniform(0.3, 1.0, 40_000)
    right = generator.random(40_000) < confidence
    assert expected_calibration_error(confidence, right) < 0.015
    assert expected_calibration_error(np.minimum(1.0, confidence + 0.1), right) > 0.08


def test_temperature_of_two_classes_has_its_closed_form() -> None:
    """Three of four right at a margin of m: the likeliest slope is log 3, so T = m / log 3."""
    margin = 5.0
    logits = [[margin, 0.0]] * 4
    assert temperature(logits, [0, 0, 0, 1]) == pytest.approx(margin / math.log(3), rel=1e-6)


def test_temperature_undoes_the_scaling_of_logits() -> None:
    generator = np.random.default_rng(2)
    logits = generator.normal(0, 2, (6_000, 5))
    chances = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    labels = [int(generator.choice(5, p=row)) for row in chances]
    assert temperature(logits, labels) == pytest.approx(1.0, abs=0.05)
    assert temperature(3.0 * logits, labels) == pytest.approx(
        3.0 * temperature(logits, labels), rel=1e-6
    )


def test_no_other_temperature_on_a_grid_is_likelier() -> None:
    generator = np.random.default_rng(3)
    logits = generator.normal(0, 4, (300, 3))
    labels = np.where(generator.random(300) < 0.7, logits.argmax(axis=1), 0)

    def loss(t: float) -> float:
        scaled = logits / t - (logits / t).max(axis=1, keepdims=True)
        chosen = scaled[np.arange(300), labels]
        return float((np.log(np.exp(scaled).sum(axis=1)) - chosen).mean())

    best = temperature(logits, labels.tolist())
    assert all(loss(best) <= loss(t) + 1e-12 for t in np.geomspace(0.06, 19.0, 60).tolist())


def test_perfect_and_hopeless_logits_stop_at_the_ends() -> None:
    assert temperature([[9.0, 0.0], [0.0, 9.0]], [0, 1]) == pytest.approx(COLDEST, rel=1e-6)
    assert temperature([[9.0, 0.0], [0.0, 9.0]], [1, 0]) == pytest.approx(HOTTEST, rel=1e-6)


@pytest.mark.parametrize("rows", [1, 10, 500])
def test_with_doubt_rows_without_an_error_are_as_sure_as_half_a_wrong_row_more_allows(
    rows: int,
) -> None:
    logits = [[9.0, 0.0, -500.0], [0.0, 9.0, -500.0]] * rows
    found = temperature(logits, [0, 1] * rows, doubt=True)
    assert found == pytest.approx(9.0 / math.log(4 * rows + 1), rel=1e-6)
    sure = 1 / (1 + math.exp(-9.0 / found))
    assert sure == pytest.approx((2 * rows + 0.5) / (2 * rows + 1))


def test_with_doubt_the_temperature_scales_with_the_logits_and_many_rows_know_no_doubt() -> None:
    generator = np.random.default_rng(4)
    logits = generator.normal(0, 2, (6_000, 5))
    chances = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    labels = [int(generator.choice(5, p=row)) for row in chances]
    found = temperature(logits, labels, doubt=True)
    assert found == pytest.approx(temperature(logits, labels), rel=1e-3)
    assert temperature(3.0 * logits, labels, doubt=True) == pytest.approx(3.0 * found, rel=1e-6)
    assert temperature([[2.0]] * 3, [0] * 3, doubt=True) > 0, "one class alone is sure"


def test_with_doubt_a_model_that_is_rightly_sure_stays_so_on_few_rows() -> None:
    """98 of 100 right: without, most sets of thirty make it sure of all, and of what is wrong."""
    generator = np.random.default_rng(5)

    def drawn(rows: int) -> tuple[NDArray[np.float64], list[int]]:
        margin = generator.choice([-1.0, 1.0], rows) * generator.normal(6, 1.5, rows)
        labels = generator.random(rows) < 1 / (1 + np.exp(-margin))
        return np.stack([np.zeros(rows), margin], axis=1), labels.astype(int).tolist()

    tests, truth = drawn(20_000)

    def loss(t: float) -> float:
        away = np.where(np.array(truth) == 1, -1.0, 1.0) * tests[:, 1] / t
        return float(np.logaddexp(0.0, away).mean())

    few = [drawn(30) for _ in range(40)]
    plain = [loss(temperature(*rows)) for rows in few]
    doubted = [loss(temperature(*rows, doubt=True)) for rows in few]
    assert max(doubted) < 3 * loss(1.0)
    assert float(np.mean(doubted)) < 1.5 * loss(1.0) < float(np.mean(plain))


def test_every_fault_of_the_answers_is_named_at_once() -> None:
    with pytest.raises(InputError) as caught:
        reliability([1.2, -0.1, 0.5], [0.0, 0.5])
    assert len(caught.value.faults) == 4


@pytest.mark.parametrize(
    ("logits", "labels", "said"),
    [
        ([0.1, 0.2], [0], r"logits \(N, C\)"),
        ([[0.1, 0.2]], [0, 1], "1 logits, 2 labels"),
        ([[0.1, 0.2]], [2], "largest label: 2 is not <= 1"),
        ([[0.1, math.inf]], [0], "finite numbers expected"),
        ([[0.1, 0.2]], [0.5], "whole numbers expected"),
    ],
)
def test_logits_and_labels_that_do_not_fit_are_refused(
    logits: list[float], labels: list[int], said: str
) -> None:
    with pytest.raises(InputError, match=said):
        temperature(logits, labels)
