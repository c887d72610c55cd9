"""Backup and restore: one archive of ledger, traffic, trees, key and recipe, for any ledger.

Rows travel as JSON lines, so that a project backed up from SQLite can be restored to PostgreSQL.
The archive is written beside its name and renamed at the end: it is whole or not there.
"""

from __future__ import annotations

import io
import json
import os
import tarfile
import time
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Any

import sqlalchemy as sa

from chainring.contracts.codec import digest
from chainring.contracts.errors import ConflictError, DamagedError, SpaceError
from chainring.store import schema
from chainring.store.files import full_disk_explained, sync_folder, write_durably
from chainring.store.ledger import Ledger
from chainring.store.traffic import Traffic
from chainring.store.trees import TreeStore

FORMAT = 1
BATCH = 1000


def backup(
    target: Path, *, ledger: Ledger, traffic: Traffic, trees: TreeStore, files: Iterable[Path]
) -> dict[str, int]:
    """Write the archive `target` (.tar.gz); return how many rows and trees it holds.

    Each database is read in one transaction, the ledger first and the trees after it: a tree that
    a row names is in the archive, whatever a turn writes meanwhile.
    """
    if target.exists():
        raise ConflictError(f"{target} is already there; name another file")
    temporary = target.with_name(f".{target.name}.{os.getpid()}")
    counts = {"rows": 0, "trees": 0}
    with full_disk_explained(target.parent):
        try:
            with tarfile.open(temporary, "w:gz", compresslevel=3) as archive:
                _add(archive, "format.json", json.dumps({"format": FORMAT}).encode())
                counts["rows"] += _add_tables(archive, "ledger", ledger.engine, schema.ledger)
                for segment, engine in traffic.engines().items():
                    counts["rows"] += _add_tables(
                        archive, f"traffic/{segment}", engine, schema.traffic
                    )
                for address in trees.addresses():
                    _add_tree(archive, trees, address)
                    counts["trees"] += 1
                for path in files:
                    archive.add(path, f"files/{path.name}")
            with temporary.open("rb") as written:
                os.fsync(written.fileno())
            temporary.replace(target)
        finally:
            temporary.unlink(missing_ok=True)
    sync_folder(target.parent)
    return counts


def restore_files(source: Path, *, folder: Path, hidden: Path) -> None:
    """Put recipe and key of an archive where a new project keeps them."""
    with _reading(source), tarfile.open(source, "r:gz") as archive:
        for member in archive:
            path = PurePosixPath(member.name)
            stream = archive.extractfile(member)
            if len(path.parts) == 2 and path.parts[0] == "files" and stream is not None:
                place = hidden if path.name == "key" else folder
                write_durably(place / path.name, stream.read(), mode=0o600)


def restore(source: Path, *, ledger: Ledger, traffic: Traffic, trees: TreeStore) -> dict[str, int]:
    """Fill an empty project from an archive; every tree is verified at its end.

    Raises
    ------
    ConflictError
        When the ledger already holds rows.
    DamagedError
        When the archive is cut short or altered.
    """
    with ledger.engine.connect().execution_options(read_only=True) as connection:
        if connection.execute(sa.select(sa.func.count()).select_from(schema.lineage)).scalar():
            raise ConflictError(
                "the project to restore into already holds a ring; use a new folder"
            )
    counts = {"rows": 0, "trees": 0}
    with _reading(source), tarfile.open(source, "r:gz") as archive:
        for member in archive:
            counts["rows"] += _restore_member(archive, member, ledger, traffic, trees)
    _move_sequences(ledger.engine, schema.ledger)
    for address in trees.addresses():
        trees.verify(address)
        counts["trees"] += 1
    return counts


def _restore_member(
    archive: tarfile.TarFile,
    member: tarfile.TarInfo,
    ledger: Ledger,
    traffic: Traffic,
    trees: TreeStore,
) -> int:
    path = PurePosixPath(member.name)
    stream = archive.extractfile(member)
    if stream is None or path.is_absolute() or ".." in path.parts:
        raise DamagedError(f"the archive holds {member.name!r}, which is no plain file of a backup")
    if path.parts[0] == "ledger":
        return _load_table(ledger.engine, schema.ledger.tables[path.stem], stream)
    if path.parts[0] == "traffic":
        engine = traffic.segment_engine(path.parts[1])
        done = _load_table(engine, schema.traffic.tables[path.stem], stream)
        _move_sequences(engine, schema.traffic)
        return done
    if path.parts[0] in ("trees", "blobs"):
        _unpack(stream.read(), trees.root / path)
    return 0


@contextmanager
def _reading(source: Path) -> Iterator[None]:
    try:
        yield
    except (DamagedError, SpaceError):
        raise
    except (tarfile.TarError, EOFError, OSError, zlib.error, json.JSONDecodeError) as error:
        raise DamagedError(f"{source} cannot be read to its end: {error}") from error


def _unpack(data: bytes, target: Path) -> None:
    if not target.exists():
        write_durably(target, data, mode=0o444)
    if target.suffix == ".json" and digest(data, size=32) != f"blake2b:{target.stem}":
        raise DamagedError(f"the manifest {target.name} in the archive was altered")


def _add(archive: tarfile.TarFile, name: str, data: bytes) -> None:
    info = tarfile.TarInfo(name)
    info.size, info.mtime = len(data), int(time.time())
    archive.addfile(info, io.BytesIO(data))


def _add_tables(
    archive: tarfile.TarFile, prefix: str, engine: sa.Engine, metadata: sa.MetaData
) -> int:
    count = 0
    with engine.connect().execution_options(read_only=True) as connection:
        for table in metadata.sorted_tables:
            rows = connection.execute(sa.select(table)).mappings()
            lines = [json.dumps(dict(row), ensure_ascii=False) for row in rows]
            count += len(lines)
            _add(archive, f"{prefix}/{table.name}.jsonl", "\n".join(lines).encode())
    return count


def _add_tree(archive: tarfile.TarFile, trees: TreeStore, address: str) -> None:
    folder = trees.open(address)
    for blob in trees.manifest(address).files:
        name = blob.digest.partition(":")[2]
        archive.add(folder / blob.path, f"blobs/{name[:2]}/{name}")
    name = address.partition(":")[2]
    archive.add(trees.root / "trees" / name[:2] / f"{name}.json", f"trees/{name[:2]}/{name}.json")


def _load_table(engine: sa.Engine, table: sa.Table, stream: Any) -> int:
    count = 0
    with engine.begin() as connection:
        for batch in _batches(stream):
            connection.execute(table.insert(), batch)
            count += len(batch)
    return count


def _batches(stream: Iterable[bytes]) -> Iterator[list[dict[str, Any]]]:
    batch: list[dict[str, Any]] = []
    for line in stream:
        batch.append(json.loads(line))
        if len(batch) == BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def _move_sequences(engine: sa.Engine, metadata: sa.MetaData) -> None:
    """After rows came with their numbers, let PostgreSQL count on from the highest."""
    if engine.dialect.name != "postgresql":
        return
    with engine.begin() as connection:
        for table in metadata.sorted_tables:
            if "seq" in table.c:
                connection.execute(
                    sa.text(
                        f"SELECT setval(pg_get_serial_sequence('{table.name}', 'seq'), "
                        f"COALESCE((SELECT MAX(seq) FROM {table.name}), 1))"
                    )
                )
