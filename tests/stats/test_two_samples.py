from __future__ import annotations

import math
from collections import Counter
from typing import Any

import numpy as np
import pytest
from scipy import stats

from chainring.contracts.errors import InputError
from chainring.stats.sparse import sparse_homogeneity
from chainring.stats.two_samples import (
    chi_square_tail,
    exact_shares,
    homogeneity,
    kolmogorov_tail,
    shares_differ,
    smirnov,
)


@pytest.mark.parametrize("freedom", [1, 2, 7, 60, 400])
def test_the_tail_of_chi_square_is_that_of_scipy(freedom: int) -> None:
    for x in (0.01, 0.5, freedom * 0.9, freedom, freedom * 1.5, freedom + 200.0):
        assert chi_square_tail(x, freedom) == pytest.approx(stats.chi2.sf(x, freedom), rel=1e-9)


def test_the_tail_of_kolmogorov_is_that_of_scipy() -> None:
    for x in (0.25, 0.6, 1.0, 1.3581, 2.5):
        assert kolmogorov_tail(x) == pytest.approx(stats.kstwobign.sf(x), rel=1e-9)


def test_shares_of_categories_are_compared_as_scipy_does() -> None:
    first, second = {"en": 60, "zh": 40, "fr": 25}, {"en": 90, "zh": 20, "fr": 30}
    table = [list(first.values()), list(second.values())]
    expected = stats.chi2_contingency(table, correction=False).pvalue
    assert homogeneity(first, second).p == pytest.approx(expected, rel=1e-9)


def test_lengths_are_compared_nearly_as_scipy_does() -> None:
    rng = np.random.default_rng(7)
    a, b = rng.normal(0, 1000, 400).round(), rng.normal(120, 1000, 300).round()
    found = smirnov(Counter(a.astype(int).tolist()), Counter(b.astype(int).tolist()))
    expected = stats.ks_2samp(a, b, method="asymp")
    assert found.effect == pytest.approx(expected.statistic)
    assert found.p == pytest.approx(expected.pvalue, rel=0.15)


def test_two_shares_are_compared_as_by_a_chi_square_of_four_cells() -> None:
    expected = stats.chi2_contingency([[12, 88], [30, 70]], correction=False).pvalue
    assert shares_differ(12, 100, 30, 100) == pytest.approx(expected, rel=1e-9)
    assert shares_differ(0, 10, 0, 20) == 1.0


def test_an_effect_is_the_share_of_rows_that_would_have_to_move() -> None:
    assert homogeneity({"a": 100}, {"b": 300}).effect == 1.0
    assert homogeneity({"a": 10, "b": 30}, {"a": 100, "b": 300}).effect == 0.0
    assert smirnov({5: 10}, {9: 10}).effect == 1.0


def test_rare_categories_are_counted_together() -> None:
    rare = {f"label {i}": 1 for i in range(40)}
    other = {f"label {i}": 1 for i in range(40, 80)}
    assert homogeneity({"a": 200, **rare}, {"a": 200, **other}).p > 0.9


def test_two_categories_that_share_no_row_have_the_exact_p_value() -> None:
    assert homogeneity({"a": 1}, {"b": 2}).p == pytest.approx(1 / 3)
    assert homogeneity({"a": 8}, {"b": 8}).p == pytest.approx(2 / math.comb(16, 8))
    assert homogeneity({"a": 200}, {"b": 5}).p == pytest.approx(1 / math.comb(205, 5), rel=1e-6)
    assert homogeneity({"a": 3}, {"a": 2}).p == pytest.approx(1.0)


def test_a_complete_change_of_many_rare_categories_is_seen() -> None:
    first, second = ({f"{side}{i}": 2 for i in range(50)} for side in "ab")
    assert homogeneity(first, second).p < 1e-20
    rng = np.random.default_rng(3)
    shares = rng.dirichlet(np.full(77, 2.0))
    half = np.where(np.arange(77) < 38, 0.0, shares)
    usual, moved = rng.multinomial(500, shares), rng.multinomial(125, half / half.sum())
    found = homogeneity(dict(enumerate(usual.tolist())), dict(enumerate(moved.tolist())))
    assert found.p < 1e-4


def test_a_bound_for_rare_categories_is_above_the_share_of_tables_that_are_as_far_apart() -> None:
    rng = np.random.default_rng(4)
    for strength in (0.6, 0.9, 1.2):
        shares = rng.dirichlet(np.full(30, 1.0))
        moved = shares * np.exp(rng.normal(0, strength, 30))
        a, b = rng.multinomial(120, shares), rng.multinomial(60, moved / moved.sum())
        totals = (a + b)[a + b > 0]

        def apart(rows_k: Any, totals: Any = totals) -> Any:
            return ((rows_k - totals * 2 / 3) ** 2 / totals).sum(-1)

        drawn = rng.multivariate_hypergeometric(totals, 120, size=20_000)
        exact = (apart(drawn) >= apart(a[a + b > 0]) - 1e-9).mean()
        p = sparse_homogeneity(list(zip(a.tolist(), b.tolist(), strict=True)))
        assert exact <= p <= max(30 * exact, 1e-3)


def test_noise_in_rare_categories_is_no_difference_oftener_than_said() -> None:
    rng = np.random.default_rng(12)
    shares = rng.dirichlet(np.full(60, 2.0))
    p_values = []
    for _ in range(150):
        a, b = rng.multinomial(500, shares), rng.multinomial(100, shares)
        p_values.append(homogeneity(dict(enumerate(a.tolist())), dict(enumerate(b.tolist()))).p)
    assert float(np.mean(np.array(p_values) <= 0.05)) <= 0.05


def test_noise_alone_is_taken_for_a_difference_as_often_as_it_should_be() -> None:
    rng = np.random.default_rng(11)
    shares = rng.dirichlet(np.ones(12))
    p_values = []
    for _ in range(400):
        a, b = rng.multinomial(300, shares), rng.multinomial(500, shares)
        p_values.append(homogeneity(dict(enumerate(a.tolist())), dict(enumerate(b.tolist()))).p)
    assert 0.02 <= float(np.mean(np.array(p_values) <= 0.05)) <= 0.085  # 3 standard errors


def test_an_empty_sample_is_refused_with_every_fault() -> None:
    with pytest.raises(InputError, match=r"(?s)first sample.*second sample"):
        homogeneity({}, {"a": 0})
    with pytest.raises(InputError, match="k: 3 is not <= 2"):
        shares_differ(3, 2, 1, 1)


@pytest.mark.parametrize(("k", "n", "j", "m"), [(1, 10, 8, 10), (0, 1000, 2, 100), (3, 7, 3, 7)])
def test_exact_shares_are_those_of_scipy(k: int, n: int, j: int, m: int) -> None:
    table = [[k, n - k], [j, m - j]]
    assert exact_shares(k, n, j, m) == pytest.approx(stats.fisher_exact(table).pvalue)
    assert exact_shares(j, m, k, n) == pytest.approx(exact_shares(k, n, j, m))
