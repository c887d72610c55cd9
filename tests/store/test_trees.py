from __future__ import annotations

import errno
import hashlib
import json
import logging
import multiprocessing
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import fsspec
import pytest

from chainring.contracts.codec import digest, encode
from chainring.contracts.errors import ConflictError, DamagedError, InputError, SpaceError
from chainring.store import files, opened, trees
from chainring.store.manifest import inside
from chainring.store.mirroring import mirrored
from chainring.store.remote import Remote, is_away
from chainring.store.trees import TreeStore

FILES = {"model.json": "{}", "encoder/weights": "w" * 5000, "中文.txt": "物流太久了"}


def filled(folder: Path, content: dict[str, str] = FILES, *, age_s: float = 3600) -> Path:
    """Write the files, their time stamps `age_s` ago."""
    then = time.time() - age_s
    for name, text in content.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        os.utime(path, (then, then))
    return folder


def content_of(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8")
        for path in folder.rglob("*")
        if path.is_file()
    }


def blob_of(store: TreeStore, address: str, name: str) -> Path:
    blob = next(blob for blob in store.manifest(address).files if blob.path == name)
    hexes = blob.digest.partition(":")[2]
    return store.root / "blobs" / hexes[:2] / hexes


def altered(path: Path, data: bytes, *, keep_time: bool = False) -> None:
    """Change the bytes of a read-only file in place, as a fault of the disk would."""
    stat = path.stat()
    path.chmod(0o644)
    path.write_bytes(data)
    path.chmod(0o444)
    shift = 0 if keep_time else 10
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns + shift))


@pytest.fixture
def store(tmp_path: Path) -> TreeStore:
    return TreeStore(tmp_path / "store")


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return filled(tmp_path / "source")


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    seen: list[Path] = []
    digested = files.file_digest

    def counted(path: Path) -> str:
        seen.append(path)
        return digested(path)

    monkeypatch.setattr(files, "file_digest", counted)
    return seen


def test_a_tree_comes_back_as_it_was_put(store: TreeStore, source: Path) -> None:
    address = store.put(source, kind="model")
    assert content_of(store.open(address)) == FILES
    assert store.has(address)
    assert list(store.addresses()) == [address]
    assert store.manifest(address).bytes == sum(len(text.encode()) for text in FILES.values())
    store.verify(address)


def test_the_address_is_the_digest_of_the_manifest_and_of_nothing_else(
    store: TreeStore, source: Path, tmp_path: Path
) -> None:
    address = store.put(source, kind="model")
    path = next(store.root.glob("trees/*/*.json"))
    assert address == "blake2b:" + hashlib.blake2b(path.read_bytes(), digest_size=32).hexdigest()
    assert [entry["path"] for entry in json.loads(path.read_text())["files"]] == sorted(FILES)
    elsewhere = TreeStore(tmp_path / "elsewhere")
    assert elsewhere.put(filled(tmp_path / "copy", age_s=9), kind="model") == address
    assert elsewhere.put(source, kind="model", needs=[address]) != address


def test_an_open_tree_is_made_of_read_only_hard_links(store: TreeStore, source: Path) -> None:
    address = store.put(source, kind="model")
    folder = store.open(address)
    for name in FILES:
        assert (folder / name).samefile(blob_of(store, address, name))
        assert (folder / name).stat().st_mode & 0o222 == 0


def test_files_with_the_same_bytes_are_kept_once(store: TreeStore, tmp_path: Path) -> None:
    store.put(filled(tmp_path / "twice", {"a": "same", "b": "same"}), kind="model")
    assert len(list(store.root.glob("blobs/*/*"))) == 1


def test_what_cannot_be_a_tree_is_refused(store: TreeStore, source: Path, tmp_path: Path) -> None:
    (tmp_path / "empty" / "folder").mkdir(parents=True)
    with pytest.raises(InputError, match="holds no file"):
        store.put(tmp_path / "empty", kind="model")
    (source / "link").symlink_to("/etc/hostname")
    with pytest.raises(InputError, match="link is a link or a special file"):
        store.put(source, kind="model")
    (source / "link").unlink()
    os.mkfifo(source / "pipe")
    with pytest.raises(InputError, match="special file"):
        store.put(source, kind="model")


