from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import recall_score

from chainring.contracts.measure import ACCURACY, Measure
from chainring.stats.worth import label_weights, mean_worth, reckoned_shares, worths

ROWS = st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("abc")), min_size=1, max_size=30)


@given(ROWS)
def test_the_mean_of_right_times_weight_is_the_balanced_accuracy(
    rows: list[tuple[str, str]],
) -> None:
    truth, given_ = [t for t, _ in rows], [g for _, g in rows]
    right = [float(t == g) for t, g in rows]
    measure = Measure(name="balanced_accuracy")
    found = mean_worth(worths(measure, truth, given_, [False] * len(rows), right))
    labels = sorted(set(truth))
    recall = recall_score(truth, given_, labels=labels, average="macro", zero_division=0.0)
    assert found == pytest.approx(recall)


def test_a_cost_counts_below_nothing() -> None:
    costs = Measure(name="cost", pass_on=2.0, missed=(("a", "", 7.0),))
    assert worths(costs, "aab", "aba", [False, False, True], [1.0, 0.0, 0.0]) == (-0.0, -7.0, -2.0)


def test_by_accuracy_an_answer_is_worth_its_grade() -> None:
    assert worths(ACCURACY, "a", "a", [True], [0.5]) == (0.5,)
    assert mean_worth([]) == 0.0


def test_weights_of_labels_add_up_to_the_rows() -> None:
    assert label_weights(["ok", "ok", "ok", "fraud"]) == {"fraud": 2.0, "ok": pytest.approx(2 / 3)}


def test_a_label_that_no_row_has_is_reckoned_as_half_a_row_and_so_is_one_that_nobody_knew() -> None:
    found = reckoned_shares(["ok"] * 98 + ["new"], ("fraud", "ok"))
    assert found == {"fraud": 0.5 / 100.5, "new": 1.5 / 100.5, "ok": 98.5 / 100.5}
