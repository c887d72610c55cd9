from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from tests.data.looking.conftest import MakeSet, row

from chainring.contracts.errors import DamagedError, UnknownNameError
from chainring.data.looking.rows import Filter, batches, chosen, keys, rows_naming

ROWS = [
    row("a", text="Where is my Parcel?"),
    row("b", text="我的包裹到哪了？", language="zh", split="test"),
    row("c", text="refund please", label="refund", feedback=("fb_1", "pred_1"), labels=("lab_9",)),
    row("d", text="100% off", source="data/b.csv", records=("d", "e")),
]


def ids(folder: Path, **wanted: str) -> list[str]:
    return [one["id"] for one in chosen(folder, Filter(**wanted))]


def test_a_filter_lets_pass_what_fits_all_of_it(make_set: MakeSet) -> None:
    folder = make_set(ROWS)
    assert ids(folder) == ["a", "b", "c", "d"]
    assert ids(folder, split="train", label="track") == ["a", "d"]
    assert ids(folder, language="zh") == ["b"]
    assert ids(folder, source="data/b.csv") == ["d"]


def test_the_search_is_plain_text_in_any_case_and_language(make_set: MakeSet) -> None:
    folder = make_set(ROWS)
    assert ids(folder, search="parcel") == ["a"]
    assert ids(folder, search="包裹") == ["b"]
    assert ids(folder, search="ＰＡＲＣＥＬ") == ["a"], "as a Chinese keyboard writes it"
    assert ids(folder, search="100%") == ["d"]
    assert ids(folder, search="r.fund") == []


def test_a_value_that_no_row_has_is_answered_with_the_nearest(make_set: MakeSet) -> None:
    folder = make_set(ROWS)
    with pytest.raises(UnknownNameError, match="unknown label 'refnd'; did you mean 'refund'"):
        ids(folder, label="refnd", split="test")
    assert ids(folder, label="refund", split="test") == []


def test_a_row_is_found_by_whatever_made_it(make_set: MakeSet) -> None:
    folder = make_set(ROWS)

    def naming(*identifiers: str) -> list[str]:
        return [one.id for one in rows_naming(folder, identifiers)]

    assert naming("fb_1") == ["c"]
    assert naming("lab_9", "a") == ["a", "c"]
    assert naming("e") == ["d"]
    assert naming("nobody") == []
    assert next(rows_naming(folder, ["c"])) == ROWS[2]


def test_a_key_is_the_same_for_the_same_value_alone() -> None:
    found = keys(["a", "b", "a"])
    assert found.dtype == np.uint64
    assert (found[0] == found[2], found[0] == found[1]) == (True, False)


def test_a_file_that_is_no_parquet_is_named(tmp_path: Path) -> None:
    (tmp_path / "rows.parquet").write_bytes(b"nothing of the kind")
    with pytest.raises(DamagedError, match=r"rows\.parquet cannot be read"):
        list(batches(tmp_path))
