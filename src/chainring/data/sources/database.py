"""A foreign database, opened to read only: its rows in a stream, its faults in our words.

Enters a url of SQLAlchemy, leaves rows as mappings; nothing is written there, and no password is
told in a message.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import sqlalchemy as sa
from sqlalchemy.pool import NullPool

from chainring.contracts.errors import InputError, MissingPackageError, UnreachableError
from chainring.contracts.said import Said

Rows = Generator[dict[str, Any], None, None]
_BATCH = 1000


class Database:
    """An open connection."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def rows(self, query: str, *, key: str = "", since: Any = None) -> Rows:
        """Yield the rows of a query, ordered by the key where there is one, from `since` on."""
        # The query's own colons are no parameters: '12:30', body::text.
        plain = query.strip().rstrip(";").replace(":", r"\:")
        text = plain
        if key:
            column = self._connection.dialect.identifier_preparer.quote(key)
            later = "" if since is None else f" WHERE {column} >= :since"
            text = f"SELECT * FROM ({plain}\n) AS harvested{later} ORDER BY {column}"
        options = {"stream_results": True, "yield_per": _BATCH}
        bound = {} if since is None else {"since": since}
        connection = self._connection.execution_options(**options)
        with connection.execute(sa.text(text), bound) as found:
            for row in found.mappings():
                yield dict(row)


@contextmanager
def opened(url: str) -> Iterator[Database]:
    """Open a database for reading.

    Raises
    ------
    UnreachableError
        When it does not answer, or refuses to be read now.
    InputError
        When it cannot make sense of the url or the query.
    """
    engine = _engine(url)
    try:
        with engine.connect() as connection:
            yield Database(connection)
    except sa.exc.DBAPIError as error:
        raise _told(error) from error
    finally:
        engine.dispose()


def _engine(url: str) -> sa.Engine:
    try:
        parsed = sa.engine.make_url(url)
    except sa.exc.ArgumentError:
        raise InputError("the url of the database is none that SQLAlchemy can read") from None
    if parsed.get_backend_name() == "sqlite":
        return _sqlite(parsed.database or "")
    if parsed.drivername in ("postgresql", "postgres"):
        parsed = parsed.set(drivername="postgresql+psycopg")
    try:
        engine = sa.create_engine(parsed, poolclass=NullPool)
    except sa.exc.NoSuchModuleError as error:
        raise InputError(
            f"no dialect for {parsed.drivername!r} is installed; install the one of your database"
        ) from error
    except ImportError as error:
        if parsed.drivername == "postgresql+psycopg":
            raise MissingPackageError(
                "psycopg",
                extra="postgres",
                needed_for=Said("reading from PostgreSQL", zh="从 PostgreSQL 读取"),
            ) from error
        raise InputError(f"{parsed.drivername} needs a driver: {error}") from error
    if engine.dialect.name == "postgresql":
        return engine.execution_options(postgresql_readonly=True)
    return engine


def _sqlite(path: str) -> sa.Engine:
    if not Path(path).is_file():
        raise UnreachableError(f"the database {path or 'in memory'} is not there")
    place = f"file:{quote(str(Path(path).absolute()))}?mode=ro"
    return sa.create_engine(
        "sqlite://", creator=lambda: sqlite3.connect(place, uri=True), poolclass=NullPool
    )


def _told(error: sa.exc.DBAPIError) -> Exception:
    """Return our error: what may pass by itself is unreachable, what is wrong is an input."""
    words = str(error.orig).strip()
    first = words.splitlines()[0] if words else type(error.orig).__name__
    passing = isinstance(error, sa.exc.OperationalError | sa.exc.InterfaceError)
    wrong = re.search(r"no such|syntax|no column|misuse", words)
    if error.connection_invalidated or (passing and not wrong):
        return UnreachableError(f"the database does not answer: {first}")
    return InputError(f"the database refuses the query: {first}")
