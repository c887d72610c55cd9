"""A tree keeps its address while a file of it has other bytes, and nothing accepts any others."""

from __future__ import annotations

import json
import logging
import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from fsspec.implementations.local import LocalFileSystem

from chainring.contracts.codec import decode
from chainring.contracts.errors import ConflictError, DamagedError, InputError
from chainring.contracts.lineage import Lineage
from chainring.store.backup import backup, restore
from chainring.store.erasure import Erasure, drop_replaced, erase
from chainring.store.gc import collect
from chainring.store.ledger import Ledger
from chainring.store.schema import lineage, lineage_trees
from chainring.store.traffic import Traffic
from chainring.store.trees import TreeStore

SECRET = b"k" * 32
SAID = "我的秘密 is that I never paid"

Found = Callable[[Path, str], list[str]]


@pytest.fixture
def trees(tmp_path: Path) -> TreeStore:
    return TreeStore(tmp_path / "store", secret=SECRET)


def put(trees: TreeStore, place: Path, **files: str) -> str:
    place.mkdir()
    for name, text in files.items():
        (place / name).write_text(text, encoding="utf-8")
        os.utime(place / name, (time.time() - 3600,) * 2)
    address = trees.put(place, kind="records")
    shutil.rmtree(place)
    return address


def blank(tmp_path: Path, text: str = "") -> Path:
    (tmp_path / "blank").write_text(text, encoding="utf-8")
    return tmp_path / "blank"


def test_an_erased_file_reads_as_it_is_now_under_the_same_address(
    trees: TreeStore, tmp_path: Path, found_in: Found
) -> None:
    address = put(trees, tmp_path / "new", rows=SAID, weights="w")
    trees.open(address)
    assert len(erase(trees, address, {"rows": blank(tmp_path, "{}")}, receipt="fgt_1")) == 1
    assert drop_replaced(trees) == 1
    folder = trees.open(address)
    assert (folder / "rows").read_text() == "{}"
    assert (folder / "weights").read_text() == "w"
    trees.verify(address)
    assert trees.erasure(address).receipts == ("fgt_1",)
    assert found_in(trees.root, SAID) == []


def test_bytes_that_another_tree_still_names_stay_for_it(trees: TreeStore, tmp_path: Path) -> None:
    mine = put(trees, tmp_path / "mine", rows=SAID)
    theirs = put(trees, tmp_path / "theirs", rows=SAID, more="x")
    erase(trees, mine, {"rows": blank(tmp_path)}, receipt="fgt_1")
    assert drop_replaced(trees) == 0
    assert (trees.open(theirs) / "rows").read_text(encoding="utf-8") == SAID
    erase(trees, theirs, {"rows": blank(tmp_path)}, receipt="fgt_1")
    assert drop_replaced(trees) == 1


def test_a_folder_that_was_open_is_taken_away_with_the_old_bytes(
    trees: TreeStore, tmp_path: Path, found_in: Found
) -> None:
    address = put(trees, tmp_path / "new", rows=SAID)
    held = trees.open(address)
    erase(trees, address, {"rows": blank(tmp_path)}, receipt="fgt_1")
    drop_replaced(trees)
    assert not held.exists()


def test_an_erasure_cut_short_before_the_old_bytes_went_is_finished_later(
    trees: TreeStore, tmp_path: Path, found_in: Found
) -> None:
    address = put(trees, tmp_path / "new", rows=SAID)
    erase(trees, address, {"rows": blank(tmp_path)}, receipt="fgt_1")
    assert found_in(trees.root, SAID)  # killed here
    again = TreeStore(trees.root, secret=SECRET)
    assert erase(again, address, {"rows": blank(tmp_path)}, receipt="fgt_1") == ()
    assert drop_replaced(again) == 1
    assert found_in(trees.root, SAID) == []


def test_a_second_erasure_of_the_same_file_drops_what_the_first_put_there(
    trees: TreeStore, tmp_path: Path, found_in: Found
) -> None:
    address = put(trees, tmp_path / "new", rows=SAID + " and more")
    erase(trees, address, {"rows": blank(tmp_path, SAID)}, receipt="fgt_1")
    erase(trees, address, {"rows": blank(tmp_path)}, receipt="fgt_2")
    assert drop_replaced(trees) == 2
    assert trees.erasure(address).receipts == ("fgt_1", "fgt_2")
    assert found_in(trees.root, SAID) == []


