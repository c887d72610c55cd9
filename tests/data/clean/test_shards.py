"""Every line stands in exactly one shard, whatever the size of the shards."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.litter import littered

from chainring.contracts.errors import InputError
from chainring.data.clean.shards import lines_of, shards_of

LINES = st.lists(st.binary(max_size=20).map(lambda b: b.replace(b"\n", b"-")), max_size=12)


@settings(max_examples=60)
@given(LINES, st.integers(1, 40), st.booleans())
def test_ranges_of_any_size_hold_every_line_once(
    tmp_path_factory: pytest.TempPathFactory, found: list[bytes], size: int, ends: bool
) -> None:
    path = tmp_path_factory.mktemp("lines") / "a.jsonl"
    raw = b"\n".join(found) + (b"\n" if ends else b"")
    path.write_bytes(raw)
    read = [
        (line.place, line.raw.rstrip(b"\n"))
        for shard in shards_of([path], size=size)
        for line in lines_of(shard, max_bytes=100)
    ]
    expected, place = [], 0
    for line in raw.split(b"\n"):
        bare = line.removeprefix(b"\xef\xbb\xbf") if place == 0 else line
        if bare and not bare.isspace():
            expected.append((place, bare))
        place += len(line) + 1
    assert read == expected


def test_folders_are_read_in_the_order_of_names_and_hidden_files_are_passed_over(
    tmp_path: Path,
) -> None:
    for name in ("b.jsonl", "a/c.ndjson.gz", ".hidden.jsonl", "notes.txt", "a/d.jsonl.zst"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    found = shards_of([tmp_path, tmp_path / "b.jsonl"], size=1 << 20)
    folder = tmp_path.name
    names = [f"{folder}/a/c.ndjson.gz", f"{folder}/a/d.jsonl.zst", f"{folder}/b.jsonl"]
    assert [shard.name for shard in found] == names
    assert [shard.number for shard in found] == [0, 1, 2]


def test_all_inputs_that_hold_nothing_are_named_at_once(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").touch()
    with pytest.raises(InputError) as error:
        shards_of([tmp_path, tmp_path / "nowhere"], size=1)
    assert len(error.value.faults) == 2


def test_what_a_system_lays_beside_files_is_nothing_to_clean(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").touch()
    (names,) = shards_of([littered(tmp_path)], size=1)
    assert names.name == f"{tmp_path.name}/a.jsonl"
