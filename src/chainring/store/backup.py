"""Backup and restore: one archive of ledger, traffic, trees, key and recipe, for any ledger.

Rows travel as JSON lines, so that a project backed up from SQLite can be restored to PostgreSQL.
The archive is written beside its name and renamed at the end: it is whole or not there.
"""

from __future__ import annotations

import io
import json
import os
import tarfile
import tempfile
import time
import zlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

import sqlalchemy as sa

from chainring.contracts.errors import ConflictError, DamagedError, InputError, SpaceError
from chainring.store import schema
from chainring.store.backup_rows import batches, line_of
from chainring.store.backup_trees import add_trees, in_lineage, within_reach
from chainring.store.databases import add_databases, is_database, put_database
from chainring.store.files import (
    beside,
    full_disk_explained,
    jsonl_files,
    make_folder,
    make_private,
    stream_durably,
    sync_file,
    sync_folder,
    write_durably,
)
from chainring.store.ledger import Ledger
from chainring.store.mirroring import mirrored
from chainring.store.traffic import Traffic
from chainring.store.trees import TreeStore
from chainring.store.unpacking import require_bounded

FORMAT = 1
_TRAFFIC = (schema.predictions, schema.feedback, schema.payloads)
"""In this order: the month of a reaction is its answer's, that of a comment is its reaction's."""
_NO_ARCHIVE = (
    tarfile.TarError, EOFError, OSError, zlib.error, ValueError, KeyError, RecursionError,
)  # fmt: skip


def backup(
    target: Path,
    *,
    ledger: Ledger,
    traffic: Traffic,
    trees: TreeStore,
    files: Iterable[Path],
    harvests: Path | None = None,
    articles: Path | None = None,
) -> dict[str, int]:
    """Write the archive `target` (.tar.gz); return how many rows and trees it holds.

    `missing` counts trees that the lineage names and that lie neither here nor in the remote, or
    were altered there.

    `harvests` is the folder whose folders each hold the database of one source, `articles` a file
    or folder of help articles.

    It holds the project's key and people's texts, so nobody but its owner may read it. Of a
    PostgreSQL that several applications share it holds the rows of this one.

    Each database is read in one transaction, the ledger first and the trees after it: a tree that
    a row names is in the archive, whatever a turn writes meanwhile.
    """
    if target.exists():
        raise ConflictError(f"{target} is already there; name another file")
    temporary = beside(target)
    counts = {"rows": 0, "trees": 0, "missing": 0}
    with full_disk_explained(target.parent):
        make_folder(target.parent)
        try:
            with (
                open(temporary, "xb", opener=_private) as file,
                tarfile.open(  # a link is read, for `restore` takes none
                    fileobj=file, mode="w:gz", compresslevel=3, dereference=True
                ) as archive,
            ):
                form = {"format": FORMAT, "ledger": schema.LEDGER_HEAD}
                _add(archive, "format.json", json.dumps(form).encode())
                counts["rows"] += _add_tables(
                    archive, "ledger", ledger.engine, schema.ledger, ledger.app, spool=target.parent
                )
                for segment, engine in traffic.engines().items():
                    counts["rows"] += _add_tables(
                        archive,
                        f"traffic/{segment}",
                        engine,
                        schema.traffic,
                        traffic.app,
                        spool=target.parent,
                    )
                counts |= add_trees(archive, ledger, trees)
                for path in files:
                    archive.add(path, f"files/{path.name}")
                if harvests is not None:
                    add_databases(archive, harvests, spool=target.parent)
                for path, name in _files_of(articles):
                    archive.add(path, f"articles/{name}")
            sync_file(temporary)
            temporary.replace(target)
        finally:
            temporary.unlink(missing_ok=True)
    sync_folder(target.parent)
    return counts


def _files_of(articles: Path | None) -> Iterator[tuple[Path, str]]:
    """Yield the files that are read of an articles file or folder, and their names from there."""
    if articles is not None and articles.is_dir():
        yield from ((path, f"{articles.name}/{path.name}") for path in jsonl_files(articles))
    elif articles is not None and articles.is_file():
        yield articles, articles.name


