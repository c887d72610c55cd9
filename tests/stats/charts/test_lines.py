"""Line charts say what the numbers say."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chainring.contracts.errors import InputError
from chainring.stats.charts import Point, Series, line_chart

Read = Callable[[str], Any]

TURNS = Series(
    name="冠军 champion",
    points=(
        Point(x="1", y=0.76, low=0.72, high=0.80),
        Point(x="2", y=0.82, low=0.78, high=0.85),
        Point(x="3", y=0.88, low=0.85, high=0.91),
    ),
)


def test_dots_stand_at_their_values_on_the_axis(read: Read) -> None:
    chart = read(line_chart([TURNS], title="Accuracy per turn"))
    heights = chart.numbers("chart-dot", "cy")
    assert [chart.at(y) for y in heights] == pytest.approx([0.76, 0.82, 0.88], abs=1e-3)


def test_whiskers_reach_from_low_to_high(read: Read) -> None:
    chart = read(line_chart([TURNS], title="Accuracy per turn"))
    path = chart.marks("chart-whisker")[0].attrib["d"]
    low, high = re.match(r"M\S+ (\S+)V([\d.]+)", path).groups()  # type: ignore[union-attr]
    assert (chart.at(float(low)), chart.at(float(high))) == pytest.approx((0.72, 0.80), abs=1e-3)


def test_without_intervals_there_are_no_whiskers(read: Read) -> None:
    assert not read(line_chart([TURNS], title="t", intervals=False)).marks("chart-whisker")


def test_places_are_evenly_apart_and_named(read: Read) -> None:
    chart = read(line_chart([TURNS], title="每轮准确率", x_label="轮次", y_label="答对的比例"))
    left, middle, right = chart.numbers("chart-dot", "cx")
    assert middle - left == pytest.approx(right - middle, abs=0.1)
    assert {"1", "2", "3", "轮次", "答对的比例", "每轮准确率", "冠军 champion 88.0%"} <= {
        *chart.words
    }


def test_the_name_said_aloud_holds_title_and_last_value(read: Read) -> None:
    root = read(line_chart([TURNS], title="每轮准确率")).root
    assert root.get("role") == "img"
    assert root.get("aria-label") == "每轮准确率: 冠军 champion 88.0%"
    assert root[0].text == "每轮准确率"


def test_one_point_is_a_dot_with_its_value_and_no_line(read: Read) -> None:
    chart = read(line_chart([Series(name="first", points=TURNS.points[:1])], title="t"))
    assert len(chart.marks("chart-dot")) == 1
    assert not chart.marks("chart-line")
    assert chart.at(chart.numbers("chart-dot", "cy")[0]) == pytest.approx(0.76, abs=1e-3)


@pytest.mark.parametrize("series", [[], [Series(name="champion", points=())]])
def test_no_point_says_nothing_yet_in_the_language_of_the_page(
    series: list[Series], read: Read
) -> None:
    assert "nothing yet" in read(line_chart(series, title="t")).words
    assert "还没有数据" in read(line_chart(series, title="t", empty="还没有数据")).words


def test_shares_near_one_keep_the_axis_within_a_hundred_per_cent(read: Read) -> None:
    points = (Point(x="1", y=0.99), Point(x="2", y=1.0))
    words = read(line_chart([Series(name="", points=points)], title="t")).words
    shares = [float(w[:-1]) for w in words if re.fullmatch(r"[\d.]+%", w)]
    assert max(shares) == 100.0


def test_counts_are_drawn_from_zero(read: Read) -> None:
    points = (Point(x="Mon", y=1200), Point(x="Tue", y=1500))
    chart = read(line_chart([Series(name="反馈", points=points)], title="t", percent=False))
    assert "0" in chart.words
    assert [chart.at(y) for y in chart.numbers("chart-dot", "cy")] == pytest.approx(
        [1200, 1500], abs=5
    )


def test_the_order_of_places_can_be_fixed(read: Read) -> None:
    late = Series(name="late", points=(Point(x="3", y=0.5),))
    early = Series(name="early", points=(Point(x="1", y=0.4), Point(x="2", y=0.45)))
    chart = read(line_chart([late, early], title="t", x_values=["1", "2", "3"]))
    late_x, *early_x = chart.numbers("chart-dot", "cx")
    assert late_x > max(early_x)


def test_labels_of_lines_that_end_together_do_not_touch(read: Read) -> None:
    lines = [
        Series(name=f"model {i}", points=(Point(x="1", y=0.8), Point(x="2", y=0.9 + i / 1000)))
        for i in range(4)
    ]
    chart = read(line_chart(lines, title="t"))
    heights = sorted(
        float(text.attrib["y"])
        for text, word in zip(chart.texts, chart.words, strict=True)
        if word.startswith("model")
    )
    assert all(b - a >= 14 for a, b in pairwise(heights))


@given(st.lists(st.floats(0, 1), min_size=1, max_size=12), st.integers(300, 900))
def test_every_mark_stays_inside_the_picture(values: list[float], width: int) -> None:
    points = tuple(Point(x=f"turn {i}", y=v) for i, v in enumerate(values))
    drawn = line_chart([Series(name="champion", points=points)], title="t", width=width)
    assert all(0 <= float(x) <= width for x in re.findall(r'c?x="(-?[\d.]+)"', drawn))
    assert all(0 <= float(y) <= 320 for y in re.findall(r'c?y="(-?[\d.]+)"', drawn))


def test_every_fault_of_the_points_is_named_at_once() -> None:
    points = (Point(x="1", y=math.nan), Point(x="2", y=0.5, low=0.6, high=0.4), Point(x="9", y=1))
    with pytest.raises(InputError) as caught:
        line_chart([Series(name="s", points=points)], title="t", x_values=["1", "2"])
    assert [fault.split(":")[0] for fault in caught.value.faults] == ["s[1]", "s[2]", "s[9]"]
