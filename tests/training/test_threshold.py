from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chainring.contracts.dataset import OUT_OF_SCOPE
from chainring.training.threshold import threshold

SHARE = st.integers(0, 1000).map(lambda n: n / 1000)
ROW = st.tuples(st.sampled_from(["a", "b", OUT_OF_SCOPE]), st.sampled_from(["a", "b"]), SHARE)


def passed_on_share(rows: list[tuple[str, str, float]], value: float, *, right_only: bool) -> float:
    kept = [c for t, g, c in rows if t != OUT_OF_SCOPE and (t == g or not right_only)]
    return sum(c < value for c in kept) / len(kept) if kept else 0.0


def test_with_no_row_out_of_scope_two_per_cent_of_the_right_answers_may_be_passed_on() -> None:
    confidence = np.linspace(0.1, 1.0, 100, dtype=np.float32)
    chosen = threshold(["a"] * 100, ["a"] * 100, confidence)
    assert np.sum(confidence < chosen.value) == 2
    assert "2%" in chosen.because


def test_rows_out_of_scope_are_separated_where_they_are_unsure() -> None:
    truth = ["a"] * 50 + [OUT_OF_SCOPE] * 50
    confidence = np.array([0.9] * 50 + [0.3] * 50, dtype=np.float32)
    chosen = threshold(truth, ["a"] * 100, confidence)
    assert chosen.value == pytest.approx(0.6, abs=1e-6)
    assert "1.00" in chosen.because


def test_a_sure_text_out_of_scope_does_not_drag_right_answers_along() -> None:
    truth = ["a"] * 100 + [OUT_OF_SCOPE] * 10
    confidence = np.array([*np.linspace(0.5, 0.9, 100), *[0.89] * 10], dtype=np.float32)
    chosen = threshold(truth, ["a"] * 110, confidence)
    assert np.mean(confidence[:100] < chosen.value) <= 0.05


def test_a_model_that_is_never_right_passes_on_all_but_its_surest_answer() -> None:
    confidence = np.array([0.2, 0.4, 0.6], dtype=np.float32)
    assert threshold(["a"] * 3, ["b"] * 3, confidence).value == pytest.approx(0.5)


def test_what_the_label_itself_passes_on_needs_no_threshold() -> None:
    truth = ["a"] * 10 + [OUT_OF_SCOPE] * 10
    chosen = threshold(truth, truth, np.linspace(0.5, 0.9, 20, dtype=np.float32))
    assert chosen.value == 0.0


def rare(right: int, unsure: list[float]) -> tuple[list[str], np.ndarray[Any, Any]]:
    """Return 200 sure answers of one label and some of a rare one that are less sure."""
    sure = [*np.linspace(0.9, 0.99, 200), *unsure]
    return ["ok"] * 200 + ["fraud"] * right, np.array(sure, dtype=np.float32)


def test_not_more_than_half_of_what_a_label_has_right_is_passed_on() -> None:
    truth, confidence = rare(6, [0.5, 0.52, 0.54, 0.56, 0.58, 0.6])
    chosen = threshold(truth, truth, confidence)
    assert np.sum(confidence < chosen.value) == 3, "four of all 206 would be 2 %"
    assert "of right answers passed on: fraud 3 of 6" in chosen.because
    assert "正确回答中转交的：fraud 3/6" in chosen.because.zh  # type: ignore[attr-defined]


def test_where_a_label_holds_the_threshold_down_the_reason_names_it_and_what_it_would_be() -> None:
    confidence = np.array([*np.linspace(0.6, 1, 300), *np.linspace(0.1, 0.2, 6)], dtype=np.float32)
    truth = ["a"] * 300 + ["b"] * 6
    chosen, free = (
        threshold(truth, truth, confidence),
        threshold(["a"] * 306, ["a"] * 306, confidence),
    )
    told = "held down so that at most half of the right answers of b are passed on"
    assert chosen.value == pytest.approx(0.15, abs=1e-6)
    assert f"{told} (without that it would be {free.value:.3f})" in chosen.because
    assert "b 的正确回答至多转交一半" in chosen.because.zh  # type: ignore[attr-defined]
    assert "held down" not in free.because


