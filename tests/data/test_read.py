from __future__ import annotations

import json
import os
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.litter import littered

from chainring.contracts.errors import InputError
from chainring.data.faults import Faults
from chainring.data.read import files_of, is_paper, rows_of, source_of, split_of
from chainring.data.rows import RawRow
from chainring.data.settings import DataSettings
from chainring.store.files import DigestCache
from chainring.text.errors import error_in_chinese


@pytest.fixture
def digests(tmp_path: Path) -> DigestCache:
    return DigestCache(tmp_path / "cache" / "digests.json")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "help.jsonl").write_text('{"text": "Where is it?", "label": "track"}\n')
    return folder


def raw(path: Path, **more: object) -> tuple[list[RawRow], list[str]]:
    faults = Faults()
    given = DataSettings.model_validate({"path": str(path), **more})
    source = source_of(
        given.paths, app="shop", digests=DigestCache(path / ".none"), root=path.parent
    )
    return list(rows_of(source, settings=given, faults=faults)), faults.said()


def age(path: Path) -> None:
    """Make a file look as if it had been written a minute ago."""
    then = time.time() - 60
    os.utime(path, (then, then))


def test_a_source_of_unchanged_files_has_the_same_digest_and_reads_none(
    data: Path, digests: DigestCache, monkeypatch: pytest.MonkeyPatch
) -> None:
    age(data / "help.jsonl")
    first = source_of(data, app="shop", digests=digests)
    monkeypatch.setattr("chainring.store.files.file_digest", lambda path: pytest.fail("read"))
    assert source_of(data, app="shop", digests=DigestCache(digests._path)) == first


@pytest.mark.parametrize(
    "change",
    [
        lambda data: (data / "help.jsonl").write_text('{"text": "Where?", "label": "track"}\n'),
        lambda data: (data / "help.jsonl").rename(data / "other.jsonl"),
        lambda data: (data / "new.txt").write_text("one more\n"),
    ],
    ids=["content", "name", "file"],
)
def test_a_change_of_content_name_or_files_changes_the_digest(
    data: Path, digests: DigestCache, change: Callable[[Path], object]
) -> None:
    before = source_of(data, app="shop", digests=digests)
    change(data)
    assert source_of(data, app="shop", digests=digests).digest != before.digest


def test_the_digest_does_not_depend_on_where_the_folder_lies(
    data: Path, digests: DigestCache, tmp_path: Path
) -> None:
    before = source_of(data, app="shop", digests=digests)
    (tmp_path / "elsewhere").mkdir()
    moved = data.rename(tmp_path / "elsewhere" / "data")
    assert source_of(moved, app="shop", digests=digests).digest == before.digest


def test_hidden_files_are_no_data(data: Path, digests: DigestCache) -> None:
    before = source_of(data, app="shop", digests=digests)
    (data / ".DS_Store").write_bytes(b"x")
    (data / ".git").mkdir()
    (data / ".git" / "a.jsonl").write_bytes(b"x")
    assert source_of(data, app="shop", digests=digests) == before


def test_paths_that_are_not_there_are_all_named_with_the_nearest_name(
    data: Path, digests: DigestCache
) -> None:
    (data.parent / "empty").mkdir()
    with pytest.raises(InputError) as caught:
        source_of(["dataa", "empty", "data/*.csv"], app="s", digests=digests, root=data.parent)
    first, second, third = caught.value.faults
    assert first.endswith("dataa: not there; did you mean 'data'?")
    assert "an empty folder" in second
    assert ".jsonl" in second
    assert "*.csv: not there" in third


def test_files_are_named_from_their_folder_and_each_is_read_once(data: Path) -> None:
    (data / "zh").mkdir()
    (data / "zh" / "help.csv").write_text("text,label\n我要退货,return\n")
    both = files_of(f"{data}\n{data}/zh\n{data}/*.jsonl")
    assert [file.name for file in both] == ["data/help.jsonl", "data/zh/help.csv"]


def test_a_glob_names_files(data: Path) -> None:
    (data / "b.csv").write_text("x")
    assert [file.name for file in files_of(f"{data}/*.jsonl")] == ["help.jsonl"]