def test_a_manifest_that_a_newer_version_wrote_says_so(store: TreeStore, source: Path) -> None:
    manifest = store.manifest(store.put(source, kind="model"))
    with pytest.raises(InputError, match=r"a newer chainring(?s:.)*format 2, here 1"):
        inside(replace(manifest, format=2))


@pytest.mark.parametrize("address", ["", "blake2b:12", "sha256:" + "0" * 64, "blake2b:" + "G" * 64])
def test_what_is_no_address_is_named(store: TreeStore, address: str) -> None:
    with pytest.raises(InputError, match="is no address; one looks like"):
        store.open(address)


def test_a_tree_that_was_never_stored_is_named(store: TreeStore) -> None:
    with pytest.raises(InputError, match="never stored or was removed"):
        store.open("blake2b:" + "0" * 64)


# Damage


@pytest.mark.parametrize("fault", ["truncated", "flipped", "longer", "gone"])
def test_a_damaged_file_is_refused_by_name_with_the_next_step(
    store: TreeStore, source: Path, fault: str
) -> None:
    address = store.put(source, kind="model")
    store.open(address)
    blob = blob_of(store, address, "encoder/weights")
    data = blob.read_bytes()
    if fault == "gone":
        blob.unlink()
    else:
        flipped = data[:70] + bytes([data[70] ^ 1]) + data[71:]
        altered(blob, {"truncated": data[:-1], "flipped": flipped, "longer": data + b"."}[fault])
    with pytest.raises(DamagedError, match=r"encoder/weights.*put it back from a backup: tar"):
        store.open(address)
    with pytest.raises(DamagedError, match="encoder/weights"):
        store.verify(address)


def test_a_flipped_byte_with_its_old_time_stamp_is_found_when_every_byte_is_read(
    store: TreeStore, source: Path
) -> None:
    address = store.put(source, kind="model")
    blob = blob_of(store, address, "encoder/weights")
    then = time.time_ns() - 3600 * 10**9
    os.utime(blob, ns=(then, then))
    store.open(address)  # its digest is remembered from here on
    altered(blob, b"v" + blob.read_bytes()[1:], keep_time=True)
    with pytest.raises(DamagedError):
        store.open(address, fresh=True)
    with pytest.raises(DamagedError):
        store.verify(address)


@pytest.mark.parametrize("fault", ["altered", "truncated"])
def test_a_damaged_manifest_is_refused(store: TreeStore, source: Path, fault: str) -> None:
    address = store.put(source, kind="model")
    path = next(store.root.glob("trees/*/*.json"))
    data = path.read_bytes()
    altered(path, data.replace(b"model", b"madel") if fault == "altered" else data[:40])
    with pytest.raises(DamagedError, match=f"{path}.*backup"):
        store.open(address)


@pytest.mark.parametrize("path", [
    "/tmp/evil", "../evil", "sub/../../evil", "..", ".", "", "./a", "a//b", "a/", "a\0b",
    "model.json/evil", "model.json",
])  # fmt: skip
def test_a_manifest_that_names_files_elsewhere_or_one_twice_is_refused(
    store: TreeStore, source: Path, tmp_path: Path, path: str
) -> None:
    manifest = store.manifest(store.put(source, kind="model"))
    blob = next(blob for blob in manifest.files if blob.path == "model.json")
    bad = encode(replace(manifest, files=(*manifest.files, replace(blob, path=path))))
    address = digest(bad.encode(), size=32)
    place = store.root / "trees" / address[8:10] / f"{address[8:]}.json"
    place.parent.mkdir(exist_ok=True)
    place.write_text(bad)
    for use in (store.open, store.verify, store.manifest):
        with pytest.raises(DamagedError, match="outside of its folder, or one twice"):
            use(address)
    assert not list(tmp_path.rglob("evil"))


@pytest.mark.parametrize("fault", ["removed", "replaced"])
def test_an_open_folder_that_somebody_changed_is_made_again(
    store: TreeStore, source: Path, fault: str
) -> None:
    address = store.put(source, kind="model")
    folder = store.open(address)
    (folder / "model.json").unlink()
    if fault == "replaced":
        (folder / "model.json").write_text('{"threshold": 0}')
    assert content_of(store.open(address)) == FILES