def test_an_erasure_that_somebody_wrote_without_the_key_is_refused(
    trees: TreeStore, tmp_path: Path
) -> None:
    address = put(trees, tmp_path / "new", weights="w")
    forger = TreeStore(trees.root, secret=b"x" * 32)
    erase(forger, address, {"weights": blank(tmp_path, "other weights")}, receipt="fgt_1")
    with pytest.raises(DamagedError, match="was altered"):
        trees.open(address)


def test_an_erasure_moved_to_another_tree_is_refused(trees: TreeStore, tmp_path: Path) -> None:
    first = put(trees, tmp_path / "first", rows=SAID)
    second = put(trees, tmp_path / "second", rows="y")
    erase(trees, first, {"rows": blank(tmp_path)}, receipt="fgt_1")
    (path,) = trees.root.glob("erased/*/*.json")
    name = second.partition(":")[2]
    target = trees.root / "erased" / name[:2] / f"{name}.json"
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(path, target)
    with pytest.raises(DamagedError, match="was altered"):
        trees.manifest(second)


def test_bytes_that_are_neither_the_old_nor_the_new_ones_are_refused(
    trees: TreeStore, tmp_path: Path
) -> None:
    address = put(trees, tmp_path / "new", rows=SAID)
    erase(trees, address, {"rows": blank(tmp_path, "{}")}, receipt="fgt_1")
    drop_replaced(trees)
    (one,) = trees.erasure(address).files
    name = one.digest.partition(":")[2]
    place = trees.root / "blobs" / name[:2] / name
    place.chmod(0o644)
    place.write_text("[]")
    with pytest.raises(DamagedError, match="was altered"):
        trees.open(address, fresh=True)


def test_a_file_that_the_tree_does_not_have_cannot_be_replaced(
    trees: TreeStore, tmp_path: Path
) -> None:
    address = put(trees, tmp_path / "new", rows=SAID)
    with pytest.raises(InputError, match="no file other"):
        erase(trees, address, {"other": blank(tmp_path)}, receipt="fgt_1")


def test_a_sweep_keeps_what_stands_now_and_takes_the_erasure_with_its_tree(
    trees: TreeStore, tmp_path: Path
) -> None:
    kept = put(trees, tmp_path / "kept", rows=SAID)
    gone = put(trees, tmp_path / "gone", rows=SAID + "!")
    for address in (kept, gone):
        erase(trees, address, {"rows": blank(tmp_path, address)}, receipt="fgt_1")
    trees.sweep([kept], min_age_s=0)
    trees.verify(kept)
    (path,) = trees.root.glob("erased/*/*.json")
    assert decode(Erasure, path.read_bytes()).address == kept


def test_a_remote_forgets_too_and_another_machine_reads_what_stands_now(
    tmp_path: Path, found_in: Found
) -> None:
    remote = f"file://{tmp_path / 'remote'}"
    here = TreeStore(tmp_path / "here", remote=remote, secret=SECRET)
    address = put(here, tmp_path / "new", rows=SAID)
    erase(here, address, {"rows": blank(tmp_path, "{}")}, receipt="fgt_1")
    drop_replaced(here)
    assert found_in(tmp_path / "remote", SAID) == []
    there = TreeStore(tmp_path / "there", remote=remote, secret=SECRET)
    assert (there.open(address) / "rows").read_text() == "{}"


@pytest.fixture
def machines(tmp_path: Path) -> tuple[TreeStore, TreeStore]:
    """Return the stores of two machines that share a remote."""
    remote = f"file://{tmp_path / 'remote'}"
    one, other = (TreeStore(tmp_path / n, remote=remote, secret=SECRET) for n in ("one", "other"))
    return one, other


