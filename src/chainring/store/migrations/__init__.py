"""Alembic migrations of the ledger, run under a lock.

`ready(engine, url)` brings a new ledger to the head at once; an older one is refused with the
command that upgrades it, so that nobody's project changes its form behind their back.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from chainring.contracts.errors import InputError
from chainring.store import schema
from chainring.store.schema import LEDGER_HEAD

LOCK_NUMBER = 7310231


def version(engine: sa.Engine) -> str | None:
    """Return the ledger's migration, or None when it is new.

    Raises
    ------
    InputError
        When the database serves another program, too, whose tables are called as ours.
    """
    with engine.connect().execution_options(read_only=True) as connection:
        there = sa.inspect(connection)
        known = there.has_table("alembic_version")
        _require_ours(there, engine, is_made=known)
        if not known:
            return None
        found = connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar()
    return None if found is None else str(found)


def _require_ours(there: sa.Inspector, engine: sa.Engine, *, is_made: bool) -> None:
    names = set(there.get_table_names())
    if is_made:  # an older ledger has fewer columns; each has this table
        strange = [] if {"facts", "lineage", "refs"} <= names else ["alembic_version"]
    else:
        tables = (*schema.ledger.sorted_tables, *schema.traffic.sorted_tables)
        strange = [
            table.name
            for table in tables
            if table.name in names
            and not {*table.c.keys()} <= {one["name"] for one in there.get_columns(table.name)}
        ]
    if strange:
        raise InputError(
            f"the database {engine.url.database} is another program's: its table {strange[0]} is "
            "none of chainring's; give the ledger a database of its own (createdb --owner ROLE "
            "DATABASE). Nothing was made in it"
        )


def ready(engine: sa.Engine) -> None:
    """Make a new ledger, accept one at the head, refuse any other.

    Raises
    ------
    InputError
        When the ledger is older (run `chainring upgrade`) or newer than this version.
    """
    found = version(engine)
    if found == LEDGER_HEAD:
        return
    if found is None:
        upgrade(engine)
        return
    if found < LEDGER_HEAD:
        raise InputError(
            f"this project was made by an older chainring (ledger {found}, now {LEDGER_HEAD}); "
            "run `chainring backup` with the older one if you like, then `chainring upgrade`"
        )
    _refuse_newer(found)


def upgrade(engine: sa.Engine, *, to: str = "head") -> str:
    """Run the migrations up to `to` under a lock; return the version reached.

    Raises
    ------
    InputError
        When the ledger is newer than this version.
    """
    from alembic import command

    _refuse_newer(version(engine) or "")

    logging.getLogger("alembic").setLevel(logging.WARNING)
    with _locked(engine) as connection:
        command.upgrade(_config(connection), to)
    return version(engine) or ""


def _refuse_newer(found: str) -> None:
    if found > LEDGER_HEAD:
        raise InputError(
            f"this project was made by a newer chainring (ledger {found}, here {LEDGER_HEAD}); "
            "install that version: pip install --upgrade chainring"
        )


def _config(connection: sa.Connection) -> Any:
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


@contextmanager
def _locked(engine: sa.Engine) -> Iterator[sa.Connection]:
    # SQLite: BEGIN IMMEDIATE is the lock (schema.connect); its DDL is transactional.
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(sa.text(f"SELECT pg_advisory_xact_lock({LOCK_NUMBER})"))
        yield connection
