"""Sources in a whole project: a turn brings them up to date, and goes on where one is silent."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.software.conftest import opened, refused, run, small_project

from chainring.contracts.errors import InputError, UnknownNameError, UnreachableError
from chainring.contracts.record import Record
from chainring.data.sources import fetch
from chainring.ring.turn import Turn
from chainring.software.api import Project
from chainring.software.verbs.naming import records

SOURCE = """
[[data.sources]]
name = "tickets"
use = "sql.v1"
licence = "CC-BY-4.0"
url = "env:SHOP_DB"
query = "SELECT id, body, topic, changed FROM tickets"
key = "changed"
columns = { text = "body", label = "topic", at = "changed" }
"""


class Shop:
    """A small project whose text lies in a database alone."""

    def __init__(self, folder: Path, database: Path) -> None:
        self.folder, self.database = folder, database

    def run(self, statement: str, *values: object) -> None:
        with sqlite3.connect(self.database) as connection:
            connection.execute(statement, values)


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shop:
    folder = small_project(tmp_path / "shop")
    made = Shop(folder, tmp_path / "tickets.db")
    made.run("CREATE TABLE tickets (id TEXT PRIMARY KEY, body TEXT, topic TEXT, changed TEXT)")
    number = 0
    for path in sorted((folder / "data").glob("*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            row, number = json.loads(line), number + 1
            values = (f"t{number}", row["text"], row["label"], f"2026-11-01T00:{number // 60:02}")
            made.run("INSERT INTO tickets VALUES (?, ?, ?, ?)", *values)
    shutil.rmtree(folder / "data")
    recipe = folder / "chainring.toml"
    recipe.write_text(recipe.read_text().replace('unlabelled = ["articles"]\n', "") + SOURCE)
    monkeypatch.setenv("SHOP_DB", f"sqlite:///{made.database}")
    return made


@pytest.fixture
def project(shop: Shop) -> Iterator[Project]:
    with opened(shop.folder) as found:
        yield found


def rows_of(project: Project) -> list[Record]:
    return records(project)


def test_what_a_faulty_part_says_is_told_and_kept_with_no_turn(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*given: Any, **facts: Any) -> None:
        raise KeyError("Mrs Li's parcel")

    monkeypatch.setattr(fetch, "load_part", lambda kind, name: broken)
    with pytest.raises(InputError, match="Mrs Li's parcel"):
        project.turn()
    assert project.ring.ledger.facts("turn", Turn) == []


def test_a_project_of_sources_alone_turns_and_then_nothing_changes(
    shop: Shop, project: Project
) -> None:
    assert project.turn().outcome == "promoted"
    done = project.turn()
    assert (done.outcome, done.steps) == ("nothing changed", ())
    shop.run("INSERT INTO tickets VALUES ('new', 'my parcel is torn', 'return_item', '2026-12-01')")
    changed = project.turn()
    assert changed.steps[0] == "records"


def test_a_row_keeps_its_papers_its_place_and_its_time(shop: Shop, project: Project) -> None:
    (found,) = [row for row in rows_of(project) if row.locator == "id t7"]
    assert (found.source, found.licence, found.consent) == ("tickets", "CC-BY-4.0", "owner")
    assert found.at == 1793491200.0  # 2026-11-01T00:00Z
    assert found.fields["label"]


def test_the_id_of_a_record_stays_when_other_rows_come_and_its_own_changes_with_the_text(
    shop: Shop, project: Project
) -> None:
    before = {row.locator: row.id for row in rows_of(project)}
    shop.run("INSERT INTO tickets VALUES ('a0', 'first of all', 'invoice', '2026-12-01')")
    shop.run("UPDATE tickets SET body = 'another text', changed = '2026-12-02' WHERE id = 't1'")
    after = {row.locator: row.id for row in rows_of(project)}
    assert after.keys() - before.keys() == {"id a0"}
    assert {place for place in before if before[place] != after[place]} == {"id t1"}


def test_the_papers_of_a_source_are_part_of_the_memo_key(shop: Shop) -> None:
    recipe = shop.folder / "chainring.toml"
    with opened(shop.folder) as project:
        assert {row.licence for row in rows_of(project)} == {"CC-BY-4.0"}
    recipe.write_text(recipe.read_text().replace("CC-BY-4.0", "CC0-1.0"))
    with opened(shop.folder) as project:
        assert {row.licence for row in rows_of(project)} == {"CC0-1.0"}


def test_how_a_source_is_reached_is_not(shop: Shop) -> None:
    recipe = shop.folder / "chainring.toml"
    with opened(shop.folder) as project:
        rows_of(project)
        before = len(project.ring.ledger.all_lineage())
    recipe.write_text(recipe.read_text() + "overlap = 60.0\n")
    with opened(shop.folder) as project:
        rows_of(project)
        assert len(project.ring.ledger.all_lineage()) == before


def test_a_silent_source_is_told_and_the_turn_goes_on_with_what_stands(
    shop: Shop, project: Project
) -> None:
    said: list[str] = []
    project.ring.runner.say = said.append
    before = [row.id for row in rows_of(project)]
    shop.database.rename(shop.database.with_suffix(".away"))
    assert [row.id for row in rows_of(project)] == before
    assert any("not reached" in line and "goes on with its" in line for line in said)


def test_a_silent_source_of_which_nothing_stands_is_an_error(shop: Shop, project: Project) -> None:
    shop.database.unlink()
    with pytest.raises(UnreachableError, match=r"nothing of it stands yet.*is not there"):
        project.turn()


def test_texts_are_redacted_before_they_are_stored(shop: Shop, project: Project) -> None:
    shop.run("UPDATE tickets SET body = 'call 13912345678, please' WHERE id = 't1'")
    project.data.fetch()
    harvest = shop.folder / ".chainring" / "harvests" / "tickets"
    kept = b"".join(path.read_bytes() for path in harvest.iterdir())
    assert b"13912345678" not in kept
    assert b"call [phone], please" in kept


def test_beside_a_source_the_data_folder_may_be_empty_or_absent_but_not_a_named_one(
    shop: Shop,
) -> None:
    (shop.folder / "data").mkdir()
    with opened(shop.folder) as project:
        assert rows_of(project)
    recipe = shop.folder / "chainring.toml"
    recipe.write_text(recipe.read_text().replace("[data]\n", '[data]\npath = "dta"\n'))
    with opened(shop.folder) as project, pytest.raises(InputError, match="not there"):
        rows_of(project)


def test_files_and_sources_are_read_together(shop: Shop, project: Project) -> None:
    (shop.folder / "data").mkdir()
    (shop.folder / "data" / "a.jsonl").write_text('{"text": "from a file", "label": "invoice"}\n')
    assert {row.source for row in rows_of(project)} == {"tickets", "data/a.jsonl"}


def test_the_command_tells_what_came_and_names_what_it_does_not_know(shop: Shop) -> None:
    place = str(shop.folder)
    assert "192 rows, 192 new" in run("data", "fetch", "-p", place)
    assert "nothing changed" in run("data", "fetch", "tickets", "-p", place)
    assert "did you mean 'tickets'" in refused("data", "fetch", "ticket", "-p", place)


def test_fetch_names_an_unknown_source(project: Project) -> None:
    with pytest.raises(UnknownNameError, match="unknown source 'chats'"):
        project.data.fetch("chats")


def test_a_backup_holds_the_harvests_and_a_restored_project_does_not_fetch_again(
    shop: Shop, project: Project, tmp_path: Path
) -> None:
    before = [row.id for row in rows_of(project)]
    project.backup(tmp_path / "shop.tar.gz")
    shop.database.unlink()
    restored = Project.restore(tmp_path / "shop.tar.gz", tmp_path / "again")
    try:
        assert [row.id for row in rows_of(restored)] == before
    finally:
        restored.close()


def test_gc_removes_the_harvest_of_a_source_that_the_recipe_no_longer_names(shop: Shop) -> None:
    with opened(shop.folder) as project:
        project.data.fetch()
        assert project.gc(min_age_s=0)["harvests"] == 0
    recipe = shop.folder / "chainring.toml"
    recipe.write_text(recipe.read_text().replace('name = "tickets"', 'name = "mails"'))
    with opened(shop.folder) as project:
        assert project.gc(min_age_s=3600)["harvests"] == 0
        assert project.gc(min_age_s=0)["harvests"] == 1
    assert not (shop.folder / ".chainring" / "harvests" / "tickets").exists()


def test_the_password_stands_in_no_lineage(shop: Shop, project: Project) -> None:
    rows_of(project)
    stored = json.dumps([row.settings for row in project.ring.ledger.all_lineage()])
    assert "env:SHOP_DB" in stored
    assert str(shop.database) not in stored


def test_what_a_part_passed_over_is_counted_in_the_records(shop: Shop, project: Project) -> None:
    shop.run("INSERT INTO tickets VALUES ('empty', ' ', 'invoice', '2026-12-01')")
    rows_of(project)
    (row,) = project.ring.ledger.all_lineage(step="records")
    assert json.loads(row.result)["counts"]["tickets: empty text"] == 1
