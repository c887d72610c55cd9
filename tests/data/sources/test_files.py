"""files.v1: any fsspec url, every kind of file, only what changed, only what is allowed."""

from __future__ import annotations

import gzip
import io
import json
import os
import random
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import fsspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard
from pydantic import ValidationError

from chainring.contracts.errors import InputError, UnreachableError
from chainring.data.harvest import DROPPED, Harvest
from chainring.data.sources import files, reading
from chainring.data.sources.files import FILES, FilesSettings
from chainring.data.sources.remote import RemoteFile, local_copy, remote_files
from chainring.text.errors import error_in_chinese

Bring = Callable[..., list[str]]
ROWS = [{"body": "Where is it?", "topic": "track"}, {"body": "我要退货，谢谢", "topic": "return"}]
COLUMNS = {"text": "body", "label": "topic"}
LINES = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in ROWS).encode()


@pytest.fixture
def bucket() -> Iterator[Any]:
    """Yield an empty store that is no disk."""
    system = fsspec.filesystem("memory")
    system.store.clear()
    system.pseudo_dirs[:] = [""]
    yield system
    system.store.clear()


def put(system: Any, name: str, data: bytes) -> None:
    with system.open(f"/shop/{name}", "wb") as file:
        file.write(data)


def texts(harvest: Harvest) -> list[str]:
    return sorted(row["text"] for _, row in harvest.rows())


BOTH = sorted(row["body"] for row in ROWS)


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.jsonl", LINES),
        ("a.jsonl.gz", gzip.compress(LINES, mtime=0)),
        ("a.jsonl.zst", zstandard.compress(LINES)),
        ("a.csv", 'body,topic\nWhere is it?,track\n"我要退货，谢谢",return\n'.encode()),
        (
            "a.tsv.gz",
            gzip.compress(
                "body\ttopic\nWhere is it?\ttrack\n我要退货，谢谢\treturn\n".encode(), mtime=0
            ),
        ),
    ],
)
def test_rows_are_the_same_from_every_kind_of_file(
    bucket: Any, harvest: Harvest, bring: Bring, name: str, data: bytes
) -> None:
    put(bucket, name, data)
    bring(FILES, path="memory://shop/*", columns=COLUMNS)
    assert texts(harvest) == BOTH
    assert {row["label"] for _, row in harvest.rows()} == {"track", "return"}
    assert not (harvest.folder / "copy").exists()


def test_parquet_text_and_pages_are_read_too(
    bucket: Any, harvest: Harvest, bring: Bring, tmp_path: Path
) -> None:
    pq.write_table(pa.Table.from_pylist([{"text": "from a table"}]), tmp_path / "a.parquet")
    put(bucket, "help/a.parquet", (tmp_path / "a.parquet").read_bytes())
    put(bucket, "help/b.txt", "one line\n第二行\n".encode())
    page = "<html lang=en><body><article><p>" + "Returns are free within thirty days. " * 9
    put(bucket, "help/c.html", page.encode())
    put(bucket, "help/README.txt", b"not data")
    put(bucket, "help/.hidden/d.txt", b"not data")
    bring(FILES, path="memory://shop/help")
    found = texts(harvest)
    assert ["from a table", "one line"] == [text for text in found if "Returns" not in text][:2]
    assert any(text.startswith("Returns are free within thirty days.") for text in found)
    assert len(found) == 4


def test_a_file_tells_its_split_and_a_row_tells_its_place(
    bucket: Any, harvest: Harvest, bring: Bring
) -> None:
    put(bucket, "train.jsonl", LINES)
    put(bucket, "test.jsonl", b'{"body": "one more", "topic": "x", "id": 7}\n')
    bring(FILES, path=("memory://shop/train.jsonl", "memory://shop/test.jsonl"), columns=COLUMNS)
    rows = dict(harvest.rows())
    assert sorted(row["split"] for row in rows.values()) == ["test", "train", "train"]
    (one,) = (row for name, row in rows.items() if name.endswith(":7"))
    assert one["locator"].endswith("test.jsonl line 1")


