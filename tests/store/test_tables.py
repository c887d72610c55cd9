from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from chainring.contracts.dataset import Row
from chainring.contracts.errors import DamagedError, InputError
from chainring.contracts.label import Label
from chainring.store.tables import (
    ROWS_FILE,
    TABLE_FILE,
    read_rows,
    read_table,
    rows_from,
    write_rows,
    write_table,
)


def row(number: int, split: str = "train", **facts: object) -> Row:
    return Row(
        id=f"r{number}",
        text=f"文本 {number}\nsecond line",
        label="stock",
        language="zh",
        split=split,
        source="data/a.jsonl",
        licence="CC0",
        group=f"g{number}",
        **facts,  # type: ignore[arg-type]
    )


ROWS = [
    row(
        1, records=("rec_1", "rec_2"), labels=("lab_1",), feedback=("fb_1",), weight=0.5, must=True
    ),
    row(2, "test", author="ann", protected="a", episode="e1"),
    row(3, "holdout"),
]


def test_rows_come_back_as_they_were_written(tmp_path: Path) -> None:
    assert write_rows(tmp_path, ROWS) == 3
    assert read_rows(tmp_path) == ROWS
    assert read_rows(tmp_path, "test", "holdout") == ROWS[1:]
    assert read_rows(tmp_path, "unlabelled") == []


def test_rows_of_before_a_column_was_are_read_without_it(tmp_path: Path) -> None:
    write_rows(tmp_path, ROWS)
    older = pq.read_table(tmp_path / ROWS_FILE).drop_columns(["episode"])
    pq.write_table(older, tmp_path / ROWS_FILE)
    assert read_rows(tmp_path) == [replace(one, episode="") for one in ROWS]


def test_no_rows_come_back_as_no_rows(tmp_path: Path) -> None:
    assert write_rows(tmp_path, []) == 0
    assert read_rows(tmp_path) == []


def test_the_wider_ecosystem_opens_the_rows(tmp_path: Path) -> None:
    write_rows(tmp_path, ROWS)
    table = pq.read_table(tmp_path / ROWS_FILE)
    assert table.column("text").to_pylist()[0] == ROWS[0].text
    assert table.column("records").to_pylist()[0] == ["rec_1", "rec_2"]


def test_the_same_rows_give_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        write_rows(tmp_path / name, iter(ROWS))
    assert (tmp_path / "a" / ROWS_FILE).read_bytes() == (tmp_path / "b" / ROWS_FILE).read_bytes()


@pytest.mark.parametrize("kept", [0, 100, -10])
def test_rows_that_cannot_be_read_are_named(tmp_path: Path, kept: int) -> None:
    write_rows(tmp_path, ROWS)
    path = tmp_path / ROWS_FILE
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(DamagedError, match=f"{ROWS_FILE} cannot be read"):
        read_rows(tmp_path)
    with pytest.raises(DamagedError, match=f"{ROWS_FILE} cannot be read"):
        rows_from(tmp_path, ["fb_1"])


def test_rows_are_found_by_the_answers_and_reactions_that_made_them(tmp_path: Path) -> None:
    made = [
        row(1, feedback=("pred_1", "fb_1", "fb_2")),
        row(2),
        row(3, "reacted", feedback=("pred_3",)),
        replace(row(4, feedback=("pred_1",)), text=""),
    ]
    write_rows(tmp_path, made)
    found = rows_from(tmp_path, ["fb_1", "fb_2", "pred_1"])
    assert [(one.id, one.split, one.label) for one in found] == [
        ("r1", "train", "stock"),
        ("r4", "train", "stock"),
    ]
    assert [one.feedback for one in found] == [made[0].feedback, made[3].feedback]
    assert [one.split for one in rows_from(tmp_path, ["pred_3", "rec_9"])] == ["reacted"]
    assert rows_from(tmp_path, ["r2", "fb"]) == rows_from(tmp_path, []) == []
    write_rows(tmp_path, [])
    assert rows_from(tmp_path, ["pred_1"]) == []


def test_rows_of_a_time_without_targets_are_found_too(tmp_path: Path) -> None:
    write_rows(tmp_path, [row(1, feedback=("fb_1",))])
    path = tmp_path / ROWS_FILE
    pq.write_table(pq.read_table(path).drop_columns(["target"]), path)
    assert [(one.id, one.target) for one in rows_from(tmp_path, ["fb_1"])] == [("r1", "")]


def test_to_find_rows_costs_little_beside_reading_all(tmp_path: Path) -> None:
    write_rows(tmp_path, [row(i, feedback=(f"fb_{i}",)) for i in range(5000)])
    spent = []
    for look in (lambda: read_rows(tmp_path), lambda: rows_from(tmp_path, ["fb_77"])):
        look()
        began = time.process_time()
        assert look()
        spent.append(time.process_time() - began)
    assert spent[1] < spent[0] / 4


def test_a_table_of_nouns_comes_back_in_its_order(tmp_path: Path) -> None:
    labels = [
        Label(
            id=f"l{i}", app="shop", record="r", value="退款\u2028x", author="a", author_kind="user"
        )
        for i in range(3)
    ]
    assert write_table(tmp_path, iter(labels)) == 3
    assert list(read_table(Label, tmp_path)) == labels
    assert (tmp_path / TABLE_FILE).read_bytes().count(b"\n") == 3
    assert write_table(tmp_path, []) == 0
    assert list(read_table(Label, tmp_path)) == []


def test_rows_that_a_newer_version_wrote_say_so(tmp_path: Path) -> None:
    write_rows(tmp_path, [row(1)])
    table = pq.read_table(tmp_path / ROWS_FILE)
    more = table.append_column("mood", [["calm"]])
    pq.write_table(more, tmp_path / ROWS_FILE)
    with pytest.raises(InputError, match=r"a newer chainring(?s:.)*Row.mood: unknown key"):
        read_rows(tmp_path)