def test_a_damaged_blob_is_mended_by_putting_its_content_again(
    store: TreeStore, source: Path
) -> None:
    address = store.put(source, kind="model")
    store.open(address)
    altered(blob_of(store, address, "encoder/weights"), b"rubbish")
    assert store.put(source, kind="model") == address
    assert content_of(store.open(address)) == FILES


def test_a_folder_without_links_is_copied_and_checked(
    store: TreeStore, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object, **__: object) -> None:
        raise OSError(errno.EXDEV, "another file system")

    monkeypatch.setattr(os, "link", refused)
    address = store.put(source, kind="model")
    folder = store.open(address)
    assert content_of(folder) == FILES
    altered(folder / "model.json", b"[]")
    assert content_of(store.open(address)) == FILES


# Half-written trees


def cut_short(store: TreeStore, source: Path, after: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Put the tree, killed after so many files were made durable."""
    done = 0

    class Killed(BaseException):
        pass

    def counted(original: Callable[..., object]) -> Callable[..., object]:
        def called(*arguments: object, **named: object) -> object:
            nonlocal done
            if done == after:
                raise Killed
            done += 1
            return original(*arguments, **named)

        return called

    with monkeypatch.context() as patch:
        patch.setattr(trees, "copy_durably", counted(files.copy_durably))
        patch.setattr(trees, "write_durably", counted(files.write_durably))
        with pytest.raises(Killed):
            store.put(source, kind="model")


@pytest.mark.parametrize("after", range(len(FILES) + 1))
def test_a_tree_killed_half_way_is_not_there_and_is_whole_the_next_time(
    tmp_path: Path, source: Path, after: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = TreeStore(tmp_path / "whole").put(source, kind="model")
    store = TreeStore(tmp_path / "store")
    cut_short(store, source, after, monkeypatch)
    assert len(list(store.root.glob("blobs/*/*"))) == after
    assert not store.has(address)
    assert list(store.addresses()) == []
    assert store.put(source, kind="model") == address
    assert content_of(store.open(address)) == FILES


def put_many(root: Path, sources: list[Path], ready: Path) -> None:
    store = TreeStore(root)
    ready.touch()
    for _ in range(3):
        for source in sources:
            address = store.put(source, kind="model")
            assert content_of(store.open(address)) == content_of(source)


def test_two_processes_put_the_same_trees_at_once(tmp_path: Path) -> None:
    sources = [filled(tmp_path / f"source{i}", {"a": f"{i}" * 2000, "b": "b"}) for i in range(15)]
    context = multiprocessing.get_context("spawn")
    both = [
        context.Process(target=put_many, args=(tmp_path / "store", sources, tmp_path / f"ready{i}"))
        for i in range(2)
    ]
    for process in both:
        process.start()
    for process in both:
        process.join()
    assert [process.exitcode for process in both] == [0, 0]
    store = TreeStore(tmp_path / "store")
    assert len(list(store.addresses())) == len(sources)
    for address in store.addresses():
        store.verify(address)
    assert not list(store.root.glob("open/.*"))


def test_a_file_written_to_while_it_is_put_is_refused(
    store: TreeStore, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copied = files.copy_durably

    def late(path: Path, target: Path, *, digest: str) -> None:
        path.write_text("somebody else's words")
        copied(path, target, digest=digest)

    monkeypatch.setattr(trees, "copy_durably", late)
    with pytest.raises(ConflictError, match="changed while it was being stored"):
        store.put(source, kind="model")
    assert not list(store.root.glob("blobs/*/*"))


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Yield a file system of one MiB, where this may be mounted."""
    place = tmp_path / "small"
    place.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(place)]
    if shutil.which("mount") is None or subprocess.run(command, capture_output=True).returncode:
        pytest.skip("a tmpfs may not be mounted here (it needs root)")
    try:
        yield place
    finally:
        subprocess.run(["umount", str(place)], check=True)


def test_a_full_disk_gives_a_space_error_and_nothing_half_written(
    small_disk: Path, tmp_path: Path
) -> None:
    store = TreeStore(small_disk / "store")
    small = store.put(filled(tmp_path / "small-one"), kind="model")
    big = filled(tmp_path / "big", {"a": "a" * 300_000, "b": "b" * 900_000})
    with pytest.raises(SpaceError, match="chainring gc"):
        store.put(big, kind="model")
    assert list(store.addresses()) == [small]
    assert content_of(store.open(small)) == FILES
    sizes = {path.stat().st_size for path in store.root.glob("blobs/*/*")}
    assert sizes == {300_000, *(len(text.encode()) for text in FILES.values())}


