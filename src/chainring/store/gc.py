"""Garbage collection: what no reference, lineage row or prediction names goes."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable, Collection, Iterable
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path

import sqlalchemy as sa

from chainring.contracts.errors import ConflictError
from chainring.store.erasure import drop_replaced
from chainring.store.ledger import Lease, Ledger
from chainring.store.litter import sorted_seen
from chainring.store.opening import spelled
from chainring.store.schema import lineage, lineage_trees, refs
from chainring.store.trees import TreeStore

Held = Callable[[Ledger], AbstractContextManager[Lease]]
"""Takes the lease of a turn and holds it."""


def turn_lease(ledger: Ledger) -> AbstractContextManager[Lease]:
    """Take the lease of a turn for as long as one lasts."""
    return ledger.lease("turn")


def collect(
    *,
    ledger: Ledger,
    trees: TreeStore,
    scratch: Path,
    min_age_s: float = 3600.0,
    harvests: Path | None = None,
    sources: Collection[str] = (),
    formerly: Collection[str] = (),
    held: Held = turn_lease,
) -> dict[str, int]:
    """Remove what nothing names and is older than `min_age_s`; return what went.

    `harvests` is the folder of what sources brought: of those that are not among `sources` any more
    it goes. `formerly` are names that the application had before: the ledger knows it by them, too.

    Every tree that a lineage row or a reference names stays, and with it what predictions name:
    they are made of both. A turn at work is never disturbed: collecting takes its lease.

    Raises
    ------
    ConflictError
        When a turn is at work, or took the lease meanwhile; or when the ledger knows nothing of
        the application: it was lost, or it is another one, and all trees would go. That it names
        some of them is no sign: an empty table has the same address in every project.
    DamagedError
        When what a tree holds cannot be read; no tree is removed then, all else is.
    """
    with held(ledger) as lease:
        _require_known(ledger, {ledger.app, *formerly}, trees, min_age_s)
        removed = {"scratch": _sweep(scratch.glob("*"), min_age_s)}
        if harvests is not None:
            left = [path for path in harvests.glob("*") if path.name not in sources]
            removed["harvests"] = _sweep(left, min_age_s)
        still = partial(ledger.renew, lease)
        return _swept(trees, _named(ledger), min_age_s, still) | removed


def _require_known(
    ledger: Ledger, names: Collection[str], trees: TreeStore, min_age_s: float
) -> None:
    rows = (sa.select(one.c.seq).where(one.c.app.in_(names)).limit(1) for one in (lineage, refs))
    with ledger.engine.connect().execution_options(read_only=True) as connection:
        is_known = any(connection.execute(row).first() for row in rows)
    manifests, cutoff = sorted_seen(trees.root, "trees/*/*.json"), time.time() - min_age_s
    if not is_known and any(path.stat().st_ctime <= cutoff for path in manifests):
        raise ConflictError(
            f"the ledger {spelled(ledger.engine)} knows nothing of {ledger.app!r}, and gc would "
            f"remove every tree in {trees.root}: let [store] ledger name the one that they were "
            f"made with; if nothing of them is wanted any more, remove {trees.root}"
        )


def _swept(
    trees: TreeStore, named: set[str], min_age_s: float, still: Callable[[], None]
) -> dict[str, int]:
    """Take away what no tree needs, first what was forgotten, here or on another machine."""
    trees.refresh()
    keep = trees.closure(named)  # from here on the manifests of all of them are here
    still()
    drop_replaced(trees, needed=keep)
    return trees.sweep(keep, min_age_s=min_age_s, still=still)


def _named(ledger: Ledger) -> set[str]:
    with ledger.engine.connect().execution_options(read_only=True) as connection:
        named = set(connection.execute(sa.select(lineage_trees.c.address).distinct()).scalars())
        return named | referred(connection.execute(sa.select(refs.c.body)).scalars())


def referred(bodies: Iterable[str]) -> set[str]:
    """Return the trees that references name themselves: the form in a package has no lineage."""
    nouns = map(json.loads, bodies)
    return {noun[name] for noun in nouns for name in ("model", "form") if noun.get(name)}


def _sweep(folders: Iterable[Path], min_age_s: float) -> int:
    """Remove folders in which nothing was written for long: of steps that were never tried again.

    So with what sources brought that the recipe no longer names.
    """
    count = 0
    cutoff = time.time() - min_age_s
    for folder in filter(Path.is_dir, folders):
        newest = max((p.stat().st_mtime for p in (folder, *folder.rglob("*"))), default=0.0)
        if newest <= cutoff:
            shutil.rmtree(folder, ignore_errors=True)
            count += 1
    return count
