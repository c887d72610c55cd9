"""A text is found in whatever a file is packed in, and only where it is."""

from __future__ import annotations

import gzip
import json
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
