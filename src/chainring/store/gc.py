"""Garbage collection: what no reference, lineage row or prediction names goes."""

from __future__ import annotations

import shutil
import time
from collections.abc import Collection, Iterable
from pathlib import Path

import sqlalchemy as sa

from chainring.store.ledger import Ledger
from chainring.store.schema import lineage_trees
from chainring.store.trees import TreeStore


def collect(
    *,
    ledger: Ledger,
    trees: TreeStore,
    scratch: Path,
    min_age_s: float = 3600.0,
    harvests: Path | None = None,
    sources: Collection[str] = (),
) -> dict[str, int]:
    """Remove what nothing names and is older than `min_age_s`; return what went.

    `harvests` is the folder of what sources brought: of those that are not among `sources` any more
    it goes.

    Every tree that a lineage row names stays, and with it what references and predictions name:
    both are made of lineage. A turn at work is never disturbed: collecting takes its lease.

    Raises
    ------
    ConflictError
        When a turn is at work.
    """
    with ledger.lease("turn", ttl_s=600.0):
        removed = _collect(ledger, trees, scratch, min_age_s)
        if harvests is not None:
            left = [path for path in harvests.glob("*") if path.name not in sources]
            removed["harvests"] = _sweep(left, min_age_s)
        return removed


def _collect(ledger: Ledger, trees: TreeStore, scratch: Path, min_age_s: float) -> dict[str, int]:
    with ledger.engine.connect().execution_options(read_only=True) as connection:
        named = list(connection.execute(sa.select(lineage_trees.c.address).distinct()).scalars())
    removed = trees.sweep(named, min_age_s=min_age_s)
    removed["scratch"] = _sweep(scratch.glob("*"), min_age_s)
    return removed


def _sweep(folders: Iterable[Path], min_age_s: float) -> int:
    """Remove folders in which nothing was written for long: of steps that were never tried again.

    So with what sources brought that the recipe no longer names.
    """
    count = 0
    cutoff = time.time() - min_age_s
    for folder in folders:
        newest = max((p.stat().st_mtime for p in (folder, *folder.rglob("*"))), default=0.0)
        if newest <= cutoff:
            shutil.rmtree(folder, ignore_errors=True)
            count += 1
    return count
