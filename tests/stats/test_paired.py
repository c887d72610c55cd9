"""Paired tests, against scipy, enumeration by hand, and simulated gates."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chainring.contracts.errors import InputError
from chainring.stats.intervals import wilson
from chainring.stats.paired import mcnemar, paired_bootstrap, sign_flip, sign_test

small = st.integers(0, 60)
gains = st.lists(st.sampled_from([-1.0, -0.5, 0.0, 0.25, 1.0]), min_size=1, max_size=9)


def by_hand(sums: list[float]) -> float:
    """Try every sign pattern, in exact arithmetic of quarters."""
    quarters = [round(4 * s) for s in sums]
    tried = [
        sum(sign * q for sign, q in zip(signs, quarters, strict=True))
        for signs in itertools.product((1, -1), repeat=len(quarters))
    ]
    return sum(total >= sum(quarters) for total in tried) / len(tried)


@pytest.mark.parametrize(("b", "c"), [(0, 0), (5, 0), (0, 5), (31, 14), (100, 100), (900, 800)])
def test_mcnemar_is_the_one_sided_binomial_test_of_scipy(b: int, c: int) -> None:
    stats = pytest.importorskip("scipy.stats")
    n = b + c
    expected = stats.binomtest(b, n, 0.5, alternative="greater").pvalue if n else 1.0
    assert mcnemar(b, c) == pytest.approx(expected, rel=1e-9)


@given(small, small)
def test_better_and_worse_share_only_the_tie(b: int, c: int) -> None:
    tie = math.comb(b + c, b) / 2 ** (b + c)
    assert mcnemar(b, c) + mcnemar(c, b) == pytest.approx(1.0 + tie, abs=1e-10)


@given(small, small)
def test_one_more_win_never_raises_p_and_one_more_loss_never_lowers_it(b: int, c: int) -> None:
    assert mcnemar(b + 1, c) <= mcnemar(b, c) + 1e-12
    assert mcnemar(b, c + 1) >= mcnemar(b, c) - 1e-12


def test_a_sign_test_asks_the_same_of_preferences() -> None:
    assert sign_test(9, 1) == pytest.approx(11 / 1024)
    assert sign_test(0, 0) == 1.0


@given(gains)
def test_sign_flip_of_few_rows_tries_every_pattern(differences: list[float]) -> None:
    assert sign_flip(differences, seed=0) == pytest.approx(by_hand(differences), abs=1e-12)


@given(st.integers(0, 8), st.integers(0, 8), st.integers(0, 30))
def test_sign_flip_of_right_and_wrong_is_mcnemar(b: int, c: int, ties: int) -> None:
    differences = [1.0] * b + [-1.0] * c + [0.0] * (ties + 1)
    assert sign_flip(differences, seed=0) == pytest.approx(mcnemar(b, c), abs=1e-12)


def test_sampled_patterns_come_near_to_the_exact_p() -> None:
    differences = [1.0] * 31 + [-1.0] * 14 + [0.0] * 500
    exact = mcnemar(31, 14)
    noise = math.sqrt(exact / 20_000)
    assert sign_flip(differences, seed=5) == pytest.approx(exact, abs=4 * noise)


def test_sampled_patterns_repeat_with_their_seed() -> None:
    differences = np.random.default_rng(0).normal(0.1, 1.0, 80)
    assert sign_flip(differences, seed=1) == sign_flip(differences, seed=1)


def test_a_group_keeps_its_signs_together() -> None:
    differences, authors = [1.0, 1.0, 1.0, 1.0], ["ann", "ann", "ann", "王"]
    assert sign_flip(differences, seed=0) == pytest.approx(1 / 16)
    assert sign_flip(differences, groups=authors, seed=0) == pytest.approx(1 / 4)


def test_weights_enter_the_sum_and_a_weight_of_zero_removes_a_row() -> None:
    differences, weights = [1.0, -1.0, 0.5, -1.0], [2.0, 1.0, 1.0, 0.0]
    assert sign_flip(differences, weights=weights, seed=0) == pytest.approx(
        by_hand([2.0, -1.0, 0.5])
    )


def test_weights_enter_the_sums_of_groups() -> None:
    differences, weights, authors = [1.0, -1.0, -0.5], [1.0, 3.0, 1.0], ["ann", "ann", "王"]
    assert sign_flip(differences, weights=weights, groups=authors, seed=0) == by_hand([-2.0, -0.5])


def test_sums_that_differ_only_by_rounding_are_ties() -> None:
    assert sign_flip([0.1, 0.2, -0.3], seed=0) == 5 / 8


def test_a_sampled_p_counts_the_observed_pattern_and_is_never_zero() -> None:
    assert sign_flip([1.0] * 60, draws=1_000, seed=0) == 1 / 1_001


def test_no_difference_at_all_is_no_evidence() -> None:
    assert sign_flip([0.0, 0.0], seed=0) == 1.0
    assert paired_bootstrap([0.0, 0.0], seed=0)[0] == 1.0


@pytest.mark.parametrize("n", [200, 500, 1000, 2000])
def test_mcnemar_promotes_an_equal_model_at_most_one_time_in_twenty(n: int) -> None:
    """Base accuracy 0.85, disagreement on a tenth of the rows, 4,000 draws, as in the design."""
    won, lost = simulated_disagreements(n, difference=0.0)
    assert promoted(won, lost) <= 0.05
    assert (won >= lost).mean() > 0.5, "the naive gate would promote every second equal model"


@pytest.mark.parametrize(
    ("n", "difference", "expected"),
    [(200, 0.05, 0.67), (500, 0.05, 0.98), (1000, 0.02, 0.60), (2000, 0.02, 0.87)],
)
def test_mcnemar_promotes_a_better_model_as_often_as_the_study_found(
    n: int, difference: float, expected: float
) -> None:
    assert promoted(*simulated_disagreements(n, difference=difference)) == pytest.approx(
        expected, abs=0.04
    )


def simulated_disagreements(
    n: int, *, difference: float, draws: int = 4_000
) -> tuple[np.ndarray, np.ndarray]:
    chances = [(0.1 + difference) / 2, (0.1 - difference) / 2, 0.9]
    drawn = np.random.default_rng(n).multinomial(n, chances, size=draws)
    return drawn[:, 0], drawn[:, 1]


def promoted(won: np.ndarray, lost: np.ndarray) -> float:
    pairs, times = np.unique(np.stack([won, lost], axis=1), axis=0, return_counts=True)
    better = np.array([mcnemar(int(b), int(c)) <= 0.05 for b, c in pairs])
    return float((times * better).sum() / times.sum())


def equal_models_judged_by_talkative_authors(seed: int) -> tuple[np.ndarray, list[int]]:
    """Thirty authors of ten rows, each of one mind about all ten: the models are truly equal."""
    minds = np.random.default_rng(seed).choice([-1.0, 1.0], size=30)
    return np.repeat(minds, 10), np.repeat(np.arange(30), 10).tolist()


def test_flipping_by_author_keeps_its_level_where_flipping_by_row_does_not() -> None:
    by_row, by_author = 0, 0
    for seed in range(300):
        differences, authors = equal_models_judged_by_talkative_authors(seed)
        by_row += sign_flip(differences, draws=400, seed=seed) <= 0.05
        by_author += sign_flip(differences, groups=authors, draws=400, seed=seed) <= 0.05
    assert by_author <= wilson(15, 300, level=0.99).high * 300
    assert by_row > 60


def test_bootstrap_by_author_is_wider_than_by_row() -> None:
    differences, authors = equal_models_judged_by_talkative_authors(1)
    _, rows = paired_bootstrap(differences, seed=0)
    _, grouped = paired_bootstrap(differences, groups=authors, seed=0)
    assert (grouped.estimate, grouped.n) == (rows.estimate, rows.n) == (differences.mean(), 300)
    assert grouped.high - grouped.low > 2.5 * (rows.high - rows.low)


def test_bootstrap_p_is_that_of_the_normal_law_for_many_graded_rows() -> None:
    stats = pytest.importorskip("scipy.stats")
    differences = np.random.default_rng(4).normal(0.03, 0.5, 1_000)
    expected = stats.norm.sf(differences.mean() / (differences.std() / math.sqrt(1_000)))
    p_better, found = paired_bootstrap(differences, draws=8_000, seed=2)
    assert p_better == pytest.approx(expected, abs=0.01)
    assert found.low < differences.mean() < found.high


def test_bootstrap_of_a_clear_gain_is_small_but_never_zero() -> None:
    p_better, found = paired_bootstrap([0.2, 0.3, 0.25] * 20, draws=1_000, seed=0)
    assert p_better == pytest.approx(1 / 1001)
    assert found.low > 0.0


def test_bootstrap_calls_equal_graded_models_better_about_one_time_in_twenty() -> None:
    generator = np.random.default_rng(9)
    called = sum(
        paired_bootstrap(generator.normal(0, 1, 80), draws=400, seed=seed)[0] <= 0.05
        for seed in range(400)
    )
    assert (
        wilson(20, 400, level=0.999).low * 400 <= called <= wilson(20, 400, level=0.999).high * 400
    )


def test_every_fault_of_the_rows_is_named_at_once() -> None:
    with pytest.raises(InputError) as caught:
        sign_flip([1.0, -1.0], weights=[1.0, -2.0], groups=["ann"], seed=0)
    assert "2 differences, 2 weights, 1 groups" in str(caught.value)
    assert "smallest weight: -2.0 is not >= 0.0" in str(caught.value)


def test_negative_counts_are_refused() -> None:
    with pytest.raises(InputError) as caught:
        mcnemar(-1, -2)
    assert len(caught.value.faults) == 2
    with pytest.raises(InputError, match="losses: -1"):
        sign_test(1, -1)
