"""What overlaps with an evaluation text goes, in whatever file that stands."""

from __future__ import annotations

import gzip
import json
import random
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard
from tests.data.clean.conftest import Cleaner, chinese, english, lines, reasons, write

from chainring.contracts.errors import InputError


def test_texts_that_overlap_with_evaluation_texts_are_dropped(
    cleaned: Cleaner, tmp_path: Path
) -> None:
    rng = random.Random(14)
    en, zh, other = english(rng), chinese(rng), english(rng)
    quoted = " ".join(en.split(" ")[20:36]).upper()
    held = write(tmp_path / "held" / "test.jsonl", [en, zh])
    rows = [other, english(rng) + " " + quoted + ".", chinese(rng) + zh[30:60], chinese(rng)]
    cleaned(write(tmp_path / "in.jsonl", rows), evaluation=[str(held)])
    assert [row["id"] for row in lines(tmp_path / "out")] == ["in-0", "in-3"]
    assert set(reasons(tmp_path / "out").values()) == {"overlaps with an evaluation text"}
    with pytest.raises(InputError, match="is not there"):
        cleaned(tmp_path / "in.jsonl", out="no", evaluation=[str(tmp_path / "nowhere.jsonl")])


@pytest.mark.parametrize("ending", ["csv", "tsv.gz", "parquet", "jsonl.zst", "txt", "md"])
def test_evaluation_texts_are_read_from_every_kind_of_file(
    cleaned: Cleaner, tmp_path: Path, ending: str
) -> None:
    rng = random.Random(16)
    asked, answer = english(rng, words=30), chinese(rng)[:60]
    held = tmp_path / "held" / f"test.{ending}"
    held.parent.mkdir()
    _as_file(held, [{"prompt": asked, "label": "refund", "completion": answer}])
    rows = [english(rng) + " " + asked, chinese(rng) + answer, english(rng)]
    cleaned(write(tmp_path / "in.jsonl", rows), evaluation=[str(held)])
    assert [row["id"] for row in lines(tmp_path / "out")] == ["in-2"]


def _as_file(path: Path, rows: list[dict[str, str]]) -> None:
    mark = {"csv": ",", "tsv": "\t", "txt": " ", "md": " "}.get(path.name.split(".")[1], "")
    if path.name.endswith("parquet"):
        pq.write_table(pa.Table.from_pylist(rows), path)
        return
    if mark:
        found = "".join(
            mark.join(row) + "\n" for row in [list(rows[0]), *(r.values() for r in rows)]
        )
    else:
        found = "".join(json.dumps(row) + "\n" for row in rows)
    packings: dict[str, Callable[[bytes], bytes]] = {
        "gz": gzip.compress, "zst": zstandard.compress
    }  # fmt: skip
    packed = packings.get(path.name.rpartition(".")[2], bytes)
    path.write_bytes(packed(found.encode()))


def test_of_an_evaluation_row_short_columns_are_no_text(cleaned: Cleaner, tmp_path: Path) -> None:
    held = tmp_path / "held.jsonl"
    held.write_text('{"text": "我要退货", "label": "refund please"}\n', encoding="utf-8")
    given = write(tmp_path / "in.jsonl", ["refund please", "我要退货", "我要退货，谢谢"])
    cleaned(given, profile="messages", evaluation=[str(held)])
    assert [row["id"] for row in lines(tmp_path / "out")] == ["in-0", "in-2"]


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        ('{"text": "a"}\n{"text"\n', "line 2: no JSON"),
        ('{"sentence": "too short", "y": 1}\n', "no evaluation text in it"),
        ("", "no evaluation text in it"),
    ],
)
def test_evaluation_texts_that_cannot_be_read_are_an_error(
    cleaned: Cleaner, tmp_path: Path, content: str, fault: str
) -> None:
    held = tmp_path / "held.jsonl"
    held.write_text(content)
    given = write(tmp_path / "in.jsonl", [english(random.Random(17))])
    with pytest.raises(InputError, match=fault):
        cleaned(given, evaluation=[str(held)])
