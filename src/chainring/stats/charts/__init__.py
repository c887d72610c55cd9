"""Charts as SVG text: outcomes become pictures for pages and reports.

Enters: points, bars, bins or confusion cells. Leaves: one `<svg>` element to put into a page as it
is: no style sheet, no script and nothing loaded from outside, so that it also stands under a strict
content security policy. Every text is escaped.

A page themes it through the variables `--ink --muted --accent --bad --grid` (and, where it likes,
`--series-2` to `--series-6`) and the class names `chart-title chart-label chart-grid chart-line
chart-dot chart-whisker chart-bar`. Every word in a picture comes from the caller, so that a Chinese
page has Chinese charts.

    line_chart([Series(name="现任模型", points=(Point(x="1", y=0.7),))], title="每轮准确率")
"""

from chainring.stats.charts.bars import (
    Bar,
    Stack,
    bar_chart,
    confusion_chart,
    stacked_bars,
)
from chainring.stats.charts.lines import Point, Series, line_chart
from chainring.stats.charts.reliability import reliability_chart
from chainring.stats.charts.svg import in_a_file

__all__ = [
    "Bar",
    "Point",
    "Series",
    "Stack",
    "bar_chart",
    "confusion_chart",
    "in_a_file",
    "line_chart",
    "reliability_chart",
    "stacked_bars",
]