def erased(trees: TreeStore, address: str, tmp_path: Path, text: str, receipt: str) -> None:
    """Replace the rows of a tree, as an act of forgetting does."""
    trees.refresh()
    erase(trees, address, {"rows": blank(tmp_path, text)}, receipt=receipt)
    drop_replaced(trees)


def test_what_one_machine_forgot_stays_forgotten_when_others_forget_after_it(
    machines: tuple[TreeStore, TreeStore], tmp_path: Path, found_in: Found
) -> None:
    one, other = machines
    address = put(one, tmp_path / "new", rows="ann bo cy di", weights="w")
    erased(one, address, tmp_path, "bo cy di", "fgt_1")
    assert (other.open(address) / "rows").read_text() == "bo cy di"
    erased(one, address, tmp_path, "cy di", "fgt_2")
    other.refresh()
    assert (other.open(address) / "rows").read_text() == "cy di"
    erased(other, address, tmp_path, "di", "fgt_3")
    fresh = TreeStore(tmp_path / "fresh", remote=f"file://{tmp_path / 'remote'}", secret=SECRET)
    one.refresh()
    for trees in (one, other, fresh):
        assert (trees.open(address) / "rows").read_text() == "di"
        assert trees.erasure(address).receipts == ("fgt_1", "fgt_2", "fgt_3")
    drop_replaced(one)
    for words in ("ann bo", "bo cy", "cy di"):
        assert found_in(tmp_path, words) == []


def test_collecting_on_another_machine_takes_what_was_forgotten_from_where_it_is_open(
    machines: tuple[TreeStore, TreeStore], ledger: Ledger, tmp_path: Path, found_in: Found
) -> None:
    one, other = machines
    address = put(one, tmp_path / "new", rows=SAID)
    shared = put(one, tmp_path / "shared", rows="of both")
    theirs = put(one, tmp_path / "theirs", rows="of both", more="x")
    ledger.add_lineage(made(address, shared, theirs))
    for name in (address, shared):
        other.open(name)
    erased(one, address, tmp_path, "{}", "fgt_1")
    erased(one, shared, tmp_path, "{}", "fgt_1")
    collect(ledger=ledger, trees=other, scratch=tmp_path / "scratch", min_age_s=0)
    assert found_in(other.root, SAID) == []
    assert (other.open(address) / "rows").read_text() == "{}"
    assert (other.open(theirs) / "rows").read_text() == "of both", "a tree was not here yet"


def made(*trees: str) -> Lineage:
    return Lineage(
        id="run_1",
        app="shop",
        step="records",
        key="k",
        inputs=(),
        settings="",
        seed=0,
        placement="",
        result="{}",
        result_digest="",
        trees=trees,
    )


def test_an_erasure_made_from_bytes_that_another_machine_replaced_is_refused(
    machines: tuple[TreeStore, TreeStore], tmp_path: Path
) -> None:
    one, other = machines
    address = put(one, tmp_path / "new", rows="ann bo")
    assert other.erasure(address).files == ()  # as it is now is remembered for a while
    erased(one, address, tmp_path, "bo", "fgt_1")
    with pytest.raises(ConflictError, match=r"rows of the tree .* another machine"):
        erase(other, address, {"rows": blank(tmp_path, "ann")}, receipt="fgt_2")
    erased(other, address, tmp_path, "", "fgt_2")
    assert one.erasure(address).receipts == ("fgt_1",)
    one.refresh()
    assert one.erasure(address).receipts == ("fgt_1", "fgt_2")