def test_a_label_that_would_change_nothing_is_not_said_to_hold_the_threshold_down() -> None:
    truth, confidence = rare(6, [0.5, 0.52, 0.93, 0.94, 0.95, 0.96])
    assert "held down" not in threshold(truth, truth, confidence).because


def test_a_label_may_hold_down_what_separates_rows_out_of_scope() -> None:
    truth, confidence = rare(6, [0.5, 0.52, 0.54, 0.56, 0.58, 0.6])
    confidence = np.concatenate([confidence, np.full(10, 0.7, dtype=np.float32)])
    chosen = threshold([*truth, *[OUT_OF_SCOPE] * 10], [*truth, *["ok"] * 10], confidence)
    assert chosen.value == 0.0, "three of fraud would be passed on for none of them"
    assert "best separates 10 validation rows" in chosen.because
    assert "of fraud are passed on (without that it would be 0.800)" in chosen.because


def test_too_few_right_answers_of_a_label_say_nothing_but_are_told() -> None:
    truth, confidence = rare(4, [0.5, 0.52, 0.54, 0.56])
    chosen = threshold(truth, truth, confidence)
    assert np.sum(confidence < chosen.value) == 4
    assert "fraud 4 of 4" in chosen.because


def test_of_several_labels_each_row_counts_for_all_that_it_names() -> None:
    _, confidence = rare(6, [0.5, 0.52, 0.54, 0.56, 0.58, 0.6])
    names = [("a",)] * 200 + [("a", "fraud")] * 6
    chosen = threshold(["well"] * 206, ["well"] * 206, confidence, names=names)
    assert np.sum(confidence < chosen.value) == 3
    assert "fraud 3 of 6, a 3 of 206" in chosen.because


def test_labels_that_pass_on_nothing_are_not_told_and_of_many_the_worst_five_are() -> None:
    truth = [f"l{i}" for i in range(100) for _ in range(10)]
    confidence = np.linspace(0.5, 0.99, 1000, dtype=np.float32)
    order = np.random.default_rng(0).permutation(1000)
    chosen = threshold(truth, truth, confidence[order])
    assert np.sum(confidence < chosen.value) == 20
    told = chosen.because.partition("passed on: ")[2]
    assert told.count(" of 10") == 5
    assert "further label" in told


def test_the_threshold_lies_between_two_confidences_and_on_none() -> None:
    confidence = np.linspace(0.2, 0.9, 300, dtype=np.float32)
    chosen = threshold(["a"] * 300, ["a"] * 300, confidence)
    assert np.abs(confidence - chosen.value).min() > 1e-4


@given(st.lists(ROW, min_size=1, max_size=60))
def test_it_is_the_best_of_all_thresholds_that_keep_the_limit(
    rows: list[tuple[str, str, float]],
) -> None:
    truth, told = [row[0] for row in rows], [row[1] for row in rows]
    confidence = np.array([row[2] for row in rows], dtype=np.float32)
    chosen = threshold(truth, told, confidence).value
    outside = [float(c) for t, _, c in rows if t == OUT_OF_SCOPE]
    limit = 0.05 if outside and len(outside) < len(rows) else 0.02
    assert passed_on_share(rows, chosen, right_only=True) <= limit
    for label in "ab":
        own = [c for t, g, c in rows if t == g == label]
        assert len(own) < 5 or sum(c < np.float32(chosen) for c in own) <= len(own) / 2
    if not outside or len(outside) == len(rows):
        return

    def gain(value: float) -> float:
        caught = sum(c < value for c in outside) / len(outside)
        return caught - passed_on_share(rows, value, right_only=False)

    steps = sorted({float(c) for c in confidence})
    between = [0.0, *((low + high) / 2 for low, high in pairwise(steps))]
    labels = [[c for t, g, c in rows if t == g == label] for label in "ab"]
    fair = [
        v
        for v in between
        if passed_on_share(rows, v, right_only=True) <= 0.05
        and all(len(own) < 5 or sum(c < v for c in own) <= len(own) / 2 for own in labels)
    ]
    assert gain(chosen) == pytest.approx(max(gain(value) for value in fair))
