"""In a real browser no two texts of a chart touch, and none leaves the picture."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from typing import Any

import pytest

from chainring.stats.calibration import ReliabilityBin
from chainring.stats.charts import (
    Bar,
    Point,
    Series,
    Stack,
    bar_chart,
    confusion_chart,
    line_chart,
    reliability_chart,
    stacked_bars,
)

BOXES = """() => [...document.querySelectorAll('svg text')].map(t => {
  const box = t.getBoundingClientRect(), all = t.closest('svg').getBoundingClientRect();
  return [t.textContent, box.left, box.top, box.right, box.bottom,
          all.left, all.top, all.right, all.bottom];
})"""

CHINESE = "我的包裹已经过了一个星期还没有任何物流更新"
ENGLISH = "Why Was My Wholesale Card Payment Declined Twice"


def lines(width: float) -> str:
    days = [f"2026-11-{day:02d}" for day in range(1, 25)]
    series = [
        Series(name=name, points=tuple(Point(x=d, y=0.8 + i / 99) for i, d in enumerate(days)))
        for name in ("冠军", "challenger", ENGLISH, "placebo")
    ]
    return line_chart(
        series, title=CHINESE * 3, x_label="day", y_label=ENGLISH * 3, intervals=False, width=width
    )


def charts(width: float) -> dict[str, str]:
    one = Series(name="冠军", points=(Point(x="1", y=1.0, low=0.9, high=1.0),))
    bars = [Bar(label=t, value=0.5, low=0.3, high=1.0) for t in (CHINESE, ENGLISH, "x")]
    names = [f"步骤 {i} {'long' * (i % 3)}" for i in range(12)]
    bins = [
        ReliabilityBin(low=i / 10, high=(i + 1) / 10, count=9, confidence=i / 10, accuracy=i / 10)
        for i in range(10)
    ]
    return {
        "lines": lines(width),
        "one point": line_chart([one], title="一", x_label="轮次", width=width),
        "bars": bar_chart(bars, title="Recall", value_label="share", percent=True, width=width),
        "confusions": confusion_chart([(CHINESE, ENGLISH, 4_000)], title="t", width=width),
        "stacks": stacked_bars(
            [Stack(label=CHINESE, parts=dict.fromkeys(names, 99.0))], title="t", unit=" s",
            width=width,
        ),
        "reliability": reliability_chart(bins, title="Does the confidence hold?", width=width),
        "nothing": bar_chart([], title=ENGLISH * 4, width=width),
    }  # fmt: skip


@pytest.fixture
def page(chromium: Any) -> Iterator[Any]:
    opened = chromium.new_page()
    yield opened
    opened.close()


@pytest.mark.parametrize("width", [360, 640])
@pytest.mark.parametrize("name", list(charts(360)))
def test_texts_neither_touch_nor_leave_the_picture(page: Any, name: str, width: int) -> None:
    drawn = charts(width)[name]
    page.set_content(f"<body style='margin:0;width:{width}px'>{drawn}</body>")
    boxes = page.evaluate(BOXES)
    assert boxes
    for text, left, top, right, bottom, x0, y0, x1, y1 in boxes:
        assert left >= x0 - 1 and right <= x1 + 1, f"{text!r} leaves the picture sideways"  # noqa: PT018
        assert top >= y0 - 1 and bottom <= y1 + 1, f"{text!r} leaves the picture"  # noqa: PT018
    for a, b in combinations(boxes, 2):
        apart = a[3] <= b[1] or b[3] <= a[1] or a[4] <= b[2] + 3 or b[4] <= a[2] + 3
        assert apart, f"{a[0]!r} touches {b[0]!r}"
