"""Bars are as long as their values."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest

from chainring.contracts.errors import InputError
from chainring.stats.charts import Bar, Stack, bar_chart, confusion_chart, stacked_bars

Read = Callable[[str], Any]


def test_bars_are_as_long_as_their_values_in_the_order_given(read: Read) -> None:
    bars = [Bar(label="退款", value=30), Bar(label="stock", value=60), Bar(label="none", value=0)]
    chart = read(bar_chart(bars, title="每个标签"))
    short, long, none = chart.numbers("chart-bar", "width")
    assert long == pytest.approx(2 * short, abs=0.05)
    assert none == 0
    assert [w for w in chart.words if w in {"退款", "stock", "none"}] == ["退款", "stock", "none"]
    assert chart.root.get("aria-label") == "每个标签: 退款 30; stock 60; none 0"


def test_shares_are_written_in_per_cent_behind_their_intervals(read: Read) -> None:
    bar = Bar(label="refund", value=0.5, low=0.25, high=1.0)
    chart = read(bar_chart([bar], title="t", percent=True))
    start, length = chart.numbers("chart-bar", "x")[0], chart.numbers("chart-bar", "width")[0]
    written = chart.texts[chart.words.index("50.0%")]
    assert float(written.attrib["x"]) > start + 2 * length
    assert len(chart.marks("chart-whisker")) == 1


def test_a_long_label_is_cut_in_the_picture_and_whole_in_its_tip(read: Read) -> None:
    label = "为什么我的包裹已经过了一个星期还没有任何物流更新，" * 3
    chart = read(bar_chart([Bar(label=label, value=1)], title="t"))
    assert label not in chart.words
    assert chart.marks("chart-bar")[0][0].text == f"{label}: 1"


@pytest.mark.parametrize(
    "pair", [("change_address", "order_status"), ("修改收货地址", "查询订单状态")]
)
def test_on_a_phone_both_labels_of_a_confusion_are_read_whole_above_their_bar(
    pair: tuple[str, str], read: Read
) -> None:
    chart = read(confusion_chart([(*pair, 7), ("b", "a", 5)], title="t", width=340))
    names = {w: t for w, t in zip(chart.words, chart.texts, strict=True) if "→" in w}
    assert list(names) == [" → ".join(pair), "b → a"]
    tops = chart.numbers("chart-bar", "y")
    for name, top, under in zip(names.values(), tops, [*tops[1:], math.inf], strict=True):
        assert float(name.attrib["y"]) + 2 < top < under - 20
    assert chart.numbers("chart-bar", "width")[0] > 200
    height = float(chart.root.attrib["viewBox"].split()[-1])
    assert tops[-1] + 13 < height


def test_confusions_show_the_commonest_mistakes_first_and_no_right_answers(read: Read) -> None:
    cells = [("a", "a", 90), ("a", "b", 3), ("退款", "退货", 7), ("b", "a", 5), ("b", "c", 0)]
    chart = read(confusion_chart(cells, title="t", most=2))
    assert [w for w in chart.words if "→" in w] == ["退款 → 退货", "b → a"]


def test_no_mistake_at_all_says_so(read: Read) -> None:
    chart = read(confusion_chart([("a", "a", 90)], title="t", empty="nothing was confused"))
    assert "nothing was confused" in chart.words


def test_parts_lie_end_to_end_and_add_up_to_the_total(read: Read) -> None:
    stacks = [Stack(label="turn 1", parts={"train": 60.0, "export": 20.0, "none": 0.0})]
    chart = read(stacked_bars(stacks, title="Seconds per step", unit=" s"))
    (x1, x2), (w1, w2) = chart.numbers("chart-bar", "x"), chart.numbers("chart-bar", "width")
    assert x1 + w1 + 1 == pytest.approx(x2, abs=0.05)
    assert w1 + 1 == pytest.approx(3 * (w2 + 1), abs=0.1)
    assert "80 s" in chart.words


def test_a_part_has_one_colour_in_all_rows_and_no_other_part_looks_alike(read: Read) -> None:
    names = [f"step {i}" for i in range(9)]
    stacks = [Stack(label=f"turn {t}", parts=dict.fromkeys(names, 1.0)) for t in (1, 2)]
    looks = [
        (mark.attrib["fill"], mark.attrib["fill-opacity"])
        for mark in read(stacked_bars(stacks, title="t")).marks("chart-bar")
    ]
    assert looks[:9] == looks[9:]
    assert len(set(looks)) == 9


def test_a_part_that_a_row_lacks_leaves_no_gap(read: Read) -> None:
    stacks = [Stack(label="1", parts={"a": 1.0, "b": 1.0}), Stack(label="2", parts={"b": 1.0})]
    chart = read(stacked_bars(stacks, title="t"))
    first_a, _, second_b = chart.numbers("chart-bar", "x")
    assert first_a == second_b


@pytest.mark.parametrize("stacks", [[], [Stack(label="turn 1", parts={})]])
def test_nothing_to_show_says_nothing_yet(stacks: list[Stack], read: Read) -> None:
    assert "nothing yet" in read(bar_chart([], title="t")).words
    assert "nothing yet" in read(stacked_bars(stacks, title="t")).words


def test_every_fault_of_the_bars_is_named_at_once() -> None:
    bars = [
        Bar(label="a", value=-1),
        Bar(label="b", value=math.inf),
        Bar(label="c", value=1, low=2, high=1),
    ]
    with pytest.raises(InputError) as caught:
        bar_chart(bars, title="t")
    assert [fault.split(":")[0] for fault in caught.value.faults] == ["a", "b", "c"]
    with pytest.raises(InputError, match="turn 1, train: -2"):
        stacked_bars([Stack(label="turn 1", parts={"train": -2.0})], title="t")
    with pytest.raises(InputError, match="most: 0"):
        confusion_chart([], title="t", most=0)
