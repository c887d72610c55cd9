"""Turning by itself: what goes wrong in one look does not end the looking."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from chainring.contracts.errors import ChainringError, ConflictError, InputError, UnwrittenError
from chainring.ring.turn import Turn
from chainring.software.api import Project
from chainring.software.verbs import turning


class Stopped(BaseException):
    """The operator stopped it."""


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    """Yield a project that never turned: a turn is due at every look."""
    Project.init(tmp_path / "shop").close()
    recipe = tmp_path / "shop" / "chainring.toml"
    recipe.write_text(recipe.read_text() + "\n[watch]\npoll_s = 30\n")
    (tmp_path / "shop" / "data" / "texts.txt").write_text("where is my parcel\n")
    opened = Project.open(tmp_path / "shop")
    yield opened
    opened.close()


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Return the waits between the looks; after the sixth it is stopped."""
    waited: list[float] = []

    def sleep(wait_s: float) -> None:
        waited.append(wait_s)
        if len(waited) == 6:
            raise Stopped

    monkeypatch.setattr("chainring.software.verbs.turning.time.sleep", sleep)
    return waited


def failing(*errors: Exception | None) -> Callable[..., Turn]:
    """Return a turn that fails as said, one after the other, the last one on and on."""
    left = list(errors)

    def turn(self: Project) -> Turn:
        error = left.pop(0) if len(left) > 1 else left[0]
        if error is not None:
            raise error
        return Turn(
            id="turn_1", app="shop", started=0.0, duration_s=0.0, outcome="held", because=""
        )

    return turn


def test_watching_goes_on_while_another_command_holds_the_lease(
    project: Project, waits: list[float]
) -> None:
    said: list[str] = []
    with project.ring.ledger.lease("turn", holder="another"), pytest.raises(Stopped):
        project.watch(say=said.append)
    assert waits == [30.0] * 6
    assert said[0] == "the ring has not turned yet"
    assert "another process is at work on 'turn'" in said[1]
    assert said[1].endswith("; the next look is in 30 s")


def test_other_failures_wait_twice_as_long_each_time_until_a_look_goes_well(
    project: Project, waits: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    bad = InputError("data.csv: the second line has no label")
    monkeypatch.setattr(Project, "turn", failing(bad, bad, bad, None, bad))
    said: list[str] = []
    with pytest.raises(Stopped):
        project.watch(say=said.append)
    assert waits == [60.0, 120.0, 240.0, 30.0, 60.0, 120.0]
    assert said[1] == "data.csv: the second line has no label; the next look is in 60 s"


def test_a_ledger_that_another_keeps_locked_is_waited_for_as_a_lease_is(
    project: Project, waits: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Project, "turn", failing(UnwrittenError("ledger.db was locked")))
    with pytest.raises(Stopped):
        project.watch()
    assert waits == [30.0] * 6


def test_no_wait_is_longer_than_an_hour(
    project: Project, waits: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(turning, "LONGEST_S", 100.0)
    monkeypatch.setattr(Project, "turn", failing(InputError("no")))
    with pytest.raises(Stopped):
        project.watch()
    assert waits == [60.0, 100.0, 100.0, 100.0, 100.0, 100.0]


def test_a_ledger_that_is_away_is_told_without_its_query(
    project: Project, waits: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    cut = sa.exc.OperationalError("SELECT body", {}, OSError("the server closed the connection"))
    monkeypatch.setattr(Project, "turn", failing(cut))
    said: list[str] = []
    with pytest.raises(Stopped):
        project.watch(say=said.append)
    assert said[1] == (
        "the ledger does not answer now (the server closed the connection); "
        "the next look is in 60 s"
    )


def test_a_database_that_only_reads_since_another_took_over_is_away_as_well(
    project: Project, waits: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    said = "cannot execute INSERT in a read-only transaction"
    only = sa.exc.InternalError("INSERT", {}, Exception(said))  # psycopg: ReadOnlySqlTransaction
    monkeypatch.setattr(Project, "turn", failing(only))
    with pytest.raises(Stopped):
        project.watch()
    assert waits == [60.0, 120.0, 240.0, 480.0, 960.0, 1920.0]


@pytest.mark.parametrize("error", [ConflictError("held"), InputError("no")])
def test_a_counted_watch_ends_with_its_error(
    project: Project, monkeypatch: pytest.MonkeyPatch, error: ChainringError
) -> None:
    monkeypatch.setattr(Project, "turn", failing(error))
    with pytest.raises(type(error)):
        project.watch(rounds=1)


def test_a_fault_of_ours_ends_it(
    project: Project, waits: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Project, "turn", failing(ZeroDivisionError()))
    with pytest.raises(ZeroDivisionError):
        project.watch()
    assert waits == []


def test_a_recipe_that_was_changed_counts_from_the_next_look_on(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    waited: list[float] = []
    opened: list[Project] = []
    recipe = project.folder / "chainring.toml"
    was = recipe.read_text()

    def sleep(wait_s: float) -> None:
        waited.append(wait_s)
        if len(waited) == 3:
            recipe.write_text(was.replace("poll_s = 30", "poll_s = 5"))

    def turn(self: Project) -> Turn:
        opened.append(self)
        return Turn(
            id="turn_1", app="shop", started=0.0, duration_s=0.0, outcome="held", because=""
        )

    monkeypatch.setattr("chainring.software.verbs.turning.time.sleep", sleep)
    monkeypatch.setattr(Project, "turn", turn)
    said: list[str] = []
    project.watch(rounds=6, say=said.append)
    assert waited == [30.0, 30.0, 30.0, 5.0, 5.0]
    assert said.count("the recipe was changed, and counts from now on") == 1
    assert [one is project for one in opened] == [True] * 3 + [False] * 3
    assert len(set(map(id, opened))) == 2
    assert project.due().due, "the project of the caller stays open"


@pytest.mark.parametrize("written", ["[watch]\npol_s = 5\n", "[watch", None])
def test_a_recipe_with_faults_is_told_once_and_the_one_of_before_kept(
    project: Project, monkeypatch: pytest.MonkeyPatch, written: str | None
) -> None:
    waited: list[float] = []
    recipe = project.folder / "chainring.toml"
    was = recipe.read_text()

    def sleep(wait_s: float) -> None:
        waited.append(wait_s)
        if len(waited) == 2 and written is None:
            recipe.unlink()
        elif len(waited) == 2:
            recipe.write_text(was.replace("[watch]\npoll_s = 30\n", written or ""))
        elif len(waited) == 5:
            recipe.write_text(was.replace("poll_s = 30", "poll_s = 7"))

    monkeypatch.setattr("chainring.software.verbs.turning.time.sleep", sleep)
    monkeypatch.setattr(Project, "turn", failing(None))
    said: list[str] = []
    project.watch(rounds=7, say=said.append)
    kept = [line for line in said if "the recipe of before is kept" in line]
    assert len(kept) == 1
    assert "chainring.toml" in kept[0]
    assert waited == [30.0] * 5 + [7.0]
