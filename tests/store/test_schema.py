from __future__ import annotations

import sqlite3
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa

from chainring.contracts.errors import DamagedError, MissingPackageError, SpaceError
from chainring.store import schema
from chainring.store.schema import connect


@pytest.mark.parametrize(
    ("pragma", "value"),
    [("journal_mode", "wal"), ("synchronous", 2), ("secure_delete", 1), ("busy_timeout", 30000)],
)
def test_every_sqlite_connection_is_durable_patient_and_erases(
    tmp_path: Path, pragma: str, value: object
) -> None:
    engine = connect(f"sqlite:///{tmp_path / 'new' / 'ledger.db'}")
    with engine.connect() as one, engine.connect() as two:
        for connection in (
            one.execution_options(read_only=True),
            two.execution_options(read_only=True),
        ):
            assert connection.exec_driver_sql(f"PRAGMA {pragma}").scalar() == value
    engine.dispose()


def test_a_connection_that_a_thread_still_uses_is_closed_when_it_comes_back(
    ledger_url: str,
) -> None:
    engine = connect(ledger_url)
    late = engine.connect()
    held = late.connection.dbapi_connection
    schema.close(engine)
    assert held is not None
    held.cursor().execute("SELECT 1")  # whoever is at work is not cut off
    late.close()
    with pytest.raises((sqlite3.ProgrammingError, psycopg.OperationalError), match="closed"):
        held.cursor().execute("SELECT 1")
    with engine.connect() as after:
        later = after.connection.dbapi_connection
    assert later is not None
    with pytest.raises((sqlite3.ProgrammingError, psycopg.OperationalError), match="closed"):
        later.cursor().execute("SELECT 1")


def test_two_transactions_that_read_and_then_write_do_not_fail_each_other(tmp_path: Path) -> None:
    """Under SQLite's own deferred BEGIN the second one would find the database locked."""
    import threading

    engine = connect(f"sqlite:///{tmp_path / 'ledger.db'}")
    with engine.begin() as connection:
        schema.ledger.create_all(connection)
        connection.execute(
            schema.leases.insert().values(app="a", name="n", holder="h", fence=0, expires=0.0)
        )

    def count() -> None:
        for _ in range(20):
            with engine.begin() as connection:
                fence = connection.execute(sa.select(schema.leases.c.fence)).scalar_one()
                connection.execute(schema.leases.update().values(fence=fence + 1))

    threads = [threading.Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with engine.connect() as connection:
        assert connection.execute(sa.select(schema.leases.c.fence)).scalar_one() == 80
    engine.dispose()


def test_a_missing_driver_is_named_with_the_extra_that_brings_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(schema, "find_spec", lambda _: None)
    with pytest.raises(MissingPackageError, match=r"psycopg.*pip install 'chainring\[postgres\]'"):
        connect("postgresql://nobody@127.0.0.1:1/none")


def test_a_full_disk_is_told_by_its_name_and_the_rows_before_it_stay(tmp_path: Path) -> None:
    engine = connect(f"sqlite:///{tmp_path / 'ledger.db'}")
    with engine.begin() as connection:
        connection.execute(sa.text("CREATE TABLE rows (body TEXT)"))
        connection.execute(sa.text("INSERT INTO rows VALUES ('kept')"))
    too_long = sa.text(f"INSERT INTO rows VALUES ('{'x' * 100_000}')")
    with engine.begin() as connection:
        connection.execute(sa.text("PRAGMA max_page_count = 3"))
        with pytest.raises(SpaceError, match=rf"the disk of {tmp_path} is full.*gc` frees more"):
            connection.execute(too_long)
    with engine.connect() as connection:
        assert connection.execute(sa.text("SELECT body FROM rows")).scalars().all() == ["kept"]
    engine.dispose()


def test_what_a_database_refuses_is_told_without_the_text_of_a_user(ledger_url: str) -> None:
    engine = connect(ledger_url)
    row = schema.payloads.insert().values(id="pred_1", body="my name is Ann")
    with (  # noqa: PT012 - what is refused is the second statement
        pytest.raises(sa.exc.DBAPIError, match="payloads") as refused,
        engine.begin() as connection,
    ):
        connection.execute(sa.text("DROP TABLE IF EXISTS payloads"))
        connection.execute(row)
    assert "Ann" not in str(refused.value)
    engine.dispose()


@pytest.mark.parametrize("cut", [0, 4096], ids=["no database", "malformed"])
def test_a_damaged_file_is_told_by_its_name_with_what_helps(tmp_path: Path, cut: int) -> None:
    path = tmp_path / "2026-11.db"
    engine = connect(f"sqlite:///{path}")
    with engine.begin() as connection:
        schema.traffic.create_all(connection)
    engine.dispose()
    whole = path.read_bytes()
    path.write_bytes(whole[:cut] + b"x" * (len(whole) - cut))
    for left in tmp_path.glob("*.db-*"):
        left.unlink()
    engine = connect(f"sqlite:///{path}")
    with pytest.raises(DamagedError, match=r"2026-11\.db is damaged .*restore"):
        _insert(engine)
    engine.dispose()


def _insert(engine: sa.Engine) -> None:
    with engine.begin() as connection:
        connection.execute(schema.payloads.insert().values(id="pred_1", body="text"))
