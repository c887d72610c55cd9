from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from chainring.contracts.parts import load_part, part_names
from chainring.data.readers import Reader

EXPECTED = [
    {"text": "Where is it?", "label": "track"},
    {"text": "我要退货，谢谢", "label": "return"},
]


def read(part: str, path: Path) -> tuple[list[tuple[str, dict[str, Any]]], list[str]]:
    reader: Reader = load_part("reader", part)
    said: list[str] = []
    report = lambda at, cause: said.append(f"{at}: {cause}")  # noqa: E731
    return list(reader(path, report=report, max_bytes=1 << 20)), said


def test_the_six_readers_are_registered_as_parts() -> None:
    ours = {"csv.v1", "html.v1", "jsonl.v1", "parquet.v1", "text.v1", "tsv.v1"}
    assert ours <= set(part_names("reader"))


@pytest.mark.parametrize(
    ("part", "content", "places"),
    [
        (
            "jsonl.v1",
            '{"text": "Where is it?", "label": "track"}\n\n'
            '{"text": "我要退货，谢谢", "label": "return"}',
            ["line 1", "line 3"],
        ),
        (
            "csv.v1",
            'text,label\n"Where is it?",track\n"我要退货，谢谢",return\n',
            ["line 2", "line 3"],
        ),
        ("csv.v1", "text;label\nWhere is it?;track\n我要退货，谢谢;return\n", ["line 2", "line 3"]),
        (
            "tsv.v1",
            "text\tlabel\r\nWhere is it?\ttrack\r\n我要退货，谢谢\treturn\r\n",
            ["line 2", "line 3"],
        ),
    ],
    ids=["jsonl", "csv", "csv-semicolon", "tsv"],
)
def test_rows_are_the_same_from_every_kind_of_text_file(
    tmp_path: Path, part: str, content: str, places: list[str]
) -> None:
    (tmp_path / "a").write_bytes(content.encode())
    found, said = read(part, tmp_path / "a")
    assert [row for _, row in found] == EXPECTED
    assert [place for place, _ in found] == places
    assert not said


def test_rows_of_parquet_come_in_batches_and_in_order(tmp_path: Path) -> None:
    rows = [{"text": f"text {i}", "label": i % 3} for i in range(3_000)]
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "a.parquet")
    found, said = read("parquet.v1", tmp_path / "a.parquet")
    assert [row for _, row in found] == rows
    assert found[-1][0] == "row 3000"
    assert not said