def test_what_was_forgotten_here_stays_so_where_an_older_version_overwrote_it_in_the_remote(
    machines: tuple[TreeStore, TreeStore], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    one, other = machines
    address = put(one, tmp_path / "new", rows="ann bo cy")
    other.open(address)
    place = next((tmp_path / "remote").glob("trees/*/*.json")).relative_to(tmp_path / "remote")
    afar = tmp_path / "remote" / "erased" / place.relative_to("trees")
    erase(one, address, {"rows": blank(tmp_path, "bo cy")}, receipt="fgt_1")
    afar.unlink()  # it was not asked for
    erase(other, address, {"rows": blank(tmp_path, "ann cy")}, receipt="fgt_2")
    fresh = TreeStore(one.root, remote=f"file://{tmp_path / 'remote'}", secret=SECRET)
    with caplog.at_level(logging.WARNING, logger="chainring"):
        assert (fresh.open(address) / "rows").read_text() == "bo cy"
    assert "chainring forget --resume" in caplog.text
    drop_replaced(fresh)
    fresh.verify(address)


def test_files_of_one_tree_that_two_machines_replaced_are_both_replaced(
    machines: tuple[TreeStore, TreeStore], tmp_path: Path
) -> None:
    one, other = machines
    address = put(one, tmp_path / "new", rows="ann", more="bo")
    other.open(address)
    erase(one, address, {"rows": blank(tmp_path)}, receipt="fgt_1")
    erase(other, address, {"more": blank(tmp_path)}, receipt="fgt_2")
    one.refresh()
    assert {one_file.path for one_file in one.erasure(address).files} == {"rows", "more"}
    assert one.erasure(address) == other.erasure(address)


def test_the_remote_is_not_asked_for_the_erasure_of_each_tree(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trees = TreeStore(tmp_path / "store", remote=f"file://{tmp_path / 'remote'}", secret=SECRET)
    addresses = [put(trees, tmp_path / "new", rows=f"row {number}") for number in range(10)]
    asked: list[str] = []
    for name in ("exists", "info", "find", "cat_file"):
        whole = getattr(LocalFileSystem, name)

        def hears(fs: object, path: str, *given: object, _whole: Any = whole, **named: Any) -> Any:
            asked.append(path)
            return _whole(fs, path, *given, **named)

        monkeypatch.setattr(LocalFileSystem, name, hears)
    for address in addresses:
        trees.open(address)
        trees.erasure(address)
    drop_replaced(trees)
    assert len(asked) <= 3, asked


@pytest.mark.parametrize("stale", [False, True], ids=["empty", "with the old bytes"])
def test_a_remote_that_is_named_later_is_brought_what_stands_now(
    trees: TreeStore, tmp_path: Path, found_in: Found, stale: bool
) -> None:
    address = put(trees, tmp_path / "new", rows=SAID)
    remote = f"file://{tmp_path / 'remote'}"
    if stale:  # another machine brought what it had before it heard of the act
        assert TreeStore(tmp_path / "old", remote=remote).put(rows_of(tmp_path), kind="records")
    erase(trees, address, {"rows": blank(tmp_path, "{}")}, receipt="fgt_1")
    drop_replaced(trees)
    here = TreeStore(trees.root, remote=remote, secret=SECRET)
    assert here.mirror([address]) == 1
    there = TreeStore(tmp_path / "there", remote=remote, secret=SECRET)
    assert (there.open(address) / "rows").read_text() == "{}"
    assert there.erasure(address) == here.erasure(address)
    drop_replaced(here)
    assert found_in(tmp_path / "remote", SAID) == []


def rows_of(tmp_path: Path) -> Path:
    (tmp_path / "again").mkdir()
    (tmp_path / "again" / "rows").write_text(SAID, encoding="utf-8")
    return tmp_path / "again"


def test_a_backup_brings_the_erasure_along(
    trees: TreeStore, ledger: Ledger, traffic: Traffic, tmp_path: Path, found_in: Found
) -> None:
    address = put(trees, tmp_path / "new", rows=SAID)
    erase(trees, address, {"rows": blank(tmp_path, "{}")}, receipt="fgt_1")
    drop_replaced(trees)
    ledger.add_lineage(made(address))
    archive = tmp_path / "all.tar.gz"
    backup(archive, ledger=ledger, traffic=traffic, trees=trees, files=[])
    copy = TreeStore(tmp_path / "copy", secret=SECRET)
    with ledger.engine.begin() as connection:
        for table in (lineage_trees, lineage):
            connection.execute(table.delete())
    assert restore(archive, ledger=ledger, traffic=traffic, trees=copy)["trees"] == 1
    assert (copy.open(address) / "rows").read_text() == "{}"
    assert json.loads(next(copy.root.glob("erased/*/*.json")).read_text())["receipts"] == ["fgt_1"]