def restore_files(source: Path, *, folder: Path, hidden: Path) -> None:
    """Put recipe, key, articles and harvests of an archive where a new project keeps them."""
    check(source, folder)
    make_private(hidden)
    with tarfile.open(source, "r:gz") as archive:
        for member in archive:
            path = PurePosixPath(member.name)
            stream = archive.extractfile(member)
            if is_database(path) and stream is not None:
                put_database(stream, hidden / path)
            if path.parts[0] == "articles" and stream is not None:
                put_database(stream, folder.joinpath(*path.parts[1:]))
            if len(path.parts) == 2 and path.parts[0] == "files" and stream is not None:
                place = hidden if path.name == "key" else folder
                write_durably(place / path.name, stream.read(), mode=0o600)


def check(source: Path, place: Path) -> None:
    """Read an archive to its last byte and checksum before anything is taken from it to `place`.

    Raises
    ------
    InputError
        When it was made by a newer chainring.
    DamagedError
        When it is cut short or altered, or no backup unpacks to what it does.
    SpaceError
        When `place` has not the space that it unpacks to.
    """
    try:
        require_bounded(source, place)
        with tarfile.open(source, "r:gz") as archive:
            stated = archive.extractfile("format.json")
            form = json.loads(b"" if stated is None else stated.read())
        number, head = int(form["format"]), str(form.get("ledger", ""))
    except (SpaceError, DamagedError):
        raise
    except _NO_ARCHIVE as error:
        raise DamagedError(
            f"{source} is no whole backup ({error}); nothing was restored. Use another copy of it"
        ) from error
    if number > FORMAT or head > schema.LEDGER_HEAD:
        raise InputError(
            f"{source} was made by a newer chainring (format {number}, ledger {head}); install "
            "that version: pip install --upgrade chainring"
        )


def restore(source: Path, *, ledger: Ledger, traffic: Traffic, trees: TreeStore) -> dict[str, int]:
    """Fill an empty project from an archive; every tree is verified at its end, and mirrored.

    Raises
    ------
    ConflictError
        When ledger or traffic log already hold rows.
    DamagedError
        When the archive is cut short or altered; nothing was written then.
    """
    check(source, trees.root)
    _require_empty(ledger.engine, schema.ledger)
    for engine in traffic.engines().values():
        _require_empty(engine, schema.traffic)
    counts = {"rows": 0, "trees": 0}
    with tarfile.open(source, "r:gz") as archive:
        for member in archive:
            counts["rows"] += _restore_member(archive, member, ledger, traffic, trees)
    _move_sequences(ledger.engine, schema.ledger)
    for address in trees.addresses():
        trees.verify(address)
        counts["trees"] += 1
    mirrored(trees, trees.addresses())
    return counts | {"missing": len((named := in_lineage(ledger)) - within_reach(trees, named))}


def _restore_member(
    archive: tarfile.TarFile,
    member: tarfile.TarInfo,
    ledger: Ledger,
    traffic: Traffic,
    trees: TreeStore,
) -> int:
    path = PurePosixPath(member.name)
    stream = archive.extractfile(member)
    if stream is None or not _is_ours(path):
        raise DamagedError(f"the archive holds {member.name!r}, which is no plain file of a backup")
    if path.parts[0] == "ledger":
        return _load_table(ledger.engine, schema.ledger.tables[path.stem], stream)
    if path.parts[0] == "traffic":
        return _load_traffic(traffic, schema.traffic.tables[path.stem], stream)
    if path.parts[0] in ("trees", "blobs"):
        wanted = f"blake2b:{path.stem}"
        if stream_durably(stream, trees.root / path, digest=wanted) != wanted:
            raise DamagedError(f"{member.name} in the archive was altered; use another copy of it")
    if path.parts[0] == "erased":  # its seal is checked when the tree is verified at the end
        write_durably(trees.root / path, stream.read(), mode=0o444)
    return 0