def test_each_line_of_plain_text_is_a_row_and_blank_ones_are_none(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("一行\n\n  \nline two\n", encoding="utf-8")
    found, _ = read("text.v1", tmp_path / "a.txt")
    assert found == [("line 1", {"text": "一行\n"}), ("line 4", {"text": "line two\n"})]


def test_every_broken_json_line_is_reported_and_the_good_ones_are_read(tmp_path: Path) -> None:
    deep = "[" * 100_000
    (tmp_path / "a").write_text(f'{{"text": "a"}}\n{{"text": \n[1]\n{deep}\n{{"text": "b"}}\n')
    found, said = read("jsonl.v1", tmp_path / "a")
    assert [place for place, _ in found] == ["line 1", "line 5"]
    assert [one.partition(":")[0] for one in said] == ["line 2", "line 3", "line 4"]
    assert said[0].startswith("line 2: no JSON")
    assert said[1] == "line 3: a JSON list, an object is expected"


def test_a_quoted_field_of_many_lines_is_one_row_and_later_lines_keep_their_numbers(
    tmp_path: Path,
) -> None:
    (tmp_path / "a").write_text('text,label\n"one\ntwo\nthree",x\nfour,y\n')
    found, said = read("csv.v1", tmp_path / "a")
    assert found == [
        ("line 2", {"text": "one\ntwo\nthree", "label": "x"}),
        ("line 5", {"text": "four", "label": "y"}),
    ]
    assert not said


def test_a_row_with_another_number_of_fields_is_reported(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("text,label\nhello, world,x\nfine,y\n\n")
    found, said = read("csv.v1", tmp_path / "a")
    assert [place for place, _ in found] == ["line 3"]
    assert said == ["line 2: 3 fields, the header has 2; mind the quotes"]


def test_a_quote_that_is_not_closed_is_reported_at_the_line_where_it_opens(tmp_path: Path) -> None:
    (tmp_path / "a").write_text('text,label\nfine,y\n"open,x\nnever read,z\n')
    found, said = read("csv.v1", tmp_path / "a")
    assert len(found) == 1
    assert len(said) == 1
    assert said[0].startswith("line 3: ")
    assert "is a quote not closed?" in said[0]


def test_a_field_longer_than_pythons_own_limit_is_a_row_like_others(tmp_path: Path) -> None:
    long = "长" * 200_000
    (tmp_path / "a").write_text(f"text,label\n{long},x\nfine,y\n", encoding="utf-8")
    found, said = read("csv.v1", tmp_path / "a")
    assert [row["text"] for _, row in found] == [long, "fine"]
    assert said == []


def test_a_column_that_stands_twice_is_reported(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("text,label,text\na,b,c\n")
    assert read("csv.v1", tmp_path / "a")[1] == ["line 1: columns 'text' stand twice in the header"]


def test_empty_columns_without_a_name_are_left_out(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("text,label,,\na,b,,\nc,d, ,\n")
    rows = [{"text": "a", "label": "b"}, {"text": "c", "label": "d"}]
    assert read("csv.v1", tmp_path / "a") == (
        list(zip(("line 2", "line 3"), rows, strict=True)),
        [],
    )


def test_a_value_under_no_name_is_a_fault(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("text,label,,\nhello, world,greet,\nc,d,,\n")
    found, said = read("csv.v1", tmp_path / "a")
    assert [place for place, _ in found] == ["line 3"]
    assert said == ["line 2: 4 fields, the header has 2; mind the quotes"]


def test_one_column_without_a_name_numbers_the_rows(tmp_path: Path) -> None:
    (tmp_path / "a").write_text(",text,label\n0,a,b\n")
    assert read("csv.v1", tmp_path / "a") == ([("line 2", {"text": "a", "label": "b"})], [])


@pytest.mark.parametrize("line", ["sep=;\n", "SEP=;\r\n", '"sep=;"\n'])
def test_a_first_line_may_name_the_sign_between_columns(tmp_path: Path, line: str) -> None:
    (tmp_path / "a").write_text(line + "text,x;label\na;b\nonly one\n", newline="")
    found, said = read("csv.v1", tmp_path / "a")
    assert found == [("line 3", {"text,x": "a", "label": "b"})]
    assert said == ["line 4: 1 fields, the header has 2; mind the quotes"]


@pytest.mark.parametrize("array", ['[{"text": "a"},\n{"text": "b"}]\n', "\n[\n{}\n]", "[{}]"])
def test_a_json_array_is_one_fault_with_the_command_that_takes_it_apart(
    tmp_path: Path, array: str
) -> None:
    (tmp_path / "a.jsonl").write_text(array)
    found, (said,) = read("jsonl.v1", tmp_path / "a.jsonl")
    assert not found
    assert "one JSON array, an object a line is expected" in said
    name = tmp_path / "a.jsonl"
    assert said.endswith(f": jq -c '.[]' {name} > new && mv new {name}")


def test_a_quote_in_a_tab_separated_file_is_a_plain_character(tmp_path: Path) -> None:
    (tmp_path / "a").write_text('text\tlabel\n"so called" refund\tx\n')
    assert read("tsv.v1", tmp_path / "a")[0][0][1]["text"] == '"so called" refund'


def test_a_file_that_is_no_parquet_is_reported(tmp_path: Path) -> None:
    (tmp_path / "a.parquet").write_bytes(b"PAR1 and nothing more")
    found, said = read("parquet.v1", tmp_path / "a.parquet")
    assert not found
    assert said[0].startswith("after row 0: no Parquet file that can be read")


def test_an_empty_csv_file_has_no_row_and_no_fault(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"")
    assert read("csv.v1", tmp_path / "a") == ([], [])


BEYOND = 3_000_000  # days after 1970
TIMES = {
    "10183-09-21": pa.array([1, BEYOND, None], pa.date32()),
    "10183-09-21 00:00:00.000": pa.array([1, BEYOND * 86_400_000, None], pa.timestamp("ms")),
    "10183-09-21 00:00:00.000Z": pa.array(
        [1, BEYOND * 86_400_000, None], pa.timestamp("ms", "UTC")
    ),
    str(1 << 60): pa.array([1, 1 << 60, None], pa.duration("s")),
}


@pytest.mark.parametrize("told", sorted(TIMES))
def test_a_time_beyond_pythons_own_is_its_text(tmp_path: Path, told: str) -> None:
    table = pa.table({"text": ["a", "b", "c"], "until": TIMES[told]})
    pq.write_table(table, tmp_path / "a.parquet")
    found, said = read("parquet.v1", tmp_path / "a.parquet")
    assert not said
    assert found == [
        ("row 1", {"text": "a", "until": TIMES[told][0].as_py()}),
        ("row 2", {"text": "b", "until": told}),
        ("row 3", {"text": "c", "until": None}),
    ]


def test_a_time_beyond_pythons_own_inside_of_a_list_is_told_with_row_and_column(
    tmp_path: Path,
) -> None:
    days = pa.array([[1], [2, BEYOND], None], pa.list_(pa.date32()))
    pq.write_table(pa.table({"text": ["a", "b", "c"], "days": days}), tmp_path / "a.parquet")
    found, said = read("parquet.v1", tmp_path / "a.parquet")
    assert [(place, row["text"]) for place, row in found] == [("row 1", "a"), ("row 3", "c")]
    assert said == ["row 2: column `days` holds a time out of range (list<element: date32[day]>)"]


def test_a_parquet_column_that_stands_twice_is_reported(tmp_path: Path) -> None:
    table = pa.table([["a"], ["b"], ["x"]], names=["text", "text", "label"])
    pq.write_table(table, tmp_path / "a.parquet")
    said = read("parquet.v1", tmp_path / "a.parquet")[1]
    assert said == ["schema: columns 'text' stand twice"]