def test_only_a_file_that_changed_is_read_again_and_a_file_that_is_gone_takes_its_rows_along(
    bucket: Any, harvest: Harvest, bring: Bring, monkeypatch: Any
) -> None:
    put(bucket, "a.jsonl", LINES)
    put(bucket, "b.jsonl", b'{"body": "b", "topic": "x"}\n')
    read: list[str] = []
    enter = reading.Reading.__enter__

    def noted(self: Any) -> Any:
        read.append(Path(self._piece).name)
        return enter(self)

    monkeypatch.setattr(reading.Reading, "__enter__", noted)
    bring(FILES, path="memory://shop/*.jsonl", columns=COLUMNS)
    before = (harvest.digest(), harvest.changes)
    bring(FILES, path="memory://shop/*.jsonl", columns=COLUMNS)
    assert (read, (harvest.digest(), harvest.changes)) == (["a.jsonl", "b.jsonl"], before)
    put(bucket, "b.jsonl", b'{"body": "c", "topic": "x"}\n')
    bring(FILES, path="memory://shop/*.jsonl", columns=COLUMNS)
    assert read == ["a.jsonl", "b.jsonl", "b.jsonl"]
    assert texts(harvest) == sorted([*BOTH, "c"])
    bucket.rm("/shop/a.jsonl")
    bring(FILES, path="memory://shop/*.jsonl", columns=COLUMNS)
    assert texts(harvest) == ["c"]


def test_other_columns_read_everything_again(bucket: Any, harvest: Harvest, bring: Bring) -> None:
    put(bucket, "a.jsonl", LINES)
    bring(FILES, path="memory://shop", columns=COLUMNS)
    bring(FILES, path="memory://shop", columns={"text": "topic"})
    assert texts(harvest) == ["return", "track"]


def test_a_row_put_in_at_the_top_changes_no_other_and_equal_rows_all_count(
    tmp_path: Path, harvest: Harvest, bring: Bring
) -> None:
    path = tmp_path / "a.txt"
    path.write_text("one\ntwo\ntwo\ntwo\n")
    bring(FILES, path=str(path))
    before = {name: row["text"] for name, row in harvest.rows()}
    assert sorted(before.values()) == ["one", "two", "two", "two"]
    path.write_text("zero\none\ntwo\ntwo\n")
    bring(FILES, path=str(path))
    after = {name: row["text"] for name, row in harvest.rows()}
    assert sorted(after.values()) == ["one", "two", "two", "zero"]
    assert len(after.items() & before.items()) == 3


def test_a_local_file_is_read_where_it_lies(tmp_path: Path, harvest: Harvest, bring: Bring) -> None:
    (tmp_path / "a.jsonl").write_bytes(LINES)
    for place in (str(tmp_path), f"file://{tmp_path}/a.jsonl"):
        bring(FILES, path=place, columns=COLUMNS)
        assert texts(harvest) == BOTH
    with pytest.raises(UnreachableError, match="nothing is there"):
        bring(FILES, path=str(tmp_path / "away"))


def test_lines_that_cannot_be_read_are_counted_and_the_first_is_told(
    bucket: Any, harvest: Harvest, bring: Bring
) -> None:
    put(bucket, "a.jsonl", b'{"body": \n' + LINES + b'{"body": " "}\n')
    (said,) = bring(FILES, path="memory://shop", columns=COLUMNS)
    assert "1 x could not be read, the first: line 1: no JSON" in said
    assert json.loads(harvest.state(DROPPED)) == {"could not be read": 1, "empty text": 1}
    put(bucket, "a.jsonl", LINES)
    bring(FILES, path="memory://shop", columns=COLUMNS)
    assert json.loads(harvest.state(DROPPED)) == {}


