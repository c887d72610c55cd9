"""Forgetting reaches every harvest: those of other machines, and those that come later."""

from __future__ import annotations

import csv
import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from chainring.contracts.errors import ConflictError
from chainring.data.harvest import FILE, Harvest, held
from chainring.ring import lease
from chainring.software.api import Project
from chainring.software.verbs import forgetting, naming
from chainring.software.verbs import harvests as module
from chainring.store.erase import compact
from chainring.store.schema import leases

RECIPE = """\
[project]
name = "shop"
[store]
ledger = "sqlite:///{ledger}"
[[data.sources]]
name = "chats"
use = "files.v1"
path = "in"
"""
ANN, BO = ("1", "my leg hurts", "ann", "ann b"), ("2", "hello there", "bo", "bo")
NEW = ("3", "the new secret of Ann", "ａnn ", "carl")
COLUMNS = ("id", "text", "subject", "author")


def machine(place: Path, ledger: Path) -> Path:
    """Make a project with two rows; all that share a ledger are machines of one."""
    (place / ".chainring").mkdir(parents=True, mode=0o700)
    (place / ".chainring" / "key").write_text("07" * 32)
    (place / "chainring.toml").write_text(RECIPE.format(ledger=ledger))
    write(place, ANN, BO)
    return place


def write(place: Path, *rows: tuple[str, ...]) -> None:
    (place / "in").mkdir(exist_ok=True)
    with (place / "in" / "a.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows((COLUMNS, *rows))


@contextmanager
def fetched(place: Path) -> Iterator[Project]:
    with closing(Project.open(place)) as project:
        project.data.fetch()
        yield project


def texts(place: Path, source: str = "chats") -> list[str]:
    with Harvest.open(place / ".chainring" / "harvests" / source) as harvest:
        return [row["text"] for _, row in harvest.rows()]


@pytest.fixture
def here(tmp_path: Path) -> Path:
    return machine(tmp_path / "here", tmp_path / "ledger.db")


@pytest.fixture
def there(tmp_path: Path, here: Path) -> Path:
    """Return a second machine that fetched what the first did."""
    place = machine(tmp_path / "there", tmp_path / "ledger.db")
    for one in (here, place):
        with fetched(one):
            pass
    assert texts(place) == [ANN[1], BO[1]]
    return place


@pytest.mark.parametrize("by", ["fetch", "gc", "resume"])
def test_what_was_forgotten_on_another_machine_goes_here_too(
    here: Path, there: Path, by: str
) -> None:
    with closing(Project.open(here)) as project:
        project.forget(subject=["ann"], reason="asked")
    with closing(Project.open(there)) as project:
        if by == "fetch":
            project.data.fetch()
        elif by == "gc":
            assert project.gc(min_age_s=0)["rows"] == 1
        else:
            assert forgetting.resume(project) == []
        assert texts(there) == [BO[1]]
    held = there / ".chainring" / "harvests" / "chats" / FILE
    assert ANN[1].encode() not in held.read_bytes()


@pytest.mark.parametrize(("by", "left"), [("ann", ("in/a.csv",)), ("bo", ())])
def test_a_text_that_no_turn_has_read_is_searched_for_unless_a_row_that_stays_has_it(
    here: Path, by: str, left: tuple[str, ...]
) -> None:
    shared = "hello, who is there?"
    write(here, ANN, ("2", shared, "bo", "bo"), ("4", shared, "carl", "carl"))
    with fetched(here) as project:
        receipt = project.forget(subject=[by], reason="asked")
        assert receipt.left == left


@pytest.mark.parametrize("keeps", ["another harvest", "a record"])
def test_a_text_that_stays_elsewhere_is_not_searched_for(here: Path, keeps: str) -> None:
    shared = "hello, who is there?"
    write(here)
    if keeps == "a record":
        (here / "data").mkdir()
        (here / "data" / "own.jsonl").write_text(json.dumps({"text": shared, "subject": "bo"}))
        with closing(Project.open(here)) as project:
            assert [one.text for one in naming.records(project)] == [shared]
    else:
        recipe = RECIPE[RECIPE.index("[[") :].replace("chats", "talks").replace('"in"', '"talks"')
        with (here / "chainring.toml").open("a") as file:
            file.write(recipe)
        (here / "talks").mkdir()
        (here / "talks" / "a.csv").write_text(f'id,text,subject\n1,"{shared}",bo\n')
    write(here, ("1", shared, "ann", "ann"), ("4", "good morning", "carl", "carl"))
    with fetched(here) as project:
        assert texts(here) == [shared, "good morning"]
        assert project.forget(subject=["ann"], reason="asked").left == ()
        assert texts(here) == ["good morning"]


def test_an_act_that_lost_its_lease_is_not_called_done(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with fetched(here) as project:
        ledger = project.ring.ledger
        with ExitStack() as others, monkeypatch.context() as patch:

            def slow(engine: sa.Engine) -> None:
                compact(engine)
                with engine.begin() as connection:
                    connection.execute(leases.update().values(expires=0.0))
                others.enter_context(ledger.lease("turn"))

            patch.setattr("chainring.software.verbs.forgetting.compact", slow)
            with pytest.raises(ConflictError, match="taken over"):
                project.forget(subject=["ann"], reason="asked")
        assert [one.state for one in forgetting.acts(project)] == ["begun"]
        assert [one.act.state for one in forgetting.resume(project)] == ["done"]


@pytest.mark.parametrize("by", ["forget", "resume", "gc"])
def test_what_may_take_long_renews_its_lease(
    here: Path, by: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    renewed: list[str] = []
    monkeypatch.setattr(lease, "_renewed", lambda ledger, held, stop: renewed.append(held.name))
    with fetched(here) as project:
        if by == "forget":
            project.forget(subject=["ann"], reason="asked")
        elif by == "resume":
            forgetting.resume(project)
        else:
            project.gc()
    assert renewed == ["turn"]


@pytest.mark.parametrize("by", ["gc", "resume"])
def test_a_copy_that_a_killed_backup_of_an_earlier_version_left_goes(here: Path, by: str) -> None:
    with fetched(here) as project:
        copy = here / ".chainring" / "harvests" / "chats" / "harvest.snapshot"
        copy.write_text(ANN[1])
        if by == "gc":
            project.gc(min_age_s=3600)
        else:
            forgetting.resume(project)
        assert not copy.exists()


@pytest.mark.parametrize("named", [{"subject": ["ann"]}, {"author": ["ann b"]}])
def test_a_record_that_comes_later_to_another_machine_is_not_stored_there(
    here: Path, tmp_path: Path, named: dict[str, Any]
) -> None:
    with fetched(here) as project:
        project.forget(**named, reason="asked")
    later = machine(tmp_path / "later", tmp_path / "ledger.db")
    with fetched(later):
        assert texts(later) == [BO[1]]


def test_an_act_that_was_killed_keeps_later_rows_of_the_person_away(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*given: object, **named: object) -> None:
        raise KeyboardInterrupt

    with fetched(here) as project:
        with monkeypatch.context() as patch:
            patch.setattr(module, "forget_rows", killed)
            with pytest.raises(KeyboardInterrupt):
                project.forget(subject=["ann"], reason="asked")
        assert [one.act.state for one in forgetting.resume(project)] == ["done"]
        write(here, ANN, BO, NEW)
        project.data.fetch()
        assert texts(here) == [BO[1]]


def test_a_source_that_is_named_later_brings_nobody_back(here: Path) -> None:
    with fetched(here) as project:
        project.forget(subject=["ann"], reason="asked")
    recipe = here / "chainring.toml"
    recipe.write_text(recipe.read_text().replace('name = "chats"', 'name = "talks"'))
    write(here, ANN, BO, NEW)
    with fetched(here):
        assert texts(here, "talks") == [BO[1]]


def test_a_source_that_was_forgotten_is_fetched_nowhere(here: Path, there: Path) -> None:
    with closing(Project.open(here)) as project:
        project.forget(source=["chats"], reason="no licence")
    with fetched(there):
        assert texts(there) == []


def test_the_row_of_the_next_person_in_the_same_place_is_stored(here: Path, there: Path) -> None:
    with closing(Project.open(here)) as project:
        project.forget(subject=["ann"], reason="asked")
    write(there, ("1", "good morning", "carl", "carl"), BO)
    with fetched(there):
        assert texts(there) == ["good morning", BO[1]]


def test_rows_are_looked_through_once_for_each_act(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with fetched(here) as project:
        project.forget(subject=["ann"], reason="asked")
        project.data.fetch()

        def read(harvest: Harvest) -> Iterator[tuple[str, dict[str, str]]]:
            raise AssertionError("read again")

        monkeypatch.setattr(Harvest, "rows", read)
        project.data.fetch()


@contextmanager
def paused_before(secret: str, monkeypatch: pytest.MonkeyPatch, act: Callable[[], object]) -> Any:
    """Let something be done while a fetch is about to put a row; yield whether it was put."""
    put, said = Harvest.put, list[bool]()

    def slow(harvest: Harvest, identifier: str, row: dict[str, str]) -> bool:
        if row["text"] != secret:
            return put(harvest, identifier, row)
        harvest.commit()
        act()
        said.append(put(harvest, identifier, row))
        return said[-1]

    with monkeypatch.context() as patch:
        patch.setattr(Harvest, "put", slow)
        yield said
    assert said


@pytest.mark.parametrize("named", [{"subject": ["ann"]}, {"author": ["carl"]}])
def test_a_person_who_is_forgotten_while_a_fetch_runs_stays_away(
    here: Path, monkeypatch: pytest.MonkeyPatch, named: dict[str, Any]
) -> None:
    def forget() -> None:
        with closing(Project.open(here)) as project:
            project.forget(**named, reason="asked")
            forgetting.resume(project)

    write(here, ("0", "hello Carl", "carl", "carl"), ANN, NEW)
    with paused_before(NEW[1], monkeypatch, forget) as put, fetched(here):
        pass
    assert put == [False]
    assert NEW[1] not in texts(here)


@pytest.mark.parametrize("by", ["resume", "gc"])
def test_a_person_who_is_forgotten_elsewhere_while_a_fetch_runs_goes_at_its_end(
    here: Path, there: Path, monkeypatch: pytest.MonkeyPatch, by: str
) -> None:
    def forget() -> None:
        with closing(Project.open(here)) as project:
            project.forget(subject=["ann"], reason="asked")
        with closing(Project.open(there)) as project:
            if by == "gc":
                project.gc(min_age_s=0)
            else:
                forgetting.resume(project)

    write(there, ANN, BO, NEW)
    with paused_before(NEW[1], monkeypatch, forget), fetched(there):
        assert texts(there) == [BO[1]]
    held = there / ".chainring" / "harvests" / "chats" / FILE
    assert NEW[1].encode() not in held.read_bytes()


def test_a_fetch_that_was_killed_is_caught_up_by_what_comes_next(
    here: Path, there: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def forget() -> None:
        with closing(Project.open(here)) as project:
            project.forget(subject=["ann"], reason="asked")
        with closing(Project.open(there)) as project:
            forgetting.resume(project)

    def killed() -> None:
        raise KeyboardInterrupt

    write(there, ANN, BO, NEW, ("4", "the last", "dan", "dan"))
    with (
        pytest.raises(KeyboardInterrupt),
        paused_before(NEW[1], monkeypatch, forget),
        paused_before("the last", monkeypatch, killed),
        fetched(there),
    ):
        pass
    with closing(Project.open(there)) as project:
        forgetting.resume(project)
    assert texts(there) == [BO[1]]


def test_gc_and_resume_pass_over_a_harvest_that_a_fetch_writes(
    here: Path, there: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with closing(Project.open(here)) as project:
        project.forget(subject=["ann"], reason="asked")
    folder = there / ".chainring" / "harvests" / "chats"
    connect = sqlite3.connect
    monkeypatch.setattr(
        sqlite3, "connect", lambda *told, **given: connect(*told, **given | {"timeout": 0.1})
    )
    with closing(connect(folder / FILE, isolation_level=None)) as writer, held(folder, "chats"):
        writer.execute("BEGIN IMMEDIATE")
        with closing(Project.open(there)) as project:
            assert project.gc(min_age_s=0)["rows"] == 0
            assert forgetting.resume(project) == []
    with closing(Project.open(there)) as project:
        assert project.gc(min_age_s=0)["rows"] == 1
