"""A text is found in whatever a file is packed in, and only where it is."""

from __future__ import annotations

import bz2
import csv
import gzip
import html
import io
import json
import lzma
import zipfile
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard

from chainring.trust import search as module
from chainring.trust.search import search

SAID = '我的秘密 is that I "never" paid'


def test_a_text_is_found_in_every_kind_of_packing(tmp_path: Path) -> None:
    plain = SAID.encode()
    contents = {
        "a.txt": b"before " + plain + b" after",
        "b.jsonl": json.dumps({"text": SAID}).encode(),
        "c.jsonl": json.dumps({"text": SAID}, ensure_ascii=False).encode(),
        "d.gz": gzip.compress(plain),
        "e.zst": zstandard.compress(plain),
        "none.txt": plain[:-1],
        "none.gz": gzip.compress(b"nothing"),
    }
    for name, data in contents.items():
        (tmp_path / name).write_bytes(data)
    pq.write_table(pa.table({"text": [SAID]}), tmp_path / "f.parquet", compression="zstd")
    found = search(tmp_path, [SAID])
    assert found.files == 8
    assert found.holding == ("a.txt", "b.jsonl", "c.jsonl", "d.gz", "e.zst", "f.parquet")


ODD = "I don't want 张's \"gift\" & more <please>"


def a_zip(text: str) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("inside/a.txt", "before " + text)
    return made.getvalue()


def a_csv(text: str) -> bytes:
    made = io.StringIO()
    csv.writer(made).writerow(["1", text])
    return made.getvalue().encode()


def test_a_text_is_found_as_pages_sheets_and_other_encodings_write_it(tmp_path: Path) -> None:
    contents = {
        "a.html": html.escape(ODD).encode(),
        "b.xml": html.escape(ODD, quote=False).encode(),
        "c.csv": a_csv(ODD),
        "d.txt": ODD.encode("gb18030"),
        "e.txt": ODD.encode("utf-16"),
        "f.zip": a_zip(ODD),
        "g.xlsx": a_zip(html.escape(ODD, quote=False)),
        "h.bz2": bz2.compress(ODD.encode()),
        "i.xz": lzma.compress(ODD.encode()),
        "none.zip": a_zip(ODD[:-1]),
        "none.txt": ODD[:-1].encode("gb18030"),
    }
    for name, data in contents.items():
        (tmp_path / name).write_bytes(data)
    found = search(tmp_path, [ODD])
    assert [name for name in contents if name not in found.holding] == ["none.zip", "none.txt"]
    assert found.unread == ()


def test_archives_that_nobody_looks_into_are_named(tmp_path: Path) -> None:
    heads = {"a.7z": b"7z\xbc\xaf\x27\x1c", "b.rar": b"Rar!\x1a\x07", "c.pdf": b"%PDF-1.7"}
    for name, data in heads.items():
        (tmp_path / name).write_bytes(data + b"x" * 40)
    (tmp_path / "d.zip").write_bytes(a_zip(ODD)[:60])
    (tmp_path / "e.pdf").write_bytes(b"%PDF-1.7 " + ODD.encode())
    (tmp_path / "f.txt").write_bytes(b"%P")
    found = search(tmp_path, [ODD])
    assert (found.holding, found.unread) == (("e.pdf",), ("a.7z", "b.rar", "c.pdf", "d.zip"))


def test_a_text_that_lies_across_two_chunks_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_CHUNK", 7)
    (tmp_path / "a").write_bytes(b"x" * 10 + SAID.encode() + b"x" * 10)
    assert search(tmp_path, [SAID]).holding == ("a",)


def test_without_a_text_nothing_is_found(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"x")
    assert search(tmp_path, []).holding == ()


def test_what_cannot_be_unpacked_is_no_silent_no(tmp_path: Path) -> None:
    (tmp_path / "a.gz").write_bytes(gzip.compress(b"x" * 1000)[:-12])
    (tmp_path / "b.parquet").write_bytes(b"PAR1 and no table")
    (tmp_path / "c.zst").write_bytes(zstandard.compress(b"x" * 1000)[:4] + b"no frame")
    found = search(tmp_path, [SAID])
    assert (found.holding, found.unread) == ((), ("a.gz", "b.parquet", "c.zst"))