# What is not read again


def test_an_unchanged_folder_is_not_read_again(
    store: TreeStore, source: Path, reads: list[Path]
) -> None:
    address = store.put(source, kind="model")
    for blob in store.root.glob("blobs/*/*"):
        os.utime(blob, (time.time() - 9, time.time() - 9))
    store.put(source, kind="model")
    store.open(address)
    reads.clear()
    assert store.put(source, kind="model") == address
    store.open(address)
    again = TreeStore(store.root)
    again.put(source, kind="model")
    again.open(address)
    assert reads == []


# Sweeping


def test_a_sweep_takes_what_nobody_keeps_and_leaves_what_a_kept_tree_needs(
    store: TreeStore, tmp_path: Path
) -> None:
    base = store.put(filled(tmp_path / "base", {"a": "base", "shared": "s"}), kind="base")
    adapter = store.put(filled(tmp_path / "adapter", {"a": "it"}), kind="adapter", needs=[base])
    gone = store.put(filled(tmp_path / "gone", {"a": "gone", "shared": "s"}), kind="model")
    store.open(gone)
    assert store.sweep([adapter], min_age_s=0) == {"trees": 1, "blobs": 1, "bytes": 4}
    assert sorted(store.addresses()) == sorted([base, adapter])
    assert not store.has(gone)
    assert not (store.root / "open" / gone.partition(":")[2]).exists()
    store.verify(base)
    store.verify(adapter)


def test_a_sweep_leaves_what_is_young(store: TreeStore, source: Path) -> None:
    address = store.put(source, kind="model")
    (store.root / "blobs" / "00").mkdir(exist_ok=True)
    (store.root / "blobs" / "00" / ("0" * 64)).write_text("of a tree that is just being made")
    assert store.sweep([]) == {"trees": 0, "blobs": 0, "bytes": 0}
    store.verify(address)


