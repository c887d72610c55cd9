"""sql.v1 on real databases: increments, full passes, cuts, and what it says when it cannot."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from pydantic import ValidationError

from chainring.contracts.errors import InputError, UnreachableError
from chainring.data.harvest import Harvest
from chainring.data.sources.database import opened
from chainring.data.sources.sql import SQL, SqlSettings

TICKETS = [
    (1, "Where is my parcel?", "track", "2026-11-01T08:00:00"),
    (2, "我的包裹到哪了？", "track", "2026-11-02T08:00:00"),
    (3, "I want my money back :now", "refund", "2026-11-03T08:00:00"),
]
BOTH = [
    pytest.param("sqlite", id="sqlite"),
    pytest.param("postgresql", id="postgresql", marks=pytest.mark.postgres),
]
COLUMNS = {"text": "body", "label": "topic", "at": "changed"}


class Shop:
    """A database with a table of tickets."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.engine = sa.create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
        kind = "TIMESTAMP" if url.startswith("postgresql") else "TEXT"
        self.run(
            f"CREATE TABLE tickets (id INTEGER PRIMARY KEY, body TEXT, topic TEXT, changed {kind})"
        )
        self.add(*TICKETS)

    def run(self, statement: str, **values: Any) -> None:
        with self.engine.begin() as connection:
            connection.execute(sa.text(statement), values)

    def add(self, *rows: tuple[int, str | None, str, str | None]) -> None:
        for row in rows:
            values = dict(zip(("id", "body", "topic", "changed"), row, strict=True))
            self.run("INSERT INTO tickets VALUES (:id, :body, :topic, :changed)", **values)


@pytest.fixture(params=BOTH)
def shop(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: Any) -> Iterator[Shop]:
    if request.param == "sqlite":
        found = Shop(f"sqlite:///{tmp_path / 'shop.db'}")
    else:
        found = Shop(str(request.getfixturevalue("postgres")))
    monkeypatch.setenv("SHOP_DB", found.url)
    yield found
    found.engine.dispose()


@pytest.fixture
def harvest(tmp_path: Path) -> Iterator[Harvest]:
    with Harvest.open(tmp_path / "harvest") as found:
        yield found


def settings(**more: Any) -> SqlSettings:
    query = "SELECT id, body, topic, changed FROM tickets WHERE topic NOT LIKE '%:x%'"
    return SqlSettings(**({"url": "env:SHOP_DB", "query": query, "columns": COLUMNS} | more))


def bring(harvest: Harvest, **more: Any) -> list[str]:
    said: list[str] = []
    SQL(settings(**more), harvest=harvest, say=said.append)
    return said


def texts(harvest: Harvest) -> dict[str, str]:
    return {identifier: row["text"] for identifier, row in harvest.rows()}


def test_rows_come_by_role_with_a_locator_that_a_person_can_look_up(
    shop: Shop, harvest: Harvest
) -> None:
    bring(harvest)
    rows = dict(harvest.rows())
    assert rows["2"] == {
        "text": "我的包裹到哪了？", "label": "track", "id": "2", "locator": "id 2",
        "at": "2026-11-02T08:00:00",
    }  # fmt: skip
    assert list(rows) == ["1", "2", "3"]


@pytest.mark.parametrize("key", ["", "id", "changed"])
def test_a_second_time_nothing_changes(shop: Shop, harvest: Harvest, key: str) -> None:
    bring(harvest, key=key)
    before = (harvest.digest(), harvest.changes)
    bring(harvest, key=key)
    assert (harvest.digest(), harvest.changes) == before


@pytest.mark.parametrize("key", ["id", "changed"])
def test_with_a_key_only_what_is_new_is_read(shop: Shop, harvest: Harvest, key: str) -> None:
    bring(harvest, key=key, overlap=0)
    shop.run("UPDATE tickets SET body = 'not looked at again' WHERE id = 1")
    shop.add((4, "换大一号", "size", "2026-11-04T08:00:00"))
    bring(harvest, key=key, overlap=0)
    assert texts(harvest)["1"] == TICKETS[0][1]
    assert texts(harvest)["4"] == "换大一号"


def test_a_row_that_changed_and_moved_its_key_replaces_itself(shop: Shop, harvest: Harvest) -> None:
    bring(harvest, key="changed")
    shop.run("UPDATE tickets SET body = 'now', changed = '2026-11-05T08:00:00' WHERE id = 1")
    bring(harvest, key="changed")
    assert texts(harvest) == {"1": "now", "2": TICKETS[1][1], "3": TICKETS[2][1]}


def test_a_lower_number_that_was_committed_later_is_seen(shop: Shop, harvest: Harvest) -> None:
    shop.add((50, "written first", "x", "2026-11-06T08:00:00"))
    bring(harvest, key="id")
    shop.add((49, "committed later", "x", "2026-11-06T08:00:00"))
    bring(harvest, key="id")
    assert texts(harvest)["49"] == "committed later"


def test_deleted_rows_are_found_by_a_full_pass_alone(shop: Shop, harvest: Harvest) -> None:
    bring(harvest, key="id")
    shop.run("DELETE FROM tickets WHERE id = 2")
    bring(harvest, key="id")
    assert "2" in texts(harvest)
    bring(harvest, key="id", full=True)
    assert list(texts(harvest)) == ["1", "3"]
    shop.run("DELETE FROM tickets WHERE id = 3")
    bring(harvest, key="")  # without a key every pass is a full one
    assert list(texts(harvest)) == ["1"]