@pytest.mark.parametrize(
    ("name", "split"),
    [
        ("bank/train.jsonl.gz", "train"),
        ("bank/train-00000-of-00002.parquet", "train"),
        ("bank/dev.tsv", "validation"),
        ("bank/valid.csv", "validation"),
        ("bank/Validation.csv", "validation"),
        ("bank/test_2017.jsonl", "test"),
        ("bank/test/zh.jsonl", "test"),
        ("bank/dev/train.jsonl", "train"),
        ("bank/train-test.jsonl", ""),
        ("bank/contest.jsonl", ""),
        ("bank/devices.csv", ""),
        ("bank/help.jsonl", ""),
        ("数据/训练集.csv", "train"),
        ("数据/验证集.csv", "validation"),
        ("数据/开发集_2.csv", "validation"),
        ("数据/客服测试集.xlsx", "test"),
        ("数据/測試.csv", "test"),
        ("数据/测试数据集2026.csv", "test"),
        ("数据/测试/催单.csv", "test"),
        ("数据/未标注.csv", "unlabelled"),
        ("数据/训练集和测试集.csv", ""),
        ("数据/测试问题.csv", ""),
        ("数据/测试集成.csv", ""),
        ("数据/开发.csv", ""),
    ],
)
def test_a_file_name_tells_its_split(name: str, split: str) -> None:
    assert split_of(name) == split


def test_a_split_column_wins_over_the_file_name(data: Path) -> None:
    rows = ["text,label,split", "a,x,test", "b,y,dev", "c,x,", "d,y,测试集"]
    (data / "train.csv").write_text("\n".join(rows))
    found, said = raw(data / "train.csv")
    assert [row.split for row in found] == ["test", "validation", "train", "test"]
    assert not said


def test_plain_text_is_read_beside_tables_whose_columns_are_mapped(data: Path) -> None:
    (data / "help.jsonl").unlink()
    (data / "a.csv").write_text("客户留言,问题类型\n到哪了,物流\n", encoding="utf-8")
    (data / "旧.txt").write_text("怎么退货\n", encoding="utf-8")
    mapping = {"text": "客户留言", "label": "问题类型"}
    found, said = raw(data, columns=mapping)
    assert not said
    assert [row.values["text"].strip() for row in found] == ["到哪了", "怎么退货"]
    (data / "a.csv").unlink()
    assert "no file has that column" in raw(data, columns=mapping)[1][0]


def test_an_unknown_split_is_a_fault(data: Path) -> None:
    (data / "a.csv").write_text("text,label,split\na,x,tets\n")
    said = raw(data / "a.csv")[1]
    assert said[0].startswith("a.csv: line 2: split 'tets' is none of dev, test, train")
    assert said[0].endswith("did you mean 'test'?")


def test_faults_of_all_files_come_together_with_file_and_line(data: Path) -> None:
    (data / "a.csv").write_text("sentence,y\nhello,x\n")
    (data / "b.jsonl").write_bytes(b'{"text": "ok", "label": "x"}\n{"text": "\xff"}\nnot json\n')
    (data / "c.csv").write_bytes(b"")
    (data / "d.tsv").write_text("text\tlabel\n")
    (data / "e.jsonl").write_text('{"text": ["a", "b"], "label": "x"}\n{"text": 1, "label": [2]}\n')
    found, said = raw(data)
    assert [row.source for row in found if row.source == "data/help.jsonl"] == ["data/help.jsonl"]
    assert [one.split(" (")[0].split(" at byte")[0] for one in said] == [
        "data/a.csv: columns `text`, `label` expected; found `sentence`, `y`; map them with "
        '[data.columns], for example text = "sentence", label = "y"',
        "data/b.jsonl: line 2: broken UTF-8",
        "data/b.jsonl: line 3: no JSON",
        "data/c.csv: an empty file; fill it or take it away",
        "data/d.tsv: an empty file; fill it or take it away",
        "data/e.jsonl: line 1: column `text` holds a list; one text a row is expected",
        "data/e.jsonl: line 2: column `label` holds a list; one label a row is expected",
    ]


def test_a_mapped_column_that_no_file_has_is_a_fault(data: Path) -> None:
    said = raw(data, columns={"language": "lng"})[1]
    assert said == ["data.columns: language = 'lng': no file has that column"]


def test_columns_are_mapped_by_name(data: Path) -> None:
    (data / "help.jsonl").unlink()
    (data / "a.csv").write_text("句子,类别,人\n我要退货,return,王\n", encoding="utf-8")
    found, said = raw(data, columns={"text": "句子", "label": "类别", "subject": "人"})
    assert found[0].values == {"text": "我要退货", "label": "return", "subject": "王"}
    assert not said


