from __future__ import annotations

import errno
import fcntl
import hashlib
import json
import os
import time
from pathlib import Path

import pytest

from chainring.contracts.errors import ConflictError, SpaceError
from chainring.store import files
from chainring.store.files import (
    DigestCache,
    FullDiskTold,
    copy_durably,
    file_digest,
    full_disk_explained,
    make_folder,
    require_free,
    write_durably,
)

OLD = time.time() - 3600


def old_file(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    os.utime(path, (OLD, OLD))
    return path


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Every file whose bytes are digested."""
    seen: list[Path] = []
    digested = files.file_digest

    def counted(path: Path) -> str:
        seen.append(path)
        return digested(path)

    monkeypatch.setattr(files, "file_digest", counted)
    return seen


def test_a_digest_is_the_blake2b_of_the_bytes(tmp_path: Path) -> None:
    data = "物流太久了".encode() * 300_000
    (tmp_path / "a").write_bytes(data)
    assert (
        file_digest(tmp_path / "a")
        == "blake2b:" + hashlib.blake2b(data, digest_size=32).hexdigest()
    )


def test_an_unchanged_file_is_read_once(tmp_path: Path, reads: list[Path]) -> None:
    path = old_file(tmp_path / "weights", b"x" * 100)
    cache = DigestCache(tmp_path / "digests.json")
    first = cache.digest(path)
    cache.save()
    assert DigestCache(tmp_path / "digests.json").digest(path) == first
    assert reads == [path]


def test_a_file_asked_for_fresh_is_read_again(tmp_path: Path, reads: list[Path]) -> None:
    path = old_file(tmp_path / "weights", b"x" * 100)
    cache = DigestCache(tmp_path / "digests.json")
    cache.digest(path)
    cache.digest(path, fresh=True)
    assert len(reads) == 2


@pytest.mark.parametrize("change", ["bytes", "size", "inode"])
def test_a_changed_file_is_read_again(tmp_path: Path, change: str) -> None:
    path = old_file(tmp_path / "weights", b"x" * 100)
    cache = DigestCache(tmp_path / "digests.json")
    before = cache.digest(path)
    if change == "bytes":
        path.write_bytes(b"y" * 100)
        os.utime(path, (OLD + 1, OLD + 1))
    elif change == "size":
        old_file(path, b"x" * 99)
    else:
        old_file(tmp_path / "other", b"y" * 100).replace(path)
    assert cache.digest(path) == file_digest(path) != before


def test_a_second_change_within_the_same_time_stamp_is_seen(tmp_path: Path) -> None:
    path = tmp_path / "racy"
    path.write_bytes(b"first")
    stamp = path.stat().st_mtime_ns
    cache = DigestCache(tmp_path / "digests.json")
    cache.digest(path)
    path.write_bytes(b"other")
    os.utime(path, ns=(stamp, stamp))
    assert cache.digest(path) == file_digest(path)


@pytest.mark.parametrize("text", ["", "{", "[]", "7", '{"/a": 3}', '{"/a": [1]}', '{"/a": null}'])
def test_a_cache_that_cannot_be_read_is_forgotten(tmp_path: Path, text: str) -> None:
    (tmp_path / "digests.json").write_text(text)
    path = old_file(tmp_path / "weights", b"x")
    cache = DigestCache(tmp_path / "digests.json")
    assert cache.digest(path) == file_digest(path)
    cache.save()
    assert str(path) in json.loads((tmp_path / "digests.json").read_text())


def test_a_cache_that_cannot_be_written_costs_nothing_but_time(tmp_path: Path) -> None:
    (tmp_path / "place").write_text("a file where a folder should be")
    path = old_file(tmp_path / "weights", b"x")
    cache = DigestCache(tmp_path / "place" / "digests.json")
    assert cache.digest(path) == file_digest(path)
    cache.save()


def test_a_written_file_replaces_the_old_one_and_leaves_no_other(tmp_path: Path) -> None:
    write_durably(tmp_path / "deep" / "er" / "key", b"one", mode=0o600)
    write_durably(tmp_path / "deep" / "er" / "key", b"two", mode=0o600)
    assert (tmp_path / "deep" / "er" / "key").read_bytes() == b"two"
    assert (tmp_path / "deep" / "er" / "key").stat().st_mode & 0o777 == 0o600
    assert [path.name for path in (tmp_path / "deep" / "er").iterdir()] == ["key"]


def test_a_write_that_fails_keeps_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_durably(tmp_path / "key", b"old")

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "no space")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(SpaceError, match="chainring gc"):
        write_durably(tmp_path / "key", b"new")
    assert (tmp_path / "key").read_bytes() == b"old"
    assert len(list(tmp_path.iterdir())) == 1


def test_a_mac_is_told_to_empty_the_cache_of_its_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []

    def full_sync(handle: int, command: int) -> int:
        asked.append(command)
        return 0

    monkeypatch.setattr(files, "_FULL_SYNC", 51)
    monkeypatch.setattr(fcntl, "fcntl", full_sync)
    monkeypatch.setattr(os, "fsync", lambda _: pytest.fail("fsync alone"))
    write_durably(tmp_path / "key", b"kept")
    assert asked == [51, 51]  # the file and its folder


def test_a_share_that_knows_no_full_sync_is_synced_as_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[int] = []

    def unknown(handle: int, command: int) -> int:
        raise OSError(errno.ENOTSUP, "Operation not supported")

    monkeypatch.setattr(files, "_FULL_SYNC", 51)
    monkeypatch.setattr(fcntl, "fcntl", unknown)
    monkeypatch.setattr(os, "fsync", synced.append)
    write_durably(tmp_path / "key", b"kept")
    assert len(synced) == 2


def test_a_file_that_changes_while_it_is_copied_is_refused(tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.write_bytes(b"now")
    with pytest.raises(ConflictError, match="changed while"):
        copy_durably(source, tmp_path / "blob", digest="blake2b:" + "0" * 64)
    assert [path.name for path in tmp_path.iterdir()] == ["source"]


def test_every_folder_made_is_synced_into_its_parent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[Path] = []
    monkeypatch.setattr(files, "sync_folder", synced.append)
    make_folder(tmp_path / "a" / "b")
    assert set(synced) == {tmp_path, tmp_path / "a"}


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_is_named_with_the_next_step(tmp_path: Path, number: int) -> None:
    with (
        pytest.raises(SpaceError, match=f"{tmp_path} is full.*chainring gc"),
        full_disk_explained(tmp_path),
    ):
        raise OSError(number, "full")


def test_another_error_of_the_disk_stays_as_it_is(tmp_path: Path) -> None:
    with pytest.raises(PermissionError), full_disk_explained(tmp_path):
        raise PermissionError(errno.EACCES, "not yours")


def test_a_step_is_refused_before_it_starts_when_too_little_is_free(tmp_path: Path) -> None:
    require_free(tmp_path, mib=0)
    with pytest.raises(SpaceError, match="MiB are there"):
        require_free(tmp_path, mib=1 << 40)


def test_a_full_disk_that_another_library_met_is_told_like_our_own(tmp_path: Path) -> None:
    said = f"Error while serializing: I/O error: {os.strerror(errno.ENOSPC)} (os error 28)"
    with pytest.raises(SpaceError, match="chainring gc"), FullDiskTold(tmp_path):
        raise RuntimeError(said)


def test_other_errors_pass_as_they_are(tmp_path: Path) -> None:
    for error in (RuntimeError("the model did not converge"), SpaceError("no space left")):
        with pytest.raises(type(error)) as caught, FullDiskTold(tmp_path):
            raise error
        assert caught.value is error
