"""The tables of ledger and traffic, for SQLite and PostgreSQL alike.

Facts are append-only: a change is a later row with the same id. Order is by `seq`, never by clock.
"""

from __future__ import annotations

import os
import sqlite3
import time
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from chainring.contracts.errors import DamagedError, MissingPackageError
from chainring.contracts.said import Said
from chainring.store.files import full_database, make_folder
from chainring.store.locked import locked

LEDGER_HEAD = "0003"
"""The newest migration; a ledger with another one is opened by `chainring upgrade`. A field that a
stored noun gains asks for a new one, too: an older version could not read it."""
PATIENCE_S = 30.0
"""How long a connection waits where another one has the database locked."""

_DAMAGED = ("is malformed", "is not a database")
_LOCKED = "database is locked"
_UNOPENED = "unable to open database file"
_LEAST_FREE = 1 << 20
"""With fewer bytes free, or no file left to be made, a database that cannot be made has no room."""

ledger = sa.MetaData()
traffic = sa.MetaData()

_SEQ = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def _seq() -> sa.Column[int]:
    return sa.Column("seq", _SEQ, primary_key=True, autoincrement=True)


facts = sa.Table(
    "facts",
    ledger,
    _seq(),
    sa.Column("app", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("id", sa.Text, nullable=False),
    sa.Column("about", sa.Text, nullable=False, server_default=""),
    sa.Column("at", sa.Float, nullable=False),
    sa.Column("body", sa.Text, nullable=False),
    sa.Index("facts_by_id", "app", "kind", "id"),
    sa.Index("facts_by_about", "app", "kind", "about"),
)
lineage = sa.Table(
    "lineage",
    ledger,
    _seq(),
    sa.Column("id", sa.Text, nullable=False, unique=True),
    sa.Column("app", sa.Text, nullable=False),
    sa.Column("step", sa.Text, nullable=False),
    sa.Column("key", sa.Text, nullable=False, index=True),
    sa.Column("turn", sa.Text, nullable=False, server_default=""),
    sa.Column("body", sa.Text, nullable=False),
)
lineage_trees = sa.Table(
    "lineage_trees",
    ledger,
    sa.Column("address", sa.Text, primary_key=True),
    sa.Column("lineage", sa.Text, primary_key=True),
)
refs = sa.Table(
    "refs",
    ledger,
    _seq(),
    sa.Column("app", sa.Text, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("number", sa.Integer, nullable=False),
    sa.Column("at", sa.Float, nullable=False),
    sa.Column("by", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("body", sa.Text, nullable=False),
    sa.UniqueConstraint("app", "name", "number"),
)
leases = sa.Table(
    "leases",
    ledger,
    sa.Column("app", sa.Text, primary_key=True),
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("holder", sa.Text, nullable=False),
    sa.Column("fence", sa.Integer, nullable=False),
    sa.Column("expires", sa.Float, nullable=False),
)

predictions = sa.Table(
    "predictions",
    traffic,
    _seq(),
    sa.Column("id", sa.Text, nullable=False, unique=True),
    sa.Column("app", sa.Text, nullable=False),
    sa.Column("at", sa.Float, nullable=False),
    sa.Column("holdout", sa.Boolean, nullable=False),
    sa.Column("passed_on", sa.Boolean, nullable=False),
    sa.Column("confidence", sa.Float, nullable=False),
    sa.Column("model", sa.Text, nullable=False),
    sa.Column("body", sa.Text, nullable=False),
)
served = predictions.c.id.not_like("shad\\_%", escape="\\")
"""What somebody was answered; rows of the shadow are asked for by name."""
feedback = sa.Table(
    "feedback",
    traffic,
    _seq(),
    sa.Column("id", sa.Text, nullable=False, unique=True),
    sa.Column("app", sa.Text, nullable=False),
    sa.Column("at", sa.Float, nullable=False),
    sa.Column("prediction", sa.Text, nullable=False, index=True),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("author", sa.Text, nullable=False),
    sa.Column("dedupe", sa.Text, nullable=False, unique=True),
    sa.Column("body", sa.Text, nullable=False),
)
payloads = sa.Table(
    "payloads",
    traffic,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("body", sa.Text),
    sa.Column("expires", sa.Float, index=True),
    sa.Column("erased_at", sa.Float),
)


def of_app(table: sa.Table, app: str) -> sa.ColumnElement[bool]:
    """Return which rows of a table are an application's: several may share one PostgreSQL.

    A text is its own where no other application's answer or reaction has that id.
    """
    if "app" in table.c:
        return table.c.app == app
    if table is lineage_trees:
        return table.c.lineage.in_(sa.select(lineage.c.id).where(lineage.c.app == app))
    return sa.and_(
        *(
            ~sa.exists().where(others.c.id == table.c.id, others.c.app != app)
            for others in (predictions, feedback)
        )
    )


def connect(url: str) -> sa.Engine:
    """Return an engine: SQLite in WAL mode with synchronous=FULL, or PostgreSQL as it is.

    Its errors show no parameters: users' texts are among them.
    """
    if url.startswith("postgresql://"):
        if find_spec("psycopg") is None:
            raise MissingPackageError(
                "psycopg",
                extra="postgres",
                needed_for=Said("a PostgreSQL ledger", zh="用 PostgreSQL 存放账本"),
            )
        url = url.replace("postgresql://", "postgresql+psycopg://", 1)
    if not url.startswith("sqlite"):
        return sa.create_engine(url, hide_parameters=True, pool_pre_ping=True, pool_size=4)
    path = sa.engine.make_url(url).database
    if path:
        make_folder(Path(path).parent)
    engine = sa.create_engine(url, hide_parameters=True, connect_args={"timeout": PATIENCE_S})
    sa.event.listen(engine, "connect", _sqlite_pragmas)
    sa.event.listen(engine, "begin", _begin_immediate)
    sa.event.listen(engine, "handle_error", _explain)
    return engine


def close(engine: sa.Engine) -> None:
    """Close the connections; one that another thread still uses closes when it is given back."""
    sa.event.listen(engine.pool, "checkin", _not_kept)
    engine.dispose()


def _not_kept(_: Any, record: sa.pool.ConnectionPoolEntry) -> None:
    record.invalidate()


def _explain(context: sa.engine.ExceptionContext) -> None:
    said = str(context.original_exception)
    place = Path(("" if context.engine is None else context.engine.url.database) or "")
    if "disk is full" in said or (_UNOPENED in said and _is_full(place.parent)):
        raise full_database(place.parent)
    if _LOCKED in said:
        raise locked(place, waited_s=PATIENCE_S)
    if any(words in said for words in _DAMAGED):
        raise DamagedError(
            f"{place} is damaged ({said}); stop what runs and restore a backup into a new folder "
            "(`chainring restore`); without a month of traffic, moved elsewhere, the rest works on"
        )


def _is_full(folder: Path) -> bool:
    """Whether no new database fits: SQLite does not say why it cannot make one."""
    try:
        disk = os.statvfs(folder)
    except OSError:
        return False
    return disk.f_bavail * disk.f_frsize < _LEAST_FREE or (disk.f_files > 0 and disk.f_favail == 0)


def _sqlite_pragmas(connection: Any, _: object) -> None:
    connection.isolation_level = None  # BEGIN is ours, see _begin_immediate
    # fullfsync: macOS alone knows it, whose fsync leaves the bytes in the cache of the disk
    durable = ("synchronous=FULL", "fullfsync=ON", "checkpoint_fullfsync=ON")
    # secure_delete: an erased text is overwritten, not only unlinked from its table
    patience = f"busy_timeout={1000 * PATIENCE_S:.0f}"
    for pragma in (patience, *durable, "secure_delete=ON"):
        connection.execute(f"PRAGMA {pragma}").close()
    _to_wal(connection)


def _to_wal(connection: Any) -> None:
    """Switch to write-ahead; SQLite does not wait here while another connection switches."""
    deadline = time.monotonic() + PATIENCE_S
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL").close()
        except sqlite3.OperationalError as error:
            if _LOCKED not in str(error) or time.monotonic() >= deadline:
                raise
            time.sleep(0.01)
        else:
            return


def _begin_immediate(connection: sa.Connection) -> None:
    # A read that later writes would fail with "database is locked" under a deferred BEGIN.
    deferred = connection.get_execution_options().get("read_only", False)
    connection.exec_driver_sql("BEGIN" if deferred else "BEGIN IMMEDIATE")