def test_numbers_and_truths_become_text_and_nothing_stays_nothing(data: Path) -> None:
    rows = [
        '{"text": 5, "label": 1.0}',
        '{"text": "a", "label": true}',
        '{"text": "b", "label": null}',
        '{"text": "c", "label": NaN}',
        '{"text": NaN, "label": "x"}',
    ]
    (data / "help.jsonl").write_text("\n".join(rows))
    found, _ = raw(data)
    assert [row.values for row in found] == [
        {"text": "5", "label": "1"},
        {"text": "a", "label": "true"},
        {"text": "b"},
        {"text": "c"},
        {"label": "x"},
    ]


def test_plain_text_and_what_the_recipe_names_unlabelled_has_no_label(data: Path) -> None:
    (data / "notes.txt").write_text("一行\n", encoding="utf-8")
    (data / "articles").mkdir()
    (data / "articles" / "test.jsonl").write_text('{"text": "An article.", "label": "track"}\n')
    (data / "more.jsonl").write_text('{"text": "More.", "label": "track", "title": "T"}\n')
    found, said = raw(data, unlabelled=["./data/articles", f"../{data.parent.name}/data/mo*.jsonl"])
    assert said == []
    labelled = {row.source: "label" in row.values for row in found}
    assert labelled == {
        "data/help.jsonl": True,
        "data/notes.txt": False,
        "data/articles/test.jsonl": False,
        "data/more.jsonl": False,
    }
    assert {row.split for row in found} == {""}


def test_papers_and_unknown_endings_are_counted_and_not_read(data: Path) -> None:
    for name in ("README.txt", "LICENSE.txt", "model.bin", "Makefile"):
        (data / name).write_text("no data\n")
    skipped: Counter[str] = Counter()
    source = source_of(data, app="s", digests=DigestCache(data / ".c"))
    found = list(rows_of(source, settings=DataSettings(), faults=Faults(), skipped=skipped))
    assert len(found) == 1
    assert skipped == {
        "file not read: .txt": 2,
        "file not read: .bin": 1,
        "file not read: no ending": 1,
    }


def test_a_folder_without_a_file_that_can_be_read_is_a_fault(data: Path) -> None:
    (data / "help.jsonl").rename(data / "help.docx")
    said = raw(data)[1]
    assert len(said) == 1
    assert "no file ends in .csv, .htm, .html, .jsonl, .ndjson, .parquet, .tsv, .txt" in said[0]


def test_what_stands_alone_in_a_folder_and_is_not_read_is_named(data: Path) -> None:
    (data / "help.jsonl").rename(data / "客服.xlsx")
    (said,) = raw(data)[1]
    told = "; passed over by its ending: data/客服.xlsx; save a spreadsheet as CSV UTF-8"
    assert said.endswith(told)
    for number in range(6):
        (data / f"a{number}.docx").write_text("")
    (data / "README.txt").write_text("about")
    (said,) = raw(data)[1]
    assert "data/a4.docx and 2 more; save a spreadsheet" in said
    assert said.endswith("as about the data: data/README.txt")
    told = error_in_chinese(said)
    assert "data/a4.docx 等，另有 2 个；电子表格请另存为 CSV UTF-8；因名称" in told
    for name in ("客服.xlsx", "README.txt"):
        (data / name).unlink()
        (said,) = raw(data)[1]
        assert "data/a4.docx 等，另有 1 个" in error_in_chinese(said)


