from __future__ import annotations

import numpy as np
import pytest
from scipy import stats as reference

from chainring.stats.intervals import wilson
from chainring.stats.resampling import pearson, ratio, resampled, root_mean_square, spearman


def test_a_ratio_of_sums_is_the_micro_f1_and_its_interval_narrows_with_rows() -> None:
    rng = np.random.default_rng(0)
    true, told = rng.random((400, 5)) < 0.3, rng.random((400, 5)) < 0.3
    told[:200] = true[:200]
    from sklearn.metrics import f1_score

    tops, bottoms = 2.0 * (true & told).sum(1), (true.sum(1) + told.sum(1)).astype(float)
    few, all_ = ratio(tops[150:250], bottoms[150:250]), ratio(tops, bottoms)
    assert all_.estimate == pytest.approx(f1_score(true, told, average="micro"))
    assert all_.low < all_.estimate < all_.high
    assert all_.high - all_.low < few.high - few.low


def test_a_ratio_of_few_rows_that_are_all_right_has_the_interval_of_their_share() -> None:
    empty = [0.0] * 20  # rows of nothing say nothing
    assert ratio([2.0] * 5 + empty, [2.0] * 5 + empty).low == wilson(5, 5).low
    assert ratio([0.0] * 5, [2.0] * 5).high == pytest.approx(wilson(0, 5).high)


def test_a_ratio_of_nothing_is_nothing() -> None:
    assert ratio([0.0, 0.0], [0.0, 0.0]).estimate == 0.0


def test_correlations_are_those_of_scipy_also_with_ties() -> None:
    rng = np.random.default_rng(1)
    a = rng.integers(0, 5, 60).astype(float)
    b = a + rng.normal(0, 1, 60).round()
    assert pearson(a, b) == pytest.approx(reference.pearsonr(a, b).statistic)
    assert spearman(a, b) == pytest.approx(reference.spearmanr(a, b).statistic)
    assert pearson(a, np.ones(60)) == 0.0


def test_the_bootstrap_of_a_mean_agrees_with_the_normal_interval() -> None:
    values = np.random.default_rng(2).normal(3, 2, 500)
    found = resampled(lambda column: float(np.mean(column)), values)
    reach = 1.96 * values.std() / 500**0.5
    assert found.low == pytest.approx(values.mean() - reach, abs=0.05)
    assert found.high == pytest.approx(values.mean() + reach, abs=0.05)
    assert root_mean_square([3, 4]) == pytest.approx(12.5**0.5)
