from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from math import comb

import pytest

from chainring.contracts.evaluation import Outcome
from chainring.ring.gate.first import majority
from chainring.ring.gate.settings import GateSettings

MakeOutcome = Callable[..., Outcome]


def at_least(k: int, n: int, share: Fraction) -> float:
    return float(sum(comb(n, i) * share**i * (1 - share) ** (n - i) for i in range(k, n + 1)))


def test_a_first_model_is_held_against_the_commonest_truth_by_the_exact_test(
    outcome: MakeOutcome, settings: GateSettings
) -> None:
    rows = [outcome(f"{i:02}", i >= 12, truth="a" if i < 25 else "b") for i in range(40)]
    found, check = majority(rows, settings=settings)
    assert found is not None
    assert (found.rows, found.champion, found.challenger) == (40, 25 / 40, 28 / 40)
    assert found.p_better == pytest.approx(at_least(28, 40, Fraction(25, 40)))
    assert found.p_worse == pytest.approx(1 - at_least(29, 40, Fraction(25, 40)))
    assert (found.value, check.holds) == ("not fit", False)
    assert "always answering a would give 62.5 %" in check.because
    assert (found.gained, found.lost) == (15, 12)


@pytest.mark.parametrize(("right", "value"), [(30, "not fit"), (31, "first")])
def test_the_last_row_that_makes_it_measurable_makes_it_first(
    outcome: MakeOutcome, settings: GateSettings, right: int, value: str
) -> None:
    share = Fraction(5, 8)
    p = at_least(right, 40, share)
    assert (p <= 0.05) == (value == "first"), "the expectation, by whole numbers"
    rows = [outcome(f"{i:02}", i < right, truth="a" if i < 25 else "b") for i in range(40)]
    found, _ = majority(rows, settings=settings)
    assert found is not None
    assert found.value == value


def test_a_first_model_is_tested_by_group_where_rows_belong_together(
    outcome: MakeOutcome, settings: GateSettings
) -> None:
    truths = ["a"] * 20 + ["b"] * 20
    rows = [outcome(f"{i:02}", 1, truth=truth) for i, truth in enumerate(truths)]
    alone = [replace(row, group=f"g{i}") for i, row in enumerate(rows)]
    joined = [replace(row, group=f"g{i // 5}") for i, row in enumerate(rows)]
    exact, _ = majority(alone, settings=settings)
    found, check = majority(joined, settings=settings)
    assert exact is not None
    assert found is not None
    assert (exact.test, exact.value) == ("exact binomial against the majority class", "first")
    assert (found.test, found.p_better) == ("sign flip by group", 1 / 2**4), "four groups of b"
    assert (found.value, check.holds) == ("not fit", False)
    assert (found.champion, found.challenger) == (0.5, 1.0)
    assert (found.gained, found.lost) == (20, 0)


def test_one_label_only_cannot_be_beaten(outcome: MakeOutcome, settings: GateSettings) -> None:
    found, check = majority([outcome(f"{i}", 1) for i in range(50)], settings=settings)
    assert found is not None
    assert (found.value, check.holds) == ("not fit", False)


def test_no_rows_say_what_to_do(settings: GateSettings) -> None:
    found, check = majority([], settings=settings)
    assert found is None
    assert not check.holds
    assert "label some" in check.because


def test_the_smallest_lead_is_seen_four_times_in_five(
    outcome: MakeOutcome, settings: GateSettings
) -> None:
    rows = [outcome(f"{i:02}", 1, truth="a" if i < 25 else "b") for i in range(40)]
    found, _ = majority(rows, settings=settings)
    assert found is not None
    needed = next(k for k in range(41) if at_least(k, 40, Fraction(5, 8)) <= 0.05)
    reach = Fraction(5, 8) + Fraction(found.smallest_detectable)
    assert at_least(needed, 40, reach) == pytest.approx(0.8, abs=1e-6)


@pytest.mark.parametrize(("lead", "value"), [(0.2, "first"), (0.0, "not fit"), (-0.2, "not fit")])
def test_a_first_model_of_graded_answers_is_held_against_always_the_same_answer(
    outcome: MakeOutcome, settings: GateSettings, lead: float, value: str
) -> None:
    rows = [
        outcome(f"{i:02}", 0.5 + lead + 0.2 * (-1) ** i, truth=f"{i}.5", base=0.5, sliced=())
        for i in range(60)
    ]
    found, check = majority(rows, settings=settings)
    assert found is not None
    assert (found.value, check.holds) == (value, value == "first")
    assert found.champion == pytest.approx(0.5)
    assert found.challenger == pytest.approx(0.5 + lead)
    assert found.test == "paired bootstrap by group"
    assert check.name == "better than always the same answer"
    assert f"worth {100 * (0.5 + lead):.1f} %" in check.because
