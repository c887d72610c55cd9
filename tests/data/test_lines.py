from __future__ import annotations

import gzip
import tracemalloc
from pathlib import Path

import pytest

from chainring.data.lines import lines


def read(path: Path, max_bytes: int = 1 << 20) -> tuple[list[tuple[int, str]], list[str]]:
    said: list[str] = []
    found = list(
        lines(path, report=lambda at, cause: said.append(f"{at}: {cause}"), max_bytes=max_bytes)
    )
    return found, said


def test_lines_come_numbered_with_their_ends(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes("one\r\n\n三".encode())
    assert read(tmp_path / "a") == ([(1, "one\r\n"), (2, "\n"), (3, "三")], [])


def test_a_byte_order_mark_is_no_text(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes("\ufeff文本\n".encode())
    assert read(tmp_path / "a")[0] == [(1, "文本\n")]


def test_a_gzip_file_reads_as_the_plain_one(tmp_path: Path) -> None:
    (tmp_path / "a.gz").write_bytes(gzip.compress("我的\nparcel\n".encode()))
    assert read(tmp_path / "a.gz") == ([(1, "我的\n"), (2, "parcel\n")], [])


def test_broken_utf8_is_reported_by_line_and_byte_and_the_next_line_is_read(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"fine\nab\xffcd\nfine too\n")
    found, said = read(tmp_path / "a")
    assert found == [(1, "fine\n"), (3, "fine too\n")]
    assert len(said) == 1
    assert said[0].startswith("line 2: broken UTF-8 at byte 3 of the line (0xff)")
    assert "iconv -f gb18030 -t utf-8" in said[0]


def test_chinese_text_in_gb18030_is_reported_with_the_way_to_convert_it(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes("我的包裹到哪了？\n".encode("gb18030"))
    found, said = read(tmp_path / "a")
    assert not found
    assert "gb18030" in said[0]


def test_the_advice_is_given_once_and_is_the_whole_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "data" / "my help.csv"
    file.parent.mkdir()
    file.write_bytes("包裹\n退货\n发票\n".encode("gb18030"))
    _, said = read(file)
    assert f"iconv -f gb18030 -t utf-8 '{file}' > new && mv new '{file}'" in said[0]
    monkeypatch.chdir(tmp_path)
    name = "'data/my help.csv'"
    assert f"iconv -f gb18030 -t utf-8 {name} > new && mv new {name}" in read(file)[1][0]
    assert said[1:] == ["line 2: broken, too", "line 3: broken, too"]


def test_utf16_is_named(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes("text\n".encode("utf-16"))
    assert "line 1: UTF-16, expected UTF-8" in read(tmp_path / "a")[1][0]


def test_a_line_over_the_bound_is_reported_with_its_size_and_the_next_is_read(
    tmp_path: Path,
) -> None:
    (tmp_path / "a").write_bytes(b"short\n" + b"x" * 5_000 + b"\nshort\n" + b"y" * 3_000)
    found, said = read(tmp_path / "a", max_bytes=1_000)
    assert found == [(1, "short\n"), (3, "short\n")]
    assert said[0].startswith("line 2: 5001 bytes, more than the 1000 allowed")
    assert said[1].startswith("line 4: 3000 bytes")
    assert "max_bytes_per_line" in said[0]


def test_a_line_at_the_bound_is_read(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"x" * 1_000 + b"\n" + b"y" * 1_000)
    found, said = read(tmp_path / "a", max_bytes=1_000)
    assert [len(line) for _, line in found] == [1_001, 1_000]
    assert not said


def test_a_line_of_a_gigabyte_never_stands_in_memory(tmp_path: Path) -> None:
    path = tmp_path / "a"
    with path.open("wb") as out:
        out.write(b"first\n")
        out.truncate(1 << 30)  # a hole: no disk is used
    tracemalloc.start()
    found, said = read(path, max_bytes=1 << 20)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert found == [(1, "first\n")]
    assert said[0].startswith(f"line 2: {(1 << 30) - 6} bytes")
    assert peak < 32 << 20


def test_a_truncated_gzip_file_is_reported_after_the_lines_that_could_be_read(
    tmp_path: Path,
) -> None:
    whole = gzip.compress(b"".join(b"line %d\n" % i for i in range(20_000)))
    (tmp_path / "a.gz").write_bytes(whole[: len(whole) // 2])
    found, said = read(tmp_path / "a.gz")
    assert found
    assert len(said) == 1
    assert "damaged gzip file" in said[0]


def test_a_gzip_ending_on_a_plain_file_is_reported(tmp_path: Path) -> None:
    (tmp_path / "a.gz").write_bytes(b"plain\n")
    assert "damaged gzip file" in read(tmp_path / "a.gz")[1][0]


def test_a_file_that_is_not_there_any_more_is_reported(tmp_path: Path) -> None:
    assert read(tmp_path / "gone") == (
        [],
        ["after line 0: cannot be read: No such file or directory"],
    )
