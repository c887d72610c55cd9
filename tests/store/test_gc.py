from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from chainring.contracts.deployment import Deployment
from chainring.contracts.errors import ConflictError, DamagedError
from chainring.contracts.lineage import Lineage
from chainring.store.gc import collect
from chainring.store.ledger import Lease, Ledger
from chainring.store.schema import leases
from chainring.store.trees import TreeStore


def put(trees: TreeStore, folder: Path, *, needs: tuple[str, ...] = ()) -> str:
    folder.mkdir()
    (folder / "weights").write_text(folder.name)
    return trees.put(folder, kind="model", needs=needs)


def execution(*trees: str) -> Lineage:
    return Lineage(
        id="run_1",
        app="shop",
        step="model",
        key="k",
        inputs=(),
        settings="",
        seed=0,
        placement="",
        result="{}",
        result_digest="",
        trees=trees,
    )


@pytest.fixture
def trees(tmp_path: Path) -> TreeStore:
    return TreeStore(tmp_path / "store")


@pytest.fixture
def scratch(tmp_path: Path) -> Path:
    (tmp_path / "scratch").mkdir()
    return tmp_path / "scratch"


def test_what_lineage_names_stays_with_what_it_needs_and_the_rest_goes(
    ledger: Ledger, trees: TreeStore, scratch: Path, tmp_path: Path
) -> None:
    base = put(trees, tmp_path / "base")
    named = put(trees, tmp_path / "adapter", needs=(base,))
    gone = put(trees, tmp_path / "leftover")
    other = Ledger(ledger.url, app="bank")
    theirs = put(trees, tmp_path / "theirs")
    ledger.add_lineage(execution(named))
    other.add_lineage(
        Lineage(
            **{name: getattr(execution(theirs), name) for name in Lineage.__slots__}
            | {"id": "run_2", "app": "bank"}
        )
    )
    other.close()
    removed = collect(ledger=ledger, trees=trees, scratch=scratch, min_age_s=0)
    assert removed == {"trees": 1, "blobs": 1, "bytes": 8, "scratch": 0}
    assert set(trees.addresses()) == {base, named, theirs}
    assert not trees.has(gone)
    for address in (base, named, theirs):
        trees.verify(address)


def test_nothing_goes_once_another_process_has_taken_the_lease(
    ledger: Ledger, trees: TreeStore, scratch: Path, tmp_path: Path
) -> None:
    @contextmanager
    def lost(ledger: Ledger) -> Iterator[Lease]:
        with ledger.lease("turn", ttl_s=-1.0) as lease, ledger.lease("turn"):
            yield lease

    ledger.add_lineage(execution(put(trees, tmp_path / "named")))
    unnamed = put(trees, tmp_path / "leftover")
    with pytest.raises(ConflictError, match="taken over"):
        collect(ledger=ledger, trees=trees, scratch=scratch, min_age_s=0, held=lost)
    trees.verify(unnamed)
    assert collect(ledger=ledger, trees=trees, scratch=scratch, min_age_s=0)["trees"] == 1


