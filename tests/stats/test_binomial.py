"""The binomial distribution, against exact fractions and scipy."""

from __future__ import annotations

import math
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chainring.stats.binomial import beta_quantile, incomplete_beta, mass, tail


def exact_tail(k: int, n: int, p: Fraction) -> float:
    chances = (math.comb(n, i) * p**i * (1 - p) ** (n - i) for i in range(max(k, 0), n + 1))
    return float(sum(chances, Fraction(0)))


@pytest.mark.parametrize("n", [1, 2, 7, 40, 300])
@pytest.mark.parametrize("p", [Fraction(1, 100), Fraction(1, 3), Fraction(1, 2), Fraction(9, 10)])
def test_tail_is_the_exact_sum_of_fractions(n: int, p: Fraction) -> None:
    for k in {0, 1, n // 3, n // 2, n - 1, n, n + 1}:
        assert tail(k, n, float(p)) == pytest.approx(exact_tail(k, n, p), rel=1e-10, abs=1e-300)


def test_incomplete_beta_agrees_with_scipy_from_tiny_to_a_million() -> None:
    special = pytest.importorskip("scipy.special")
    for a, b in [(0.5, 0.5), (1, 300), (3, 2), (50, 950), (5_000, 5_100), (400_000, 600_000)]:
        mean = a / (a + b)
        for x in (mean / 2, 0.9 * mean, mean, min(1.01 * mean, 0.999), (1 + mean) / 2):
            expected = float(special.betainc(a, b, x))
            assert incomplete_beta(x, a, b) == pytest.approx(expected, rel=2e-8, abs=1e-14)


def test_beta_quantile_agrees_with_scipy() -> None:
    stats = pytest.importorskip("scipy.stats")
    for a, b in [(1, 60), (3, 298), (91, 10), (0.5, 0.5), (2_000, 40)]:
        for share in (0.001, 0.05, 0.5, 0.95, 0.999):
            assert beta_quantile(share, a, b) == pytest.approx(
                float(stats.beta.ppf(share, a, b)), rel=1e-9
            )


@given(st.integers(1, 400), st.floats(0.0, 1.0))
def test_masses_add_up_to_one(n: int, p: float) -> None:
    assert sum(mass(k, n, p) for k in range(n + 1)) == pytest.approx(1.0, abs=1e-9)


@given(st.integers(1, 400), st.integers(0, 400), st.floats(0.001, 0.999))
def test_a_mass_is_the_step_between_two_tails(n: int, k: int, p: float) -> None:
    if k <= n:
        assert tail(k, n, p) - tail(k + 1, n, p) == pytest.approx(mass(k, n, p), abs=1e-9)


def test_a_certain_coin_has_its_whole_mass_at_one_end() -> None:
    assert [mass(k, 3, 0.0) for k in range(4)] == [1.0, 0.0, 0.0, 0.0]
    assert [mass(k, 3, 1.0) for k in range(4)] == [0.0, 0.0, 0.0, 1.0]
    assert (tail(0, 0, 0.5), tail(1, 0, 0.5)) == (1.0, 0.0)
    assert (incomplete_beta(0.0, 2, 3), incomplete_beta(1.0, 2, 3)) == (0.0, 1.0)
