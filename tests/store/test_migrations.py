from __future__ import annotations

import json
import multiprocessing
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from tests.store import nouns

from chainring.contracts.case import Case
from chainring.contracts.errors import InputError, UnwrittenError
from chainring.store import migrations, schema
from chainring.store.ledger import Ledger

HEADS = sorted(
    path.name.partition("_")[0]
    for path in (Path(migrations.__file__).parent / "versions").glob("0*.py")
)
CASE = Case(id="case_1", app="shop", kind="unfair", opened_by="fb_1", at=1.0)


@pytest.fixture
def old(ledger_url: str) -> Ledger:
    """Return a ledger as the first version made it, with rows in it."""
    ledger = Ledger(ledger_url, app="shop")
    migrations.upgrade(ledger.engine, to="0001")
    body = '{"app":"shop","at":1.0,"id":"case_1","kind":"unfair","opened_by":"fb_1"}'
    with ledger.engine.begin() as connection:
        connection.execute(
            sa.text(
                "INSERT INTO facts (app, kind, id, at, body) "
                "VALUES ('shop', 'case', 'case_1', 1.0, :body)"
            ),
            {"body": body},
        )
        connection.execute(
            sa.text(
                "INSERT INTO refs (app, name, number, at, by, reason, body) "
                "VALUES ('shop', 'champion', 1, 1.0, 'gate', 'first', '{}')"
            )
        )
    return ledger


def test_the_newest_migration_is_the_head_that_the_ledger_expects() -> None:
    assert HEADS[-1] == schema.LEDGER_HEAD


def test_a_field_that_a_noun_gains_or_loses_asks_for_a_migration() -> None:
    """Else an older version would meet what it cannot read, with no word of which is newer."""
    assert json.loads(nouns.FILE.read_text("utf-8")) == nouns.nouns(), (
        "add a migration, raise LEDGER_HEAD, then call `python -m tests.store.nouns`"
    )


def test_a_new_ledger_is_made_at_the_head_and_its_tables_are_those_of_the_schema(
    ledger_url: str,
) -> None:
    ledger = Ledger(ledger_url, app="shop")
    migrations.ready(ledger.engine)
    migrations.ready(ledger.engine)
    assert migrations.version(ledger.engine) == schema.LEDGER_HEAD
    with ledger.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": False})
        assert compare_metadata(context, schema.ledger) == []
    ledger.close()


def test_an_older_ledger_is_refused_with_the_command_that_upgrades_it(old: Ledger) -> None:
    with pytest.raises(InputError, match=r"older chainring \(ledger 0001.*`chainring upgrade`"):
        migrations.ready(old.engine)
    assert migrations.version(old.engine) == "0001"
    old.close()


def test_an_upgraded_ledger_keeps_its_rows(old: Ledger) -> None:
    assert migrations.upgrade(old.engine) == schema.LEDGER_HEAD
    migrations.ready(old.engine)
    assert old.facts("case", Case) == [CASE]
    assert old.facts("case", Case, about="") == [CASE]
    head = old.ref("champion")
    assert head is not None
    assert (head.number, head.by) == (1, "gate")
    old.add_fact("case", "case_2", CASE, about="fb_2")
    assert old.facts("case", Case, about="fb_2") == [CASE]
    old.close()


def test_a_newer_ledger_is_refused_and_left_as_it_is(ledger: Ledger) -> None:
    with ledger.engine.begin() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    for attempt in (migrations.ready, migrations.upgrade):
        with pytest.raises(InputError, match=r"newer chainring \(ledger 9999.*pip install"):
            attempt(ledger.engine)
    assert migrations.version(ledger.engine) == "9999"


def upgrade(url: str) -> None:
    ledger = Ledger(url, app="shop")
    migrations.upgrade(ledger.engine)
    ledger.close()


def make_ready(url: str) -> None:
    ledger = Ledger(url, app="shop")
    migrations.ready(ledger.engine)
    ledger.close()


@pytest.mark.parametrize("from_old", [True, False], ids=["old", "new"])
def test_two_processes_migrate_at_once(
    ledger_url: str, from_old: bool, request: pytest.FixtureRequest
) -> None:
    if from_old:
        request.getfixturevalue("old").close()
    context = multiprocessing.get_context("spawn")
    work = upgrade if from_old else make_ready
    both = [context.Process(target=work, args=(ledger_url,)) for _ in range(2)]
    for process in both:
        process.start()
    for process in both:
        process.join()
    assert [process.exitcode for process in both] == [0, 0]
    ledger = Ledger(ledger_url, app="shop")
    migrations.ready(ledger.engine)
    assert len(ledger.facts("case", Case)) == int(from_old)
    ledger.close()


def test_threads_that_open_a_new_ledger_at_once_all_find_it_ready(ledger_url: str) -> None:
    gate = threading.Barrier(4)

    def opened(_: int) -> str | None:
        ledger = Ledger(ledger_url, app="shop")
        gate.wait(60)
        migrations.ready(ledger.engine)
        found = migrations.version(ledger.engine)
        ledger.close()
        return found

    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(opened, range(4))) == {schema.LEDGER_HEAD}


def test_a_ledger_kept_locked_is_said_to_be_so(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'ledger.db'}"
    ledger, other = Ledger(url, app="shop"), Ledger(url, app="shop")
    migrations.upgrade(ledger.engine, to="0001")
    with other.engine.begin(), ledger.engine.connect() as connection:
        connection.execution_options(read_only=True).exec_driver_sql("PRAGMA busy_timeout=1")
        connection.rollback()
        sa.event.listen(
            ledger.engine, "checkout", lambda raw, *_: raw.execute("PRAGMA busy_timeout=1").close()
        )
        with pytest.raises(UnwrittenError, match=r"ledger\.db was locked for 30 s by"):
            migrations.upgrade(ledger.engine)
    ledger.close()
    other.close()


@pytest.mark.parametrize("version", ["cc1f77228345", "0001_init", "0002"])
def test_a_database_that_another_program_migrates_is_refused(ledger_url: str, version: str) -> None:
    ledger = Ledger(ledger_url, app="shop")
    with ledger.engine.begin() as connection:
        connection.execute(sa.text("CREATE TABLE alembic_version (version_num text)"))
        connection.execute(sa.text(f"INSERT INTO alembic_version VALUES ('{version}')"))
    for opening in (migrations.ready, migrations.upgrade, migrations.version):
        with pytest.raises(InputError, match=r"another program's: its table alembic_version"):
            opening(ledger.engine)
    assert sa.inspect(ledger.engine).get_table_names() == ["alembic_version"]
    ledger.close()


def test_a_database_with_a_table_called_as_one_of_ours_is_refused(ledger_url: str) -> None:
    ledger = Ledger(ledger_url, app="shop")
    with ledger.engine.begin() as connection:
        connection.execute(sa.text("CREATE TABLE predictions (id int, price float)"))
    with pytest.raises(InputError, match=r"its table predictions.*database of its own"):
        migrations.ready(ledger.engine)
    assert sa.inspect(ledger.engine).get_table_names() == ["predictions"]
    ledger.close()
