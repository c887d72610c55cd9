from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from chainring.contracts.dataset import OUT_OF_SCOPE
from chainring.contracts.measure import Measure
from chainring.training.cheapest import cheapest, luck
from chainring.training.threshold import threshold

COSTS = Measure(name="cost", pass_on=2.0, missed=(("fraud", "", 50.0),))
LABELS = ("fraud", "ok", OUT_OF_SCOPE)
ROW = st.tuples(
    st.sampled_from(LABELS), st.sampled_from(LABELS), st.integers(0, 9).map(lambda n: n / 10)
)


@given(st.lists(ROW, min_size=1, max_size=20), st.floats(0.1, 60))
def test_no_threshold_costs_less(rows: list[tuple[str, str, float]], pass_on: float) -> None:
    truth, said = [row[0] for row in rows], [row[1] for row in rows]
    sure = np.array([row[2] for row in rows], dtype=np.float32)
    costs = Measure(name="cost", pass_on=pass_on, missed=COSTS.missed)
    values = [0.0, *(step / 10 + 0.05 for step in range(9))]

    def cost(value: float) -> float:
        answers = zip(truth, said, sure, strict=True)
        return sum(costs.cost(t, s, passed_on=bool(c < value)) for t, s, c in answers) / len(rows)

    found = cheapest(truth, said, sure, values, costs)
    assert found.cost == pytest.approx(min(map(cost, values)))
    assert found.cost == pytest.approx(cost(found.value))
    assert found.without == pytest.approx(cost(0.0))
    assert all(cost(value) > found.cost for value in values if value < found.value - 1e-9)


def test_where_a_missed_fraud_is_dear_more_is_passed_on_than_two_per_cent() -> None:
    truth = ["fraud"] * 10 + ["ok"] * 190
    said = ["ok"] * 200
    sure = np.array([*np.linspace(0.6, 0.7, 10), *np.linspace(0.65, 0.99, 190)], dtype=np.float32)
    plain = threshold(truth, said, sure)
    dear = threshold(truth, said, sure, measure=COSTS)
    assert np.mean(sure[10:] < plain.value) <= 0.03
    assert np.all(sure[:10] < dear.value)
    assert "costs least: 0.3" in dear.because
    assert "2.5 without a threshold" in dear.because


def test_where_no_row_is_worth_passing_on_what_is_less_sure_than_all_of_them_still_is() -> None:
    labels = ["fraud"] * 10 + ["ok"] * 30
    sure = np.linspace(0.6, 0.99, 40, dtype=np.float32)
    chosen = threshold(labels, labels, sure, measure=COSTS)
    assert 0.58 < chosen.value < sure.min()
    assert "costs least: 0 a row" in chosen.because
    assert "just under the least sure" in chosen.because
    cheap = Measure(name="cost", pass_on=2.0)
    assert threshold(labels, ["ok"] * 40, sure, measure=cheap).value == 0.0


def test_a_threshold_of_the_recipe_stands_whatever_it_costs() -> None:
    chosen = threshold(["ok"], ["ok"], np.array([0.5], "f4"), fixed=0.9, measure=COSTS)
    assert chosen.value == 0.9


def test_only_costs_say_anything_of_passing_on() -> None:
    sure = np.linspace(0.1, 1.0, 100, dtype=np.float32)
    balanced = Measure(name="balanced_accuracy")
    plain = threshold(["a"] * 100, ["a"] * 100, sure)
    assert threshold(["a"] * 100, ["a"] * 100, sure, measure=balanced) == plain


def test_what_costs_pass_on_is_counted_among_the_right_answers_of_a_label() -> None:
    labels, sure = ["fraud"] * 10 + ["ok"] * 10, np.linspace(0.6, 0.99, 20, dtype=np.float32)
    passed = np.array([n % 2 == 0 for n in range(20)])
    chosen = threshold(labels, labels, sure, passed_n=passed, fixed=0.0)
    assert "fraud 5 of 10, ok 5 of 10" in chosen.because


@pytest.mark.parametrize(("outside", "together"), [(4, False), (60, False), (60, True)])
def test_beside_priced_answers_a_threshold_is_weighed_against_what_passing_on_can_cost(
    outside: int, together: bool
) -> None:
    """A missed fraud of 50 is no mistake that a threshold could make."""
    truth = ["ok"] * 200 + ["fraud"] * 20 + [OUT_OF_SCOPE] * outside
    said = truth[:220] + ["ok"] * outside
    sure = np.array([0.95] * 220 + [0.3] * outside, dtype=np.float32)
    costs = Measure(name="cost", pass_on=0.5, missed=(("fraud", "", 50.0),))
    units = [min(row, 220) if together else row for row in range(len(truth))]
    chosen = threshold(truth, said, sure, measure=costs, priced=True, units=units)
    is_saved = outside == 60 and not together
    assert chosen.value == pytest.approx(0.625 if is_saved else 0.0)
    assert ("without a threshold" in chosen.because) == is_saved


def exact(rows: int, outside: int, *, seed: int) -> tuple[list[str], NDArray[np.float32]]:
    """Return truths of answers `a` of exact probabilities, and less sure ones of no label."""
    drawn = np.random.default_rng(seed)
    right, other = drawn.uniform(0.5, 1.0, rows), drawn.uniform(0.3, 0.7, outside)
    truth = ["a" if one else "b" for one in drawn.random(rows) < right]
    return truth + [OUT_OF_SCOPE] * outside, np.concatenate([right, other]).astype("f4")


@pytest.mark.parametrize(("outside", "least", "most"), [(0, 0, 5), (50, 90, 100)])
def test_the_best_of_many_thresholds_beside_prices_is_held_against_the_best_by_chance(
    outside: int, least: int, most: int
) -> None:
    """One in twenty stood by chance for each threshold that was tried, not for the best of all."""
    costs = Measure(name="cost", pass_on=0.5)
    found = 0
    for seed in range(100):
        truth, sure = exact(1000, outside, seed=seed)
        chosen = threshold(truth, ["a"] * len(truth), sure, measure=costs, priced=True)
        found += chosen.value > 0.0
    assert least <= found <= most


def test_luck_goes_by_units_and_by_no_row_that_is_as_sure_as_its_neighbour() -> None:
    saved, sure = np.full(20, 0.5), np.linspace(0.1, 0.9, 20, dtype=np.float32)
    value = 0.5 * float(sure[14] + sure[15])
    assert luck(saved, sure, value) < 0.01
    assert luck(saved, sure, value, units=[0] * 20) == pytest.approx(0.5, abs=0.1)
    same = np.where(sure < value, np.float32(0.1), np.float32(0.9))
    assert luck(np.where(sure < value, 0.5, -0.5), same, 0.5) < 0.01
