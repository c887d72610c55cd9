from __future__ import annotations

from tests.data.looking.conftest import MakeSet, row

from chainring.data.looking.numbers import LEARNT, binned, median, numbers


def test_rows_are_counted_by_every_axis_and_in_pairs(make_set: MakeSet) -> None:
    folder = make_set(
        [
            row("a", protected="women"),
            row("b", language="zh", label="退货", text="退货", records=("b", "b2", "b3")),
            row("c", split="test", licence="CC-BY-4.0", feedback=("fb_1",)),
            row("d", split="unlabelled", label=""),
        ]
    )
    found = numbers(folder)
    assert (found.rows, found.records, found.from_feedback) == (4, 6, 1)
    assert found.by("language") == {"en": 3, "zh": 1}
    assert found.by("label") == {"track": 2, "退货": 1}
    assert found.by("label", splits=LEARNT) == {"track": 1, "退货": 1}
    assert found.by("protected") == {"women": 1}
    assert found.pairs("source", "licence") == {
        ("data/help.jsonl", "CC0-1.0"): 3,
        ("data/help.jsonl", "CC-BY-4.0"): 1,
    }
    assert found.lengths["zh"] == {2: 1}
    assert found.lengths["en"] == {19: 3}


def test_batches_add_up(make_set: MakeSet) -> None:
    rows = [row(str(i), language="en" if i % 3 else "zh", text="x" * (i % 50)) for i in range(9000)]
    found = numbers(make_set(rows))
    assert found.by("language") == {"en": 6000, "zh": 3000}
    assert sum(found.lengths["en"].values()) == 6000


def test_bins_hold_every_length_once() -> None:
    assert binned({0: 1, 1: 1, 4: 1, 5: 1, 9999: 2}) == {
        "1-4": 3, "5-9": 1, "10-19": 0, "20-39": 0, "40-79": 0, "80-159": 0, "160-319": 0,
        "320-639": 0, "640-1279": 0, "1280-5119": 0, "5120+": 2,
    }  # fmt: skip
    assert binned({}) == {}


def test_the_median_is_that_of_the_sorted_rows() -> None:
    assert median({1: 1, 2: 1, 3: 1}) == 2
    assert median({1: 5, 100: 5}) == 1
    assert median({}) == 0