def test_the_lease_is_asked_for_again_before_bytes_follow_their_trees(
    ledger: Ledger,
    trees: TreeStore,
    scratch: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    remove = TreeStore._remove

    def slow(self: TreeStore, path: Path) -> bool:
        with ledger.engine.begin() as connection:
            connection.execute(leases.update().values(fence=leases.c.fence + 1))
        return remove(self, path)

    monkeypatch.setattr(TreeStore, "_remove", slow)
    ledger.add_lineage(execution(put(trees, tmp_path / "named")))
    put(trees, tmp_path / "leftover")
    before = sorted(trees.root.glob("blobs/*/*"))
    with pytest.raises(ConflictError, match="taken over"):
        collect(ledger=ledger, trees=trees, scratch=scratch, min_age_s=0)
    assert sorted(trees.root.glob("blobs/*/*")) == before


def test_what_a_reference_alone_names_stays(
    ledger: Ledger, trees: TreeStore, scratch: Path, tmp_path: Path
) -> None:
    """The form in a package has no lineage there: its golden texts stayed at home."""
    served = [put(trees, tmp_path / name) for name in ("before", "now")]
    for number, form in enumerate(served):
        deployment = Deployment(
            app="shop",
            model="blake2b:" + "0" * 64,
            form=form,
            form_name="linear",
            engine="linear",
            labels=("a", "b"),
            threshold=0.0,
            verdict="vrd_1",
            dataset="blake2b:" + "1" * 64,
        )
        ledger.append_ref("champion", deployment, expected=number, by="turn", reason="first")
    put(trees, tmp_path / "leftover")
    removed = collect(ledger=ledger, trees=trees, scratch=scratch, min_age_s=0)
    assert removed["trees"] == 1
    for address in served:
        trees.verify(address)


def test_a_ledger_that_knows_nothing_of_the_application_removes_no_tree(
    ledger: Ledger, scratch: Path, tmp_path: Path
) -> None:
    """It was lost, or another one is named: all that it does not name would go, afar as well."""
    trees = TreeStore(tmp_path / "store", remote=f"file://{tmp_path / 'remote'}")
    address = put(trees, tmp_path / "model")
    other = Ledger(ledger.url, app="bank")
    other.add_lineage(replace(execution("blake2b:" + "0" * 64), app="bank"))
    other.close()
    before = [sorted((tmp_path / name).rglob("*")) for name in ("store", "remote")]
    with pytest.raises(ConflictError, match=r"knows nothing of 'shop'.*every tree in"):
        collect(ledger=ledger, trees=trees, scratch=scratch, min_age_s=0)
    assert [sorted((tmp_path / name).rglob("*")) for name in ("store", "remote")] == before
    trees.verify(address)


def test_a_tree_that_another_project_has_as_well_makes_no_ledger_known(
    ledger: Ledger, trees: TreeStore, scratch: Path, tmp_path: Path
) -> None:
    """An empty table has one address in all projects; the model beside it is in none but one."""
    address = put(trees, tmp_path / "model")
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty" / "rows.jsonl").touch()
    empty = trees.put(tmp_path / "empty", kind="feedback")
    other = Ledger(ledger.url, app="bank")
    other.add_lineage(replace(execution(empty), app="bank"))
    other.close()
    with pytest.raises(ConflictError, match="knows nothing of 'shop'"):
        collect(ledger=ledger, trees=trees, scratch=scratch, min_age_s=0)
    trees.verify(address)


def test_a_project_renamed_since_is_collected_as_before(
    ledger: Ledger, trees: TreeStore, scratch: Path, tmp_path: Path
) -> None:
    """The ledger knows it under the name that it had."""
    named, _ = put(trees, tmp_path / "model"), put(trees, tmp_path / "leftover")
    ledger.add_lineage(execution(named))
    renamed = Ledger(ledger.url, app="helpdesk")
    removed = collect(ledger=renamed, trees=trees, scratch=scratch, min_age_s=0, formerly=["shop"])
    renamed.close()
    assert removed["trees"] == 1
    trees.verify(named)


def test_scratch_that_nobody_came_back_for_goes_and_that_of_today_stays(
    ledger: Ledger, trees: TreeStore, scratch: Path
) -> None:
    then = time.time() - 7200
    for name in ("old", "mixed", "new"):
        (scratch / name).mkdir()
        (scratch / name / "checkpoint").write_text("x")
    for path in (scratch / "old" / "checkpoint", scratch / "old", scratch / "mixed"):
        os.utime(path, (then, then))
    assert collect(ledger=ledger, trees=trees, scratch=scratch)["scratch"] == 1
    assert sorted(path.name for path in scratch.iterdir()) == ["mixed", "new"]


def damaged(trees: TreeStore, address: str) -> Path:
    """Cut the manifest of a tree and return it."""
    name = address.partition(":")[2]
    manifest = trees.root / "trees" / name[:2] / f"{name}.json"
    manifest.chmod(0o644)
    manifest.write_text("{")
    return manifest


def test_a_damaged_tree_keeps_the_trees_and_nothing_else(
    ledger: Ledger, trees: TreeStore, scratch: Path, tmp_path: Path
) -> None:
    """Which files it names is not known."""
    named, gone = put(trees, tmp_path / "model"), put(trees, tmp_path / "leftover")
    ledger.add_lineage(execution(named))
    manifest = damaged(trees, named)
    (scratch / "old").mkdir()
    place = f"trees/{manifest.parent.name}/{manifest.name}"
    with pytest.raises(DamagedError, match=f"put it back .* {place}"):
        collect(ledger=ledger, trees=trees, scratch=scratch, min_age_s=0)
    assert list(scratch.iterdir()) == []
    assert trees.has(gone)


def test_a_damaged_tree_that_nothing_names_goes_as_any_other(
    ledger: Ledger, trees: TreeStore, scratch: Path, tmp_path: Path
) -> None:
    named, gone = put(trees, tmp_path / "model"), put(trees, tmp_path / "leftover")
    ledger.add_lineage(execution(named))
    manifest = damaged(trees, gone)
    assert collect(ledger=ledger, trees=trees, scratch=scratch, min_age_s=0)["trees"] == 1
    assert not manifest.exists()
    trees.verify(named)


def test_young_trees_stay(ledger: Ledger, trees: TreeStore, scratch: Path, tmp_path: Path) -> None:
    address = put(trees, tmp_path / "young")
    collect(ledger=ledger, trees=trees, scratch=scratch)
    trees.verify(address)


def test_nothing_is_collected_while_a_turn_is_at_work(
    ledger: Ledger, trees: TreeStore, scratch: Path, tmp_path: Path
) -> None:
    address = put(trees, tmp_path / "being-made")
    with ledger.lease("turn"), pytest.raises(ConflictError, match="another process is at work"):
        collect(ledger=ledger, trees=trees, scratch=scratch, min_age_s=0)
    trees.verify(address)