def test_a_tree_put_again_is_young_again(
    store: TreeStore, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.put(source, kind="model")
    later = time.time() + 7200
    monkeypatch.setattr(time, "time", lambda: later)
    assert store.sweep([], min_age_s=3600)["trees"] == 1
    monkeypatch.undo()
    address = store.put(source, kind="model")
    time.sleep(0.05)  # ctime is the kernel's, at a tick of its clock
    middle = time.time()
    time.sleep(0.05)
    store.put(source, kind="model")
    monkeypatch.setattr(time, "time", lambda: middle + 3600)
    assert store.sweep([], min_age_s=3600)["trees"] == 0
    store.verify(address)


def test_a_sweep_takes_what_a_killed_process_left_half_made(store: TreeStore, source: Path) -> None:
    address = store.put(source, kind="model")
    store.open(address)
    for place in ("trees/00/.name.json.7.8", "blobs/00/.name.7.8", "open/.name.7.8/file"):
        path = store.root / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("half")
    store.sweep([address], min_age_s=0)
    assert not [path for path in store.root.rglob("*") if path.name.startswith(".")]
    assert content_of(store.open(address)) == FILES


# Remotes


@pytest.fixture(params=["file", "memory"])
def remote(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "file":
        yield f"file://{tmp_path / 'remote'}"
        return
    yield "memory://bucket/store"
    fsspec.filesystem("memory").store.clear()


def test_a_tree_put_on_one_machine_opens_on_another(
    remote: str, source: Path, tmp_path: Path
) -> None:
    address = TreeStore(tmp_path / "here", remote=remote).put(source, kind="model")
    there = TreeStore(tmp_path / "there", remote=remote)
    assert there.has(address)
    assert content_of(there.open(address)) == FILES
    assert not TreeStore(tmp_path / "alone").has(address)


@pytest.mark.parametrize("cache_bytes", [20 << 30, 0], ids=["cached", "let go of"])
def test_a_sweep_takes_what_nobody_keeps_from_the_remote_too(
    remote: str, tmp_path: Path, cache_bytes: int
) -> None:
    """Else texts of a turn that failed would lie there, where forgetting does not look."""
    here = TreeStore(tmp_path / "here", remote=remote, cache_bytes=cache_bytes)
    kept = here.put(filled(tmp_path / "kept", {"a": "of both", "b": "kept"}), kind="model")
    gone = here.put(filled(tmp_path / "gone", {"a": "of both", "c": "my words"}), kind="feedback")
    here.open(kept)  # lets go of what does not fit
    assert here.sweep([kept], min_age_s=0)["trees"] == 1
    there = TreeStore(tmp_path / "there", remote=remote)
    assert not there.has(gone)
    assert content_of(there.open(kept)) == {"a": "of both", "b": "kept"}
    fs, base = fsspec.core.url_to_fs(remote)
    assert [name for name in fs.find(base) if b"my words" in fs.cat_file(name)] == []
    assert here.put(tmp_path / "gone", kind="feedback") == gone
    assert content_of(there.open(gone)) == {"a": "of both", "c": "my words"}


def test_a_damaged_remote_file_is_refused(remote: str, source: Path, tmp_path: Path) -> None:
    here = TreeStore(tmp_path / "here", remote=remote)
    address = here.put(source, kind="model")
    blob = blob_of(here, address, "encoder/weights").relative_to(here.root)
    fs, base = fsspec.core.url_to_fs(remote)
    fs.pipe_file(f"{base}/{blob.as_posix()}", b"x" * 5000)
    with pytest.raises(DamagedError, match="encoder/weights"):
        TreeStore(tmp_path / "there", remote=remote).open(address)


def test_an_upload_that_was_cut_off_is_made_again(
    remote: str, source: Path, tmp_path: Path
) -> None:
    here = TreeStore(tmp_path / "here", remote=remote)
    address = here.put(source, kind="model")
    blob = blob_of(here, address, "encoder/weights").relative_to(here.root)
    fs, base = fsspec.core.url_to_fs(remote)
    fs.pipe_file(f"{base}/{blob.as_posix()}", b"w" * 10)
    here.put(source, kind="model")
    assert content_of(TreeStore(tmp_path / "there", remote=remote).open(address)) == FILES


def cached(store: TreeStore) -> int:
    return sum(path.stat().st_size for path in store.root.glob("blobs/*/*"))


def test_the_cache_of_a_remote_is_bounded(remote: str, tmp_path: Path) -> None:
    here = TreeStore(tmp_path / "here", remote=remote)
    addresses = [
        here.put(filled(tmp_path / f"s{i}", {"a": f"{i}" * 1000, "b": f"b{i}" * 500}), kind="model")
        for i in range(4)
    ]
    there = TreeStore(tmp_path / "there", remote=remote, cache_bytes=5000)
    for address in addresses:
        folder = there.open(address)
        long_ago = time.time() - 2 * opened.IN_USE_S
        os.utime(folder, (long_ago, long_ago))
    assert cached(there) <= 5000
    assert content_of(there.open(addresses[0])) == {"a": "0" * 1000, "b": "b0" * 500}


def test_a_tree_larger_than_the_cache_still_opens(remote: str, tmp_path: Path) -> None:
    here = TreeStore(tmp_path / "here", remote=remote)
    content = {f"{i}": f"{i}" * 1000 for i in range(5)}
    address = here.put(filled(tmp_path / "big", content), kind="model")
    there = TreeStore(tmp_path / "there", remote=remote, cache_bytes=1500)
    assert content_of(there.open(address)) == content


def test_a_folder_in_use_is_not_taken_to_make_room(remote: str, tmp_path: Path) -> None:
    here = TreeStore(tmp_path / "here", remote=remote)
    one = here.put(filled(tmp_path / "one", {"a": "1" * 1000}), kind="model")
    two = here.put(filled(tmp_path / "two", {"a": "2" * 1000}), kind="model")
    there = TreeStore(tmp_path / "there", remote=remote, cache_bytes=1000)
    folder = there.open(one)
    there.open(two)
    assert content_of(folder) == {"a": "1" * 1000}


# A remote that is named later


def test_a_remote_that_is_away_is_told_and_left_for_the_next_time(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    trees = TreeStore(tmp_path / "here")
    address = trees.put(source, kind="model")
    trees = TreeStore(tmp_path / "here", remote=f"file://{tmp_path / 'remote'}")

    def away(_: Remote) -> set[Path]:
        raise ConnectionError("could not connect to the endpoint")

    with monkeypatch.context() as patch, caplog.at_level(logging.WARNING, logger="chainring"):
        patch.setattr(Remote, "names", away)
        assert trees.mirror([address]) == 0
    assert "trees.unmirrored remote=away cause=ConnectionError" in caplog.text
    assert trees.mirror([address]) == 1


def refusing(*_: object) -> set[Path]:
    try:
        raise ValueError("the signature does not match")
    except ValueError as error:
        raise PermissionError("AccessDenied: no such key") from error


@pytest.mark.parametrize("name", ["names", "upload"])
def test_a_remote_that_refuses_is_told_with_its_cause_and_the_next_step(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    address = TreeStore(tmp_path / "here").put(source, kind="model")
    trees = TreeStore(tmp_path / "here", remote=f"file://{tmp_path / 'remote'}")
    monkeypatch.setattr(Remote, name, refusing)
    with pytest.raises(InputError, match=r"PermissionError: AccessDenied.*name, key and rights"):
        trees.mirror([address])
    assert mirrored(trees, [address]).startswith("the remote of [store] does not take")


def unknown_host(*, code: int) -> Exception:
    error = ConnectionError("cannot connect to the host")
    error.__cause__ = socket.gaierror(code, "the name is not known")
    return error


class ReadTimeoutError(Exception):
    """As libraries have it that are not built on the errors of the system."""


@pytest.mark.parametrize(
    ("error", "away"),
    [
        (ConnectionRefusedError(), True),
        (TimeoutError(), True),
        (OSError(errno.ENETUNREACH, "unreachable"), True),
        (OSError(errno.EBUSY, "SlowDown"), True),
        (ReadTimeoutError(), True),
        (unknown_host(code=socket.EAI_AGAIN), True),
        (unknown_host(code=socket.EAI_NONAME), False),
        (PermissionError("AccessDenied"), False),
        (FileNotFoundError("NoSuchBucket"), False),
        (TypeError("of our own"), False),
    ],
)
def test_away_is_what_was_not_reached_or_was_busy(error: Exception, away: bool) -> None:
    assert is_away(error) is away


def test_trees_of_before_a_remote_was_named_are_brought_there_with_what_they_need(
    remote: str, source: Path, tmp_path: Path
) -> None:
    alone = TreeStore(tmp_path / "here")
    base = alone.put(filled(tmp_path / "base", {"weights": "of the base"}), kind="base")
    named = alone.put(source, kind="model", needs=(base,))
    other = alone.put(filled(tmp_path / "leftover", {"a": "of a failed turn"}), kind="records")
    here = TreeStore(tmp_path / "here", remote=remote)
    there = TreeStore(tmp_path / "there", remote=remote)
    with pytest.raises(InputError, match=r"nor in the remote.*chainring turn"):
        there.open(named)
    assert here.mirror([named, "blake2b:" + "0" * 64]) == 2
    assert content_of(there.open(named)) == FILES
    there.verify(base)
    assert not there.has(other)
    assert here.mirror([named]) == 0
    assert alone.mirror([named]) == 0


def test_nothing_is_read_of_trees_that_the_remote_has(
    remote: str, source: Path, tmp_path: Path, reads: list[Path]
) -> None:
    here = TreeStore(tmp_path / "here", remote=remote)
    address = here.put(source, kind="model")
    reads.clear()
    assert here.mirror([address]) == 0
    assert reads == []


@pytest.mark.parametrize("fault", ["altered", "gone"])
def test_a_tree_that_is_not_whole_here_is_told_and_not_brought_to_the_remote(
    remote: str, source: Path, tmp_path: Path, fault: str, caplog: pytest.LogCaptureFixture
) -> None:
    alone = TreeStore(tmp_path / "here")
    broken = alone.put(source, kind="model")
    whole = alone.put(filled(tmp_path / "whole", {"a": "whole"}), kind="records")
    blob = blob_of(alone, broken, "encoder/weights")
    if fault == "altered":
        altered(blob, b"x" * 5000)
    else:
        blob.unlink()
    here = TreeStore(tmp_path / "here", remote=remote)
    with caplog.at_level(logging.WARNING, logger="chainring"):
        assert here.mirror([broken, whole]) == 1
    assert "trees.unmirrored" in caplog.text
    there = TreeStore(tmp_path / "there", remote=remote)
    assert not there.has(broken)
    there.verify(whole)
