from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from chainring.contracts.errors import ConflictError
from chainring.contracts.lineage import Lineage
from chainring.store.gc import collect
from chainring.store.ledger import Ledger
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
