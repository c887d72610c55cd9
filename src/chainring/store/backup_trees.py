"""Trees in a backup: those that the ledger names, as far as they are here, or in the remote, whole.

Enters an open archive and the stores, leaves members `trees/…`, `blobs/…` and `erased/…`.
"""

from __future__ import annotations

import logging
import tarfile
from collections.abc import Iterable, Iterator, Sequence

import sqlalchemy as sa

from chainring.contracts.errors import ChainringError, DamagedError, InputError, UnreachableError
from chainring.store.gc import referred
from chainring.store.ledger import Ledger
from chainring.store.schema import lineage_trees, of_app, refs
from chainring.store.trees import TreeStore

log = logging.getLogger("chainring.store")

_NOT_HAD = (DamagedError, UnreachableError, InputError)
"""What is raised of a tree that was altered, or lies in a remote that is away or refuses."""


def add_trees(archive: tarfile.TarFile, ledger: Ledger, trees: TreeStore) -> dict[str, int]:
    """Add the named trees, and what they need, to an archive; return how many, and those missing.

    What nothing names is left out: it may go meanwhile. So is a tree that was altered, or lies in
    a remote that is not reached, for all the rest to be saved; it counts as missing, and the log
    tells its file.
    """
    lineage, stored, held = in_lineage(ledger), set[str](), set[str]()
    wanted = _wanted(ledger, trees, lineage)
    for address in sorted(wanted):
        try:
            _add_tree(archive, trees, address, held)
            stored.add(address)
        except _NOT_HAD as error:
            _left_out(address, error)
    return {"trees": len(stored), "missing": len((lineage | wanted) - stored)}


def altered(ledger: Ledger, trees: TreeStore) -> Iterator[DamagedError]:
    """Yield what is wrong with each of the trees that `add_trees` left out as altered."""
    for address in sorted(in_lineage(ledger) | _referred(ledger)):
        try:
            for one in trees.closure([address]):
                trees.open(one)
        except DamagedError as error:
            yield error
        except (UnreachableError, InputError):
            continue  # it lies afar, and is missing


def within_reach(trees: TreeStore, named: set[str]) -> set[str]:
    """Return those trees that are here or in the remote, as far as that one answers."""
    try:
        return trees.closure(named) & named
    except (UnreachableError, InputError):
        return named.intersection(trees.addresses())


def in_lineage(ledger: Ledger) -> set[str]:
    """Return the trees that the lineage rows of a backup name.

    A SQLite ledger travels whole, with what it has under the names of a project renamed since.
    """
    return set(_of_archive(ledger, lineage_trees.c.address, lineage_trees))


def lineage_of(ledger: Ledger, names: Iterable[str]) -> set[str]:
    """Return the trees that the lineage rows of some applications name."""
    its = sa.or_(*(of_app(lineage_trees, name) for name in names))
    query = sa.select(lineage_trees.c.address).where(its).distinct()
    with ledger.engine.connect().execution_options(read_only=True) as connection:
        return set(connection.execute(query).scalars())


def _wanted(ledger: Ledger, trees: TreeStore, lineage: set[str]) -> set[str]:
    wanted = set[str]()
    for address in lineage | _referred(ledger):
        try:
            wanted |= trees.closure([address])
        except _NOT_HAD as error:
            _left_out(address, error)
    return wanted


def _referred(ledger: Ledger) -> set[str]:
    return referred(_of_archive(ledger, refs.c.body, refs))


def _of_archive(ledger: Ledger, column: sa.Column[str], table: sa.Table) -> Sequence[str]:
    query = sa.select(column).distinct()
    if ledger.engine.dialect.name == "postgresql":  # which applications may share
        query = query.where(of_app(table, ledger.app))
    with ledger.engine.connect().execution_options(read_only=True) as connection:
        return connection.execute(query).scalars().all()


def _left_out(address: str, error: ChainringError) -> None:
    log.warning("backup.left_out tree=%s because=%s", address, error)


def _add_tree(archive: tarfile.TarFile, trees: TreeStore, address: str, held: set[str]) -> None:
    folder = trees.open(address)
    for blob in trees.manifest(address).files:
        name = blob.digest.partition(":")[2]
        if name not in held:
            archive.add(folder / blob.path, f"blobs/{name[:2]}/{name}")
            held.add(name)
    name = address.partition(":")[2]
    archive.add(trees.root / "trees" / name[:2] / f"{name}.json", f"trees/{name[:2]}/{name}.json")
    if trees.erasure(address).files:
        archive.add(
            trees.root / "erased" / name[:2] / f"{name}.json", f"erased/{name[:2]}/{name}.json"
        )
