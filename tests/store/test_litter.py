"""What systems lay into folders is nobody's text, and no tree's."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from tests.litter import littered

from chainring.contracts.lineage import Lineage
from chainring.store import opened
from chainring.store.files import jsonl_files
from chainring.store.gc import collect
from chainring.store.ledger import Ledger
from chainring.store.litter import files_below, is_bare, is_litter, is_passed_over, take_litter
from chainring.store.trees import TreeStore


@pytest.mark.parametrize(
    "name", [".DS_Store", "._help.jsonl", "Thumbs.db", "thumbs.DB", "desktop.ini", "Desktop.ini"]
)
def test_what_a_system_lays_is_litter_however_it_is_written(name: str) -> None:
    assert is_litter(name)
    assert is_passed_over(name)


@pytest.mark.parametrize("name", [".git", ".env", ".gitkeep"])
def test_what_somebody_hid_is_passed_over_and_is_no_litter(name: str) -> None:
    assert is_passed_over(name)
    assert not is_litter(name)


@pytest.mark.parametrize("name", ["help.jsonl", "帮助.txt", "thumbs.db.jsonl", "a._b", "_.txt"])
def test_what_somebody_named_so_is_read(name: str) -> None:
    assert not is_passed_over(name)


def test_files_are_found_beside_litter_and_a_folder_of_it_alone_is_bare(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    (folder / "zh").mkdir(parents=True)
    assert not is_bare(folder)
    assert is_bare(littered(folder / "zh"))
    (folder / "zh" / "a.jsonl").write_text("{}")
    (folder / ".git").mkdir()
    (folder / ".git" / "b.jsonl").write_text("{}")
    littered(folder)
    assert list(files_below(folder)) == [folder / "zh" / "a.jsonl"]
    assert jsonl_files(folder / "zh") == [folder / "zh" / "a.jsonl"]
    assert not is_bare(folder / "zh")
    take_litter(folder / "zh")
    assert [path.name for path in (folder / "zh").iterdir()] == ["a.jsonl"]


def test_a_tree_is_the_same_with_litter_in_its_folder(tmp_path: Path) -> None:
    folder, store = tmp_path / "model", TreeStore(tmp_path / "store")
    (folder / "encoder").mkdir(parents=True)
    (folder / "encoder" / "weights").write_text("w")
    clean = store.put(folder, kind="model")
    assert store.put(littered(folder), kind="model") == clean
    assert [blob.path for blob in store.manifest(clean).files] == ["encoder/weights"]


def test_litter_in_the_store_is_no_tree_and_stops_no_collection(
    ledger: Ledger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, root = tmp_path / "model", tmp_path / "store"
    folder.mkdir()
    (folder / "weights").write_text("w" * 100)
    store = TreeStore(root, remote=f"file://{tmp_path / 'remote'}", cache_bytes=1)
    address = store.put(folder, kind="model")
    store.open(address)
    ledger.add_lineage(
        Lineage(
            id="run_1", app="shop", step="model", key="k", inputs=(), settings="", seed=0,
            placement="", result="{}", result_digest="", trees=(address,),
        )
    )  # fmt: skip
    for place in (root, tmp_path / "remote"):
        littered(place)
    assert list(store.addresses()) == [address]
    monkeypatch.setattr(opened, "IN_USE_S", -1)
    other = tmp_path / "other"
    other.mkdir()
    (other / "weights").write_text("v" * 100)
    store.open(store.put(other, kind="model"))  # makes room
    for name in ("scratch", "harvests"):
        (tmp_path / name).mkdir()
        littered(tmp_path / name)
    removed = collect(
        ledger=ledger,
        trees=store,
        scratch=tmp_path / "scratch",
        harvests=tmp_path / "harvests",
        min_age_s=-1,
    )
    assert (removed["trees"], removed["scratch"], removed["harvests"]) == (1, 0, 0)
    assert os.listdir(tmp_path / "scratch")