@pytest.mark.parametrize("ending", ["gz", "zst"])
def test_a_packed_file_that_was_cut_is_told(
    bucket: Any, harvest: Harvest, bring: Bring, ending: str
) -> None:
    chance = random.Random(0)
    lines = b"".join(b'{"text": "row %d %x"}\n' % (n, chance.getrandbits(800)) for n in range(2000))
    packed = gzip.compress(lines) if ending == "gz" else zstandard.compress(lines)
    put(bucket, f"a.jsonl.{ending}", packed[: len(packed) // 2])
    (said,) = bring(FILES, path="memory://shop")
    assert "damaged" in said
    assert len(harvest) > 100


def _packed(data: bytes) -> bytes:
    whole = gzip.compress(data, mtime=0)
    return whole[: len(whole) // 2]


def _table(rows: list[str]) -> bytes:
    sink = io.BytesIO()
    pq.write_table(pa.table({"text": rows}), sink)
    return sink.getvalue()


NUMBERS = [f"row {n} of some length" for n in range(400)]
SHEET = "".join(f"{one}\n" for one in ["text", *NUMBERS]).encode()
LISTED = "".join(json.dumps({"text": one}) + "\n" for one in NUMBERS).encode()
WRONG = SHEET.replace(b"row 40 of some", b'"row "40" of some')


@pytest.mark.parametrize(
    ("name", "whole", "broken"),
    [
        ("a.csv", SHEET, WRONG),
        ("a.csv.gz", gzip.compress(SHEET, mtime=0), _packed(SHEET)),
        ("a.parquet", _table(NUMBERS), _table(NUMBERS)[:200]),
        ("a.jsonl", LISTED, json.dumps([{"text": one} for one in NUMBERS]).encode()),
    ],
)
def test_a_file_that_cannot_be_read_to_its_end_takes_no_row_away(
    bucket: Any, harvest: Harvest, bring: Bring, name: str, whole: bytes, broken: bytes
) -> None:
    put(bucket, name, whole)
    bring(FILES, path="memory://shop")
    put(bucket, name, broken)
    for _ in range(2):  # it is not known as read
        (said,) = bring(FILES, path="memory://shop")
        assert "not read to its end: rows of it that stood before stay" in said
    assert texts(harvest) == sorted(NUMBERS)
    put(bucket, name, _table(NUMBERS[:9]) if "parquet" in name else whole)
    assert bring(FILES, path="memory://shop") == []
    assert len(harvest) == (9 if "parquet" in name else 400)
    assert json.loads(harvest.state(DROPPED)) == {}


def test_wrong_columns_are_told_with_what_there_is(bucket: Any, bring: Bring) -> None:
    put(bucket, "a.jsonl", LINES)
    with pytest.raises(InputError) as caught:
        bring(FILES, path="memory://shop")
    assert caught.value.faults == (
        'no column `text` for the text; map it with columns = { text = "body" }',
    )


LATE = "".join(
    json.dumps(row) + "\n"
    for row in [
        *({"body": f"row {n}", "topic": "x"} for n in range(150)),
        {"body": "mine", "topic": "x", "consent": "refused", "who": "ann"},
    ]
).encode()


@pytest.mark.parametrize("mapped", [{}, {"subject": "who"}])
def test_a_key_that_begins_late_counts_from_its_first_row_on(
    bucket: Any, harvest: Harvest, bring: Bring, mapped: dict[str, str]
) -> None:
    put(bucket, "a.jsonl", LATE + b"no json\n")
    said = bring(FILES, path="memory://shop", columns=COLUMNS | mapped)
    assert "1 x could not be read" in said[0]
    rows = {row["text"]: row for _, row in harvest.rows()}
    assert len(rows) == 151
    assert rows["mine"]["consent"] == "refused"
    assert ("subject" in rows["mine"]) == bool(mapped)
    assert "consent" not in rows["row 0"]


def test_json_lines_that_an_earlier_version_read_are_read_again_and_tables_are_not(
    bucket: Any, harvest: Harvest, bring: Bring, monkeypatch: Any
) -> None:
    put(bucket, "a.jsonl", LATE)
    put(bucket, "b.csv", b"body,topic\na,x\n")
    with monkeypatch.context() as earlier:
        earlier.setattr(files, "_VERSIONS", {})
        bring(FILES, path="memory://shop", columns=COLUMNS)
    read: list[str] = []

    def noted(file: RemoteFile, *more: Any, **named: Any) -> Any:
        read.append(Path(file.name).name)
        return local_copy(file, *more, **named)

    monkeypatch.setattr(files, "local_copy", noted)
    bring(FILES, path="memory://shop", columns=COLUMNS)
    bring(FILES, path="memory://shop", columns=COLUMNS)
    assert read == ["a.jsonl"]


def test_files_about_the_data_are_told_once_and_instructions_for_use_are_read(
    bucket: Any, harvest: Harvest, bring: Bring
) -> None:
    put(bucket, "使用说明.txt", "充电三小时\n".encode())
    put(bucket, "自述.txt", b"not data")
    put(bucket, "README.md", b"not read anyway")
    (said,) = bring(FILES, path="memory://shop")
    assert said.startswith("passed over by name, as about the data: ")
    assert said.endswith("/自述.txt")
    assert "README" not in said
    assert texts(harvest) == ["充电三小时"]
    assert not bring(FILES, path="memory://shop")
    put(bucket, "LICENSE.txt", b"not data")
    assert "LICENSE.txt, " in bring(FILES, path="memory://shop")[0]


def test_a_paper_alone_is_told_to_be_none_of_the_data(bucket: Any, bring: Bring) -> None:
    put(bucket, "readme.txt", b"not data")
    with pytest.raises(InputError) as failed:
        bring(FILES, path="memory://shop")
    told = str(failed.value)
    assert told.startswith("no file at memory://shop ends in ")
    assert "; passed over by its name, as about the data: " in told
    assert told.endswith("readme.txt")
    assert "passed over by its name" not in error_in_chinese(told)


def folder_of(tmp_path: Path, name: str, text: str) -> str:
    """Return a folder with one file, `a.jsonl`, of one row."""
    folder = tmp_path / name
    folder.mkdir(parents=True)
    (folder / "a.jsonl").write_text(json.dumps({"text": text}))
    return str(folder)


def named(harvest: Harvest) -> dict[str, str]:
    """Return text → the name of its file."""
    return {row["text"]: row["locator"].partition(" ")[0] for _, row in harvest.rows()}


def test_two_folders_of_one_name_are_both_read_and_the_last_has_the_short_name(
    tmp_path: Path, harvest: Harvest, bring: Bring
) -> None:
    jan = folder_of(tmp_path, "jan/chats", "一月的包裹")
    feb = folder_of(tmp_path, "feb/chats", "a parcel of February")
    bring(FILES, path=(jan, feb, f"{jan}/*.jsonl", f"{tmp_path}/jan/../feb/chats"))
    assert named(harvest) == {
        "一月的包裹": "jan/chats/a.jsonl",
        "a parcel of February": "chats/a.jsonl",
    }
    deeper = [f"{tmp_path}/{month}/chats/*" for month in ("jan", "feb")]
    assert [one.name for one in remote_files(deeper)] == ["chats/a.jsonl", "jan/chats/a.jsonl"]


@pytest.mark.parametrize("swapped", [False, True])
def test_a_file_that_was_read_keeps_its_name_wherever_another_of_that_name_is_put(
    tmp_path: Path, harvest: Harvest, bring: Bring, swapped: bool
) -> None:
    old = folder_of(tmp_path, "2024/data", "去年的包裹")
    new = folder_of(tmp_path, "2025/data", "a parcel of this year")
    bring(FILES, path=old)
    before = dict(harvest.rows())
    bring(FILES, path=(new, old) if swapped else (old, new))
    Path(old, "a.jsonl").write_text(json.dumps({"text": "去年的包裹"}) + "\n")
    Path(new, "a.jsonl").write_text(json.dumps({"text": "a parcel of this year"}) + "\n")
    bring(FILES, path=(old, new) if swapped else (new, old))
    assert before.items() <= dict(harvest.rows()).items()
    assert named(harvest)["a parcel of this year"] == "2025/data/a.jsonl"


def test_a_file_keeps_its_longer_name_when_the_one_with_the_short_name_is_gone(
    tmp_path: Path, harvest: Harvest, bring: Bring
) -> None:
    """Its rows would get other ids, by which what was forgotten is not known."""
    jan = folder_of(tmp_path, "jan/chats", "一月的包裹")
    feb = folder_of(tmp_path, "feb/chats", "a parcel of February")
    bring(FILES, path=(jan, feb))
    before = {name: row for name, row in harvest.rows() if row["text"] == "一月的包裹"}
    bring(FILES, path=jan)
    assert dict(harvest.rows()) == before
    bring(FILES, path=(feb, jan))
    assert named(harvest)["一月的包裹"] == "jan/chats/a.jsonl"


def test_a_forgotten_row_stays_away_when_the_other_folder_of_its_name_is_gone(
    tmp_path: Path, harvest: Harvest, bring: Bring
) -> None:
    jan = folder_of(tmp_path, "jan/chats", "我的腿疼")
    feb = folder_of(tmp_path, "feb/chats", "a parcel of February")
    bring(FILES, path=(jan, feb))
    (row,) = (name for name, row in harvest.rows() if row["text"] == "我的腿疼")
    harvest.forget("row", row)
    harvest.drop(row)
    bring(FILES, path=jan)
    assert texts(harvest) == []


def test_another_process_may_write_while_a_file_is_copied(
    bucket: Any, harvest: Harvest, bring: Bring, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who forgets somebody waits for no download."""
    put(bucket, "a.jsonl", LINES)
    copied = local_copy

    def watched(file: RemoteFile, *more: Any, **named: Any) -> Any:
        assert not harvest.connection.in_transaction
        return copied(file, *more, **named)

    monkeypatch.setattr("chainring.data.sources.files.local_copy", watched)
    bring(FILES, path="memory://shop/*.jsonl", columns=COLUMNS)
    assert texts(harvest) == BOTH
    put(bucket, "b.jsonl", b'{"body": "Where?", "topic": "track"}')
    bring(FILES, path="memory://shop/*.jsonl", columns=COLUMNS)
    assert len(harvest) == len(BOTH) + 1


def test_a_harvest_that_held_no_names_keeps_those_of_the_last_folder(
    tmp_path: Path, harvest: Harvest, bring: Bring
) -> None:
    old = folder_of(tmp_path, "2023/data", "前年的包裹")
    new = folder_of(tmp_path, "2024/data", "a parcel of last year")
    bring(FILES, path=new)  # of two of one name, the last was all that was read once
    before = dict(harvest.rows())
    harvest.set_state("names", "")
    bring(FILES, path=(old, new))
    assert before.items() <= dict(harvest.rows()).items()


@pytest.mark.parametrize("below", ["", "/zh"])
@pytest.mark.parametrize("order", [("train", "test"), ("test", "train")])
def test_folders_of_one_name_tell_the_splits_of_both(
    tmp_path: Path, harvest: Harvest, bring: Bring, order: tuple[str, str], below: str
) -> None:
    paths = [folder_of(tmp_path, f"{one}{below}/data", f"rows to {one}") for one in order]
    bring(FILES, path=paths[1])
    assert all("split" not in row for _, row in harvest.rows())
    bring(FILES, path=tuple(paths))
    splits = {row["text"]: row.get("split", "") for _, row in harvest.rows()}
    assert splits == {"rows to train": "train", "rows to test": "test"}


def test_files_of_two_buckets_are_told_apart(bucket: Any) -> None:
    put(bucket, "a.csv", b"text\n")
    with bucket.open("/other/shop/a.csv", "wb") as file:
        file.write(b"text\n")
    urls = ["memory://shop/", "memory://other/shop/"]
    assert [one.name for one in remote_files(urls)] == ["other/shop/a.csv", "shop/a.csv"]
    assert remote_files(urls[::-1]) == remote_files(urls)


def test_files_that_no_name_tells_apart_are_refused(tmp_path: Path) -> None:
    for name in ("a.zip", "b.zip"):
        with zipfile.ZipFile(tmp_path / name, "w") as packed:
            packed.writestr("x.csv", "text\n")
    with pytest.raises(InputError, match=r"two files would both be called x\.csv"):
        remote_files([f"zip://x.csv::{tmp_path}/{name}" for name in ("a.zip", "b.zip")])


def test_a_file_larger_than_allowed_is_refused(bucket: Any, bring: Bring) -> None:
    put(bucket, "a.txt", os.urandom(3 << 20))
    with pytest.raises(InputError, match="more than max_file_mib = 1"):
        bring(FILES, path="memory://shop", max_file_mib=1)


@pytest.mark.parametrize(
    ("url", "fault"),
    [
        ("http://169.254.169.254/latest", "only where the recipe allows it"),
        ("simplecache::https://b.example/b.csv", "only where the recipe allows it"),
        ("https://a.example.evil.test/b.csv", "only where the recipe allows it"),
        ("ftp://ann:geheim@a.example/b.csv", "holds a password"),
    ],
)
def test_urls_that_may_not_be_read_are_a_fault_of_the_recipe(url: str, fault: str) -> None:
    with pytest.raises(ValidationError, match=fault):
        FilesSettings(path=url, allow=("https://a.example/",))


def test_an_allowed_url_passes_the_recipe() -> None:
    assert FilesSettings(path="https://a.example/b.csv", allow=("https://a.example/",))


def test_a_protocol_without_its_package_is_told_how_to_get_it() -> None:
    with pytest.raises(InputError, match="pip install s3fs"):
        remote_files(["s3://shop/a.csv"])
    with pytest.raises(InputError, match="no url that can be read"):
        remote_files(["nosuch://shop/a.csv"])


def test_the_second_text_of_a_pair_comes_along(bucket: Any, harvest: Harvest, bring: Bring) -> None:
    row = {"note": "夜间喘息", "says": "哮喘：发作性喘息。", "label": "fits"}
    put(bucket, "pairs.jsonl", json.dumps(row, ensure_ascii=False).encode())
    bring(FILES, path="memory://shop/*", columns={"text": "note", "pair": "says"})
    ((_, found),) = harvest.rows()
    assert (found["text"], found["pair"], found["label"]) == tuple(row.values())


def test_a_target_is_taken_by_its_name_or_the_mapping(
    bucket: Any, harvest: Harvest, bring: Bring
) -> None:
    put(bucket, "a.jsonl", '{"prompt": "写一首诗", "target": "床前明月光"}'.encode())
    bring(FILES, path="memory://shop/*", columns={"text": "prompt"})
    ((_, found),) = harvest.rows()
    assert (found["text"], found["target"]) == ("写一首诗", "床前明月光")
    put(bucket, "a.jsonl", b'{"text": "Where is it?", "stars": 4.0, "tags": [[0, 5, "wh"]]}')
    bring(FILES, path="memory://shop/*", columns={"target": "stars"})
    ((_, found),) = harvest.rows()
    assert found["target"] == "4"
    bring(FILES, path="memory://shop/*", columns={"target": "tags"})
    ((_, found),) = harvest.rows()
    assert found["target"] == '[[0,5,"wh"]]'


def test_what_lies_inside_of_a_column_is_named_with_a_dot(
    bucket: Any, harvest: Harvest, bring: Bring
) -> None:
    line = {"id": 7, "translation": {"en": "my parcel", "zh": "我的包裹"}, "label": ["b", "a"]}
    put(bucket, "a.jsonl", json.dumps(line).encode())
    columns = {"text": "translation.en", "target": "translation.zh"}
    bring(FILES, path="memory://shop/*", columns=columns)
    ((_, found),) = harvest.rows()
    assert (found["text"], found["target"], found["label"]) == ("my parcel", "我的包裹", "a|b")
    with pytest.raises(InputError) as caught:
        bring(FILES, path="memory://shop/*", columns=columns | {"text": "translation.fr"})
    assert "no column `translation.fr` for the text" in caught.value.faults[0]


def test_rows_of_one_text_that_differ_in_their_second_text_or_target_do_not_trade_places(
    bucket: Any, harvest: Harvest, bring: Bring
) -> None:
    def lines(*targets: str) -> bytes:
        rows = [{"text": "hello", "pair": "p", "target": one} for one in targets]
        return "".join(json.dumps(row) + "\n" for row in rows).encode()

    put(bucket, "a.jsonl", lines("hallo", "servus"))
    bring(FILES, path="memory://shop/*")
    before = {name: row["target"] for name, row in harvest.rows()}
    put(bucket, "a.jsonl", lines("moin", "servus", "hallo"))
    bring(FILES, path="memory://shop/*")
    after = {name: row["target"] for name, row in harvest.rows()}
    assert before.items() <= after.items()
    assert len(after) == 3