def _is_ours(path: PurePosixPath) -> bool:
    if path.is_absolute() or ".." in path.parts:
        return False
    tables = {"ledger": schema.ledger.tables, "traffic": schema.traffic.tables}
    return path.parts[0] not in tables or path.stem in tables[path.parts[0]]


def _require_empty(engine: sa.Engine, metadata: sa.MetaData) -> None:
    with engine.connect().execution_options(read_only=True) as connection:
        for table in metadata.sorted_tables:
            if connection.execute(sa.select(sa.literal(1)).select_from(table).limit(1)).first():
                raise ConflictError(
                    f"the project to restore into already holds rows ({table.name}); restore into "
                    "a new folder (and, with PostgreSQL, an empty database)"
                )


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _add(archive: tarfile.TarFile, name: str, data: bytes) -> None:
    info = tarfile.TarInfo(name)
    info.size, info.mtime = len(data), int(time.time())
    archive.addfile(info, io.BytesIO(data))


def _add_tables(
    archive: tarfile.TarFile,
    prefix: str,
    engine: sa.Engine,
    metadata: sa.MetaData,
    app: str,
    *,
    spool: Path,
) -> int:
    count = 0
    is_shared = engine.dialect.name == "postgresql"
    with engine.connect().execution_options(read_only=True) as connection:
        if is_shared:  # one snapshot for all tables, as SQLite has it
            connection.execution_options(isolation_level="REPEATABLE READ")
        for table in _TRAFFIC if metadata is schema.traffic else metadata.sorted_tables:
            query = sa.select(table).order_by(*table.primary_key).execution_options(yield_per=100)
            if is_shared:
                query = query.where(schema.of_app(table, app))
            rows = (dict(row) for row in connection.execute(query).mappings())
            count += _add_rows(archive, f"{prefix}/{table.name}.jsonl", rows, spool)
    return count


def _add_rows(
    archive: tarfile.TarFile, name: str, rows: Iterable[dict[str, Any]], spool: Path
) -> int:
    """Add rows as JSON lines, over a nameless file in `spool`: their size has to be told first."""
    count, info = 0, tarfile.TarInfo(name)
    with tempfile.TemporaryFile(dir=spool) as lines:
        for row in rows:
            lines.write(line_of(row, table=name))
            count += 1
        info.size, info.mtime = lines.tell(), int(time.time())
        lines.seek(0)
        archive.addfile(info, lines)
    return count


def _load_table(engine: sa.Engine, table: sa.Table, stream: Any) -> int:
    count = 0
    with engine.begin() as connection:
        for batch in batches(stream):
            connection.execute(table.insert(), batch)
            count += len(batch)
    return count


def _load_traffic(traffic: Traffic, table: sa.Table, stream: Any) -> int:
    """Put rows where this log keeps them: SQLite has a file a month, PostgreSQL one table.

    Rows are numbered anew, in their old order: two months may both have a row 1.
    """
    count = 0
    for batch in batches(stream):
        rows: dict[str, list[dict[str, Any]]] = defaultdict(list)
        beside = _said(traffic, batch) if table is schema.payloads else {}
        for row in batch:
            row.pop("seq", None)
            home = beside.get(row["id"]) or traffic.home(table.name, row)
            rows[home].append(row)
        for segment, part in rows.items():
            with traffic.segment_engine(segment).begin() as connection:
                connection.execute(table.insert(), part)
        count += len(batch)
    return count


def _said(traffic: Traffic, batch: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Return the segment of each reaction among the owners of these texts, asked all at once."""
    ids = [row["id"] for row in batch if row["id"].startswith("fb_")]
    query = sa.select(schema.feedback.c.id).where(schema.feedback.c.id.in_(ids))
    found: dict[str, str] = {}
    for segment, engine in traffic.engines().items() if ids else ():
        with engine.connect().execution_options(read_only=True) as connection:
            found |= dict.fromkeys(connection.execute(query).scalars(), segment)
    return found


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
