"""How often the range of a number holds the true one, counted by hand."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.training.conftest import make_row

from chainring.contracts.prediction import Answer
from chainring.training.coverage import COVERAGE, coverage


def told(low: float, high: float) -> Answer:
    return Answer(
        label="", confidence=1.0, passed_on=False, text="", scores={"low": low, "high": high}
    )


def test_the_share_of_numbers_within_their_range_is_counted_bounds_included() -> None:
    row = replace(make_row("good", ""), target="3.5")
    judged = [(row, told(3.5, 5.0)), (row, told(0.0, 3.4)), (row, told(3.0, 4.0))]
    found = coverage("regression", judged, level=0.95)[COVERAGE]
    assert found.estimate == pytest.approx(2 / 3)
    assert found.rows == 3


def test_labels_called_low_and_high_are_no_range_and_a_number_without_one_is_not_counted() -> None:
    row = replace(make_row("good", "low"), target="3.5")
    assert coverage("classification", [(row, told(0.4, 0.6))], level=0.95) == {}
    assert coverage("regression", [(row, replace(told(0, 1), scores={}))], level=0.95) == {}
