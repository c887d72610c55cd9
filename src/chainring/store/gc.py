"""Garbage collection: what no reference, lineage row or prediction names goes; so do old texts."""

from __future__ import annotations

import shutil
import time
from pathlib import Path

import sqlalchemy as sa

from chainring.store.ledger import Ledger
from chainring.store.schema import lineage_trees
from chainring.store.traffic import Traffic
from chainring.store.trees import TreeStore


def collect(
    *,
    ledger: Ledger,
    traffic: Traffic,
    trees: TreeStore,
    scratch: Path,
    min_age_s: float = 3600.0,
) -> dict[str, int]:
    """Remove what nothing names and is older than `min_age_s`; return what went.

    Every tree that a lineage row names stays, and with it what references and predictions name:
    both are made of lineage. A turn at work is never disturbed: collecting takes its lease.

    Raises
    ------
    ConflictError
        When a turn is at work.
    """
    with ledger.lease("turn", ttl_s=600.0):
        return _collect(ledger, traffic, trees, scratch, min_age_s)


def _collect(
    ledger: Ledger, traffic: Traffic, trees: TreeStore, scratch: Path, min_age_s: float
) -> dict[str, int]:
    with ledger.engine.connect().execution_options(read_only=True) as connection:
        named = list(connection.execute(sa.select(lineage_trees.c.address).distinct()).scalars())
    removed = trees.sweep(named, min_age_s=min_age_s)
    removed["scratch"] = _sweep_scratch(scratch, min_age_s)
    removed["texts"] = traffic.expire()
    return removed


def _sweep_scratch(scratch: Path, min_age_s: float) -> int:
    """Scratch of steps that were killed and never tried again."""
    count = 0
    cutoff = time.time() - min_age_s
    for folder in scratch.glob("*"):
        newest = max((p.stat().st_mtime for p in (folder, *folder.rglob("*"))), default=0.0)
        if newest <= cutoff:
            shutil.rmtree(folder, ignore_errors=True)
            count += 1
    return count