def test_another_query_reads_everything_anew(shop: Shop, harvest: Harvest) -> None:
    bring(harvest, key="id")
    bring(harvest, key="id", query="SELECT * FROM tickets WHERE topic = 'refund';")
    assert list(texts(harvest)) == ["3"]


@pytest.mark.parametrize("key", ["", "id"])
@pytest.mark.parametrize("cut", [1, 99, 101, 240])
def test_a_reading_that_was_cut_ends_as_an_unbroken_one(
    tmp_path: Path, shop: Shop, harvest: Harvest, key: str, cut: int, monkeypatch: Any
) -> None:
    monkeypatch.setattr("chainring.data.sources.reading.ROWS_A_COMMIT", 100)
    monkeypatch.setattr("chainring.data.sources.database._BATCH", 100)
    values = [{"id": n, "body": f"text {n}", "topic": "x", "changed": None} for n in range(10, 260)]
    with shop.engine.begin() as connection:
        connection.execute(
            sa.text("INSERT INTO tickets VALUES (:id, :body, :topic, :changed)"), values
        )
    bring(harvest, key=key, overlap=100)
    with Harvest.open(tmp_path / "cut") as broken:
        put, seen = broken.put, iter(range(1, cut))

        def breaking(identifier: str, row: dict[str, str]) -> bool:
            if next(seen, None) is None:
                raise KeyboardInterrupt
            return put(identifier, row)

        monkeypatch.setattr(broken, "put", breaking)
        with pytest.raises(KeyboardInterrupt):
            bring(broken, key=key, overlap=100)
    shop.run("DELETE FROM tickets WHERE id = 200")
    with Harvest.open(tmp_path / "cut") as again:
        bring(again, key=key, overlap=100)
        assert len(again) == len(harvest) - (1 if not key or cut < 192 else 0)
        assert texts(again).items() <= texts(harvest).items()


def test_rows_without_text_go_and_are_counted(shop: Shop, harvest: Harvest) -> None:
    bring(harvest, key="id")
    shop.run("UPDATE tickets SET body = NULL WHERE id = 3")
    shop.add((4, " ", "x", None))
    assert bring(harvest, key="id") == ["2 x empty text"]
    assert list(texts(harvest)) == ["1", "2"]


def test_nothing_is_written_to_the_database(shop: Shop, harvest: Harvest) -> None:
    query = "WITH gone AS (DELETE FROM tickets RETURNING *) SELECT * FROM gone"
    with pytest.raises((InputError, UnreachableError), match="the database"):
        bring(harvest, query=query)
    bring(harvest)
    assert len(harvest) == 3


def test_what_a_query_has_wrong_is_told_with_the_words_of_the_database(
    shop: Shop, harvest: Harvest
) -> None:
    with pytest.raises(InputError, match=r"refuses the query.*ticketz"):
        bring(harvest, query="SELECT * FROM ticketz")
    with pytest.raises(InputError, match="rows need an id"):
        bring(harvest, query="SELECT body, topic, changed FROM tickets", key="changed")
    with pytest.raises(InputError) as caught:
        bring(harvest, columns={"text": "bodi"})
    assert caught.value.faults == (
        'no column `bodi` for the text; map it with columns = { text = "body" }',
    )


@pytest.mark.postgres
def test_a_time_or_a_cast_in_the_query_is_no_parameter(postgres: str) -> None:
    with opened(postgres) as database:
        rows = list(database.rows("SELECT '12:30 :x %s'::text AS body, 5 % 3 AS n"))
    assert rows == [{"body": "12:30 :x %s", "n": 2}]


def test_a_database_that_is_not_there_is_unreachable_and_none_is_made(
    tmp_path: Path, harvest: Harvest, monkeypatch: Any
) -> None:
    place = tmp_path / "away.db"
    with pytest.raises(UnreachableError, match=r"away\.db is not there"):
        bring(harvest, url=f"sqlite:///{place}")
    assert not place.exists()
    monkeypatch.setenv("AWAY", "postgresql://ann:geheim@127.0.0.1:1/shop")
    with pytest.raises(UnreachableError) as caught:
        bring(harvest, url="env:AWAY")
    assert "geheim" not in str(caught.value)
    with pytest.raises(UnreachableError, match="variable NOT_SET is not set"):
        bring(harvest, url="env:NOT_SET")


def test_a_password_does_not_stand_in_a_recipe() -> None:
    with pytest.raises(ValidationError, match="environment variable"):
        settings(url="postgresql://ann:geheim@db/shop")
    with pytest.raises(ValidationError, match="SQLAlchemy"):
        settings(url="shop.db")
    with pytest.raises(ValidationError, match="query"):
        settings(query="DELETE FROM tickets")


def test_a_relative_path_is_seen_from_the_projects_folder(tmp_path: Path) -> None:
    own = {"url": "sqlite:///shop.db", "query": "SELECT 1 AS text"}
    found = SqlSettings.model_validate(own, context={"root": tmp_path})
    assert found.url == f"sqlite:///{tmp_path}/shop.db"


def test_no_password_is_kept_in_the_harvest(shop: Shop, harvest: Harvest) -> None:
    bring(harvest, key="id")
    harvest.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    kept = b"".join(path.read_bytes() for path in harvest.folder.iterdir())
    assert shop.url.encode() not in kept
