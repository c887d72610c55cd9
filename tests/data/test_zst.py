"""Zstandard files are read as streams, to their last byte, and a cut or damaged one is told."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from chainring.data.lines import lines
from chainring.data.zst import open_zst


@given(st.lists(st.binary(max_size=5000), max_size=4))
def test_all_frames_come_back_as_they_were(
    tmp_path_factory: pytest.TempPathFactory, frames: list[bytes]
) -> None:
    path = tmp_path_factory.mktemp("zst") / "a.zst"
    path.write_bytes(b"".join(zstandard.compress(frame) for frame in frames))
    with open_zst(path) as file:
        assert file.read() == b"".join(frames)


def test_a_large_file_comes_back_in_pieces(tmp_path: Path) -> None:
    data = os.urandom(1 << 20) + b"0" * (1 << 22)
    (tmp_path / "a.zst").write_bytes(zstandard.compress(data))
    with open_zst(tmp_path / "a.zst") as file:
        assert b"".join(iter(lambda: file.read(10_000), b"")) == data


@pytest.mark.parametrize("kept", [1, 10, 0.5, -1])
def test_a_file_that_was_cut_is_told(tmp_path: Path, kept: float) -> None:
    packed = zstandard.compress(os.urandom(200_000))
    size = int(len(packed) * kept) if kept == 0.5 else int(kept)
    (tmp_path / "a.zst").write_bytes(packed[:size])
    with open_zst(tmp_path / "a.zst") as file, pytest.raises(EOFError):
        file.read()


def test_lines_of_a_damaged_file_are_read_up_to_the_damage_and_the_damage_told(
    tmp_path: Path,
) -> None:
    checked = zstandard.ZstdCompressor(write_checksum=True)  # as the command zstd does
    packed = bytearray(checked.compress(b"".join(b"%d\n" % n for n in range(200_000))))
    packed[len(packed) // 2] ^= 255
    (tmp_path / "a.txt.zst").write_bytes(packed)
    said: list[str] = []
    found = list(
        lines(
            tmp_path / "a.txt.zst", report=lambda at, why: said.append(f"{at}: {why}"), max_bytes=99
        )
    )
    assert len(said) == 1
    assert "damaged Zstandard file" in said[0]
    assert [int(line) for _, line in found[:1000]] == list(range(1000))