@pytest.mark.parametrize("ending", ["csv", "tsv"])
def test_a_table_of_another_encoding_has_one_fault_and_no_false_ones(
    data: Path, ending: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Below a header that cannot be read, a line of plain letters is none."""
    rows = ["客服留言,意图", *(f"我的包裹到哪了{n},查询" for n in range(20)), "a,b", "c,d"]
    table = "\n".join(rows).replace(",", "," if ending == "csv" else "\t")
    (data / "help.jsonl").unlink()
    (data / f"客服留言.{ending}").write_bytes(table.encode("gb18030"))
    monkeypatch.chdir(data.parent)
    found, said = raw(data, columns={"text": "客服留言", "label": "意图"})
    first, *others = said
    assert not found
    name = f"data/客服留言.{ending}"
    assert f"iconv -f gb18030 -t utf-8 {name} > new && mv new {name}" in first.replace("'", "")
    assert [one.split(": ")[-1] for one in others] == ["broken, too"]


def written(path: Path, rows: list[dict[str, object]]) -> None:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))


def test_a_key_that_begins_late_counts_from_its_first_row_on(data: Path) -> None:
    late = {"consent": "refused", "subject": "ann", "split": "test", "author": "bo"}
    rows: list[dict[str, object]] = [{"text": f"row {n}", "label": "x"} for n in range(400)]
    written(data / "help.jsonl", [*rows, {"text": "mine", "label": "x", **late}, rows[0]])
    found, said = raw(data)
    assert not said
    assert len(found) == 402
    assert found[400].split == "test"
    assert {"consent": "refused", "subject": "ann", "author": "bo"}.items() <= (
        found[400].values.items()
    )
    assert found[401].values == {"text": "row 0", "label": "x"}


def test_labels_that_begin_late_are_read(data: Path) -> None:
    rows: list[dict[str, object]] = [{"text": f"row {n}"} for n in range(150)]
    written(data / "help.jsonl", [*rows, {"text": "last", "label": "x"}])
    found, said = raw(data)
    assert not said
    assert [row.values["text"] for row in found if "label" in row.values] == ["last"]


def test_a_column_that_begins_late_is_no_missing_one(data: Path) -> None:
    rows: list[dict[str, object]] = [{"text": f"row {n}", "title": "t"} for n in range(150)]
    written(data / "help.jsonl", [*rows, {"text": "last", "label": "x", "agreed": "no"}])
    found, said = raw(data, columns={"consent": "agreed"})
    assert not said
    assert len(found) == 151
    assert found[-1].values == {"text": "last", "label": "x", "consent": "no"}


def test_what_is_wrong_with_late_rows_comes_once_with_all_other_faults(data: Path) -> None:
    rows: list[dict[str, object]] = [{"text": f"row {n}"} for n in range(150)]
    bad: dict[str, object] = {"text": ["a", "b"]}
    written(data / "help.jsonl", [*rows, {"text": "a", "topic": "x"}, bad, {"texts": "b"}])
    (data / "other.jsonl").write_text('{"sentence": "a"}\nno json\n' + '{"sentence": "a"}\n' * 150)
    said = raw(data)[1]
    assert [one.split(" (")[0] for one in said] == [
        "data/help.jsonl: line 152: column `text` holds a list; one text a row is expected",
        "data/help.jsonl: column `label` expected; found `text`, `topic`, `texts`; map it with "
        '[data.columns], for example label = "topic", or name the file in data.unlabelled',
        "data/other.jsonl: line 2: no JSON",
        "data/other.jsonl: columns `text`, `label` expected; found `sentence`; map them with "
        '[data.columns], for example text = "sentence"',
    ]


def test_the_kind_of_label_a_file_begins_with_stays(data: Path) -> None:
    rows: list[dict[str, object]] = [{"text": f"row {n}", "label": "x"} for n in range(150)]
    written(data / "help.jsonl", [*rows, {"text": "last", "label": "x", "label_name": "y"}])
    assert {row.values["label"] for row in raw(data)[0]} == {"x"}


@pytest.mark.parametrize(
    "name",
    [
        "notice.csv",
        "License.jsonl.gz",
        "copying.parquet",
        "readme.tsv",
        "使用说明.txt",
        "说明.txt",
        "說明.md",
    ],
)
def test_tables_and_instructions_for_use_are_no_papers(name: str) -> None:
    assert not is_paper(name)


@pytest.mark.parametrize(
    "name", ["NOTICE", "data/README.md", "LICENSE.txt.gz", "readme.zh.html", "自述.txt"]
)
def test_what_is_about_the_data_is_a_paper(name: str) -> None:
    assert is_paper(name)


def test_notices_in_a_table_are_rows_and_a_lone_paper_is_named(data: Path) -> None:
    (data / "help.jsonl").unlink()
    (data / "notice.txt").write_text("one notice\n")
    said = raw(data)[1]
    assert said[0].endswith("; passed over by its name, as about the data: data/notice.txt")
    (data / "notice.csv").write_text("text,label\n停水公告,water\n", encoding="utf-8")
    found, said = raw(data)
    assert not said
    assert [row.values["text"] for row in found] == ["停水公告"]


def test_what_a_system_lays_into_a_folder_is_no_data(data: Path, digests: DigestCache) -> None:
    before = source_of(data, app="shop", digests=digests)
    assert source_of(littered(data), app="shop", digests=digests) == before
    names = [file.name for file in files_of(f"{data}/*")]
    assert names == [file.path.name for file in files_of(str(data))]
