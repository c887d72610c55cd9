"""A ledger that cannot be opened, told in one sentence instead of a driver's traceback.

with explained(engine):
    migrations.ready(engine)
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa

from chainring.contracts.errors import InputError


@contextmanager
def explained(engine: sa.Engine) -> Iterator[None]:
    """Run what opens a ledger.

    Raises
    ------
    InputError
        When its server or file is away, refuses the role, or has no place for tables.
    """
    try:
        yield
    except (sa.exc.OperationalError, sa.exc.InterfaceError) as error:
        raise InputError(_closed(engine, _cause(error))) from error
    except sa.exc.ProgrammingError as error:
        if "permission denied" not in str(error.orig):
            raise
        raise InputError(
            f"the role of the ledger may make no tables ({_cause(error)}); give it a database of "
            "its own: createdb --owner ROLE DATABASE"
        ) from error


def spelled(engine: sa.Engine) -> str:
    """Return the address of a database as a recipe names it, without its password."""
    return engine.url.set(drivername=engine.dialect.name).render_as_string()


def _closed(engine: sa.Engine, cause: str) -> str:
    where = spelled(engine)
    if engine.dialect.name == "postgresql":
        return (
            f"the ledger {where} cannot be opened ({cause}); is its server up, and are role and "
            "database there? `psql` with the same address tells"
        )
    return (
        f"the ledger {where} cannot be opened ({cause}); may this account read and write the "
        "file and its folder?"
    )


def _cause(error: sa.exc.DBAPIError) -> str:
    first = str(error.orig).strip().splitlines()
    return " ".join(first[:1]).strip() or type(error.orig).__name__
