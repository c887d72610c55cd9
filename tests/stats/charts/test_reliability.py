"""The reliability chart shows each bin where it lies."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from chainring.stats.calibration import reliability
from chainring.stats.charts import reliability_chart

Read = Callable[[str], Any]


def test_a_dot_stands_at_its_confidence_and_accuracy(read: Read) -> None:
    bins = reliability([0.9, 0.9, 0.9, 0.9, 0.3, 0.3], [True, True, True, False, True, False])
    chart = read(reliability_chart(bins, title="置信度可靠吗", x_label="置信度"))
    assert [chart.at(y) for y in chart.numbers("chart-dot", "cy")] == pytest.approx(
        [0.5, 0.75], abs=1e-3
    )
    diagonal = chart.marks("chart-diagonal")[0]
    left, right = float(diagonal.attrib["x1"]), float(diagonal.attrib["x2"])
    xs = [(x - left) / (right - left) for x in chart.numbers("chart-dot", "cx")]
    assert xs == pytest.approx([0.3, 0.9], abs=1e-3)
    assert "置信度" in chart.words


def test_a_perfect_bin_lies_on_the_diagonal(read: Read) -> None:
    chart = read(reliability_chart(reliability([0.5] * 4, [1, 0, 1, 0]), title="t"))
    line, dot = chart.marks("chart-diagonal")[0].attrib, chart.marks("chart-dot")[0].attrib
    middle = [(float(line[f"{a}1"]) + float(line[f"{a}2"])) / 2 for a in "xy"]
    assert [float(dot["cx"]), float(dot["cy"])] == pytest.approx(middle, abs=0.02)


def test_the_strip_shows_how_many_answers_each_bin_holds(read: Read) -> None:
    bins = reliability([0.1] * 10 + [0.9] * 40, [False] * 10 + [True] * 40)
    chart = read(reliability_chart(bins, title="t", count_label="个回答"))
    few, many = chart.numbers("chart-bar", "height")
    assert many == pytest.approx(4 * few)
    assert "50 个回答" in chart.words


def test_no_bins_say_nothing_yet(read: Read) -> None:
    assert "nothing yet" in read(reliability_chart([], title="t")).words
