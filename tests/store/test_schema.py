from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import psycopg
import pytest
import sqlalchemy as sa

from chainring.contracts.errors import (
    DamagedError,
    MissingPackageError,
    SpaceError,
    UnwrittenError,
)
from chainring.contracts.feedback import Feedback
from chainring.contracts.ids import new_id
from chainring.store import locked, migrations, schema
from chainring.store.ledger import Ledger
from chainring.store.schema import connect
from chainring.store.traffic import Traffic


@pytest.mark.parametrize(
    ("pragma", "value"),
    [
        ("journal_mode", "wal"),
        ("synchronous", 2),
        ("fullfsync", 1),
        ("checkpoint_fullfsync", 1),
        ("secure_delete", 1),
        ("busy_timeout", 30000),
    ],
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


@pytest.mark.parametrize("kind", ["no bytes", "no files", "room"])
def test_a_database_for_which_there_is_no_room_is_a_full_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    """SQLite says of each of them that it cannot open the file."""
    folder = tmp_path / "traffic"
    engine = connect(f"sqlite:///{folder / '2026-11.db'}")
    (folder / "2026-11.db").mkdir()  # stands for whatever keeps the file from being made
    found = os.statvfs(folder)
    free = {
        "no bytes": SimpleNamespace(f_bavail=3, f_frsize=4096, f_files=9, f_favail=9),
        "no files": SimpleNamespace(f_bavail=1 << 20, f_frsize=4096, f_files=9, f_favail=0),
        "room": SimpleNamespace(f_bavail=1 << 20, f_frsize=4096, f_files=0, f_favail=0),
    }[kind]
    monkeypatch.setattr(os, "statvfs", lambda place: free if place == folder else found)
    with pytest.raises((SpaceError, sa.exc.OperationalError)) as caught, engine.begin():
        pass
    assert isinstance(caught.value, SpaceError) == (kind != "room")
    if kind != "room":
        assert str(caught.value).startswith(f"the disk of {folder} is full")


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


HOLDER = """
import sqlite3, sys
held = sqlite3.connect(sys.argv[1], isolation_level=None)
held.execute("BEGIN IMMEDIATE")
print("locked", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schema, "PATIENCE_S", 0.0)


@contextmanager
def held_elsewhere(path: Path) -> Iterator[int]:
    """Yield the id of a process that keeps a database locked until the block ends."""
    command = [sys.executable, "-c", HOLDER, str(path)]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "locked\n"
        yield holder.pid
        holder.communicate()


@pytest.mark.usefixtures("impatient")
def test_a_database_that_another_process_keeps_locked_is_told_with_who_it_is(
    tmp_path: Path,
) -> None:
    path = tmp_path / "ledger.db"
    ledger = Ledger(f"sqlite:///{path}", app="shop")
    migrations.ready(ledger.engine)
    with held_elsewhere(path) as pid, pytest.raises(UnwrittenError) as caught:
        ledger.add_fact("label", "lab_1", {"value": "refund"})
    assert str(caught.value).startswith("ledger.db was locked for 0 s by process ")
    assert f"process {pid} (" in str(caught.value)
    ledger.add_fact("label", "lab_1", {"value": "refund"})
    ledger.close()


@pytest.mark.usefixtures("impatient")
def test_a_log_that_is_kept_locked_is_told_and_takes_rows_again(tmp_path: Path) -> None:
    traffic = Traffic(tmp_path, app="shop")
    said = Feedback(
        id=new_id("fb"), app="shop", prediction="pred_1", kind="rating", value="up", author="",
        at=1.0,
    )  # fmt: skip
    traffic.commit([], [said])
    (path,) = tmp_path.glob("*.db")
    with held_elsewhere(path), pytest.raises(UnwrittenError, match=f"{path.name} was locked"):
        traffic.commit([], [replace(said, id=new_id("fb"))])
    traffic.commit([], [replace(said, id=new_id("fb"))])
    assert len(list(traffic.feedback())) == 2
    traffic.close()


@pytest.mark.usefixtures("impatient")
def test_where_the_system_tells_no_locks_another_process_has_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(locked, "_PROC", tmp_path / "none")
    path = tmp_path / "ledger.db"
    engine = connect(f"sqlite:///{path}")
    with held_elsewhere(path), pytest.raises(UnwrittenError, match="by another process"):
        with engine.begin():
            pass
    engine.dispose()
