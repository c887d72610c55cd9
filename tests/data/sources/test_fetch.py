"""One source brought up to date: silence, faults, two at once, another part, a kill."""

from __future__ import annotations

import errno
import multiprocessing
import os
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from chainring.contracts import parts
from chainring.contracts.errors import (
    ConflictError,
    DamagedError,
    InputError,
    SpaceError,
    UnreachableError,
)
from chainring.data import harvest as harvests
from chainring.data.harvest import FILE, Harvest
from chainring.data.sources.fetch import Fetched, fetch
from chainring.data.sources.part import SourcePart
from chainring.data.sources.settings import SourceSettings
from chainring.data.sources.sql import SqlSettings


@pytest.fixture(autouse=True)
def registry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts, "_registered", dict(parts._registered))


def source(**own: Any) -> SourceSettings:
    return SourceSettings.model_validate({"name": "help", "use": "files.v1", **own})


def brought(folder: Path, one: SourceSettings) -> Fetched:
    return fetch(one, folder=folder / "harvest", root=folder, redacts=True, say=lambda _: None)


def failing(error: Exception, *, after: int = 0) -> None:
    def bring(settings: Any, *, harvest: Harvest, say: Any) -> None:
        for number in range(after):
            harvest.put(str(number), {"text": f"row {number}"})
        harvest.commit()
        harvest.put("half", {"text": "never committed"})
        raise error

    parts.part("source", "broken.v1")(SourcePart(settings=SqlSettings, bring=bring))


BROKEN = {"use": "broken.v1", "url": "sqlite:///a.db", "query": "SELECT 1"}


def test_paths_are_seen_from_the_projects_folder(tmp_path: Path) -> None:
    (tmp_path / "help.txt").write_text("one\ntwo\n")
    done = brought(tmp_path, source(path="help.txt"))
    assert (done.rows, done.changes, done.reached) == (2, 2, True)
    assert done.told == "help: 2 rows, 2 new, changed or gone"
    assert brought(tmp_path, source(path="help.txt")).told == "help: 2 rows, nothing changed"


@pytest.mark.parametrize("error", [UnreachableError("silent"), TimeoutError("silent")])
def test_a_silent_source_is_told_where_something_stands_and_an_error_where_nothing_does(
    tmp_path: Path, error: Exception
) -> None:
    failing(error)
    with pytest.raises(UnreachableError, match=r"source help cannot be reached.*silent"):
        brought(tmp_path, source(**BROKEN))
    failing(error, after=3)
    done = brought(tmp_path, source(**BROKEN))
    assert done.told == "help: not reached (silent); goes on with its 3 rows"


@pytest.mark.parametrize(
    "error",
    [InputError("wrong"), SpaceError("full"), OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))],
)
def test_what_will_not_pass_by_itself_stops(tmp_path: Path, error: Exception) -> None:
    failing(error, after=3)
    with pytest.raises((InputError, SpaceError)):
        brought(tmp_path, source(**BROKEN))


@pytest.mark.parametrize("error", [KeyError("tickets"), sqlite3.OperationalError("no such table")])
def test_a_part_that_fails_names_its_source_and_leaves_what_stands(
    tmp_path: Path, error: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    failing(error, after=3)
    with (
        caplog.at_level("ERROR", logger="chainring.data"),
        pytest.raises(
            InputError, match=r"source help failed in its part broken\.v1: .*mend"
        ) as found,
    ):
        brought(tmp_path, source(**BROKEN))
    assert type(error).__name__ in str(found.value)
    assert found.value.__cause__ is error
    (logged,) = caplog.records
    assert logged.getMessage() == "source.failed name=help use=broken.v1"
    assert logged.exc_info is not None
    with Harvest.open(tmp_path / "harvest") as harvest:
        assert len(harvest) == 3


@pytest.mark.parametrize("before", [0, 1])
def test_a_harvest_that_another_process_keeps_locked_is_no_fault_of_its_part(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, before: int
) -> None:
    (tmp_path / "help.txt").write_text("one\n")
    for _ in range(before):  # without it the part is not called: its name cannot be noted
        brought(tmp_path, source(path="help.txt"))
    Harvest.open(tmp_path / "harvest").close()
    (tmp_path / "help.txt").write_text("one\ntwo\n")
    monkeypatch.setattr(harvests, "PATIENCE_S", 0.0)
    with closing(sqlite3.connect(tmp_path / "harvest" / FILE)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(ConflictError, match="source help: another process keeps its harvest"):
            brought(tmp_path, source(path="help.txt"))
    assert brought(tmp_path, source(path="help.txt")).rows == 2


@pytest.mark.parametrize("is_whole", [True, False])
def test_damage_is_told_of_the_harvest_where_it_is_the_harvests_own(
    tmp_path: Path, is_whole: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    failing(sqlite3.DatabaseError("database disk image is malformed"))
    monkeypatch.setattr(Harvest, "is_whole", lambda _: is_whole)
    kind, told = (InputError, "mend the part") if is_whole else (DamagedError, "take the folder")
    with pytest.raises(kind, match=told):
        brought(tmp_path, source(**BROKEN))


def test_another_part_under_the_same_name_begins_anew(tmp_path: Path) -> None:
    (tmp_path / "help.txt").write_text("one\n")
    brought(tmp_path, source(path="help.txt"))
    with closing(sqlite3.connect(tmp_path / "a.db")) as database:
        database.execute("CREATE TABLE a (id, text)")
        database.execute("INSERT INTO a VALUES (1, 'two')")
        database.commit()
    own = {"use": "sql.v1", "url": "sqlite:///a.db", "query": "SELECT * FROM a"}
    assert brought(tmp_path, source(**own)).rows == 1
    with Harvest.open(tmp_path / "harvest") as harvest:
        assert [row["text"] for _, row in harvest.rows()] == ["two"]


def _hold(folder: Path, ready: Any, done: Any) -> None:
    def bring(settings: Any, *, harvest: Harvest, say: Any) -> None:
        ready.set()
        done.wait(60)

    parts.part("source", "slow.v1")(SourcePart(settings=SqlSettings, bring=bring))
    brought(folder, source(**{**BROKEN, "use": "slow.v1"}))


def test_two_at_once_never_write_the_same_harvest(tmp_path: Path) -> None:
    context = multiprocessing.get_context("fork")
    ready, done = context.Event(), context.Event()
    other = context.Process(target=_hold, args=(tmp_path, ready, done))
    other.start()
    try:
        assert ready.wait(60)
        (tmp_path / "help.txt").write_text("one\n")
        with pytest.raises(ConflictError, match="another process brings source help"):
            brought(tmp_path, source(path="help.txt"))
    finally:
        done.set()
        other.join()
    assert brought(tmp_path, source(path="help.txt")).rows == 1


def _killed(folder: Path, dying: str, *, path: str) -> None:
    """Fetch in a process of its own whose `Harvest.put` is the function `dying` of the code."""
    code = (
        "import os, signal, sys\nfrom pathlib import Path\n"
        "from chainring.data.harvest import Harvest\n"
        "from chainring.data.sources.fetch import fetch\n"
        "from chainring.data.sources.settings import SourceSettings\n"
        f"{dying}"
        "Harvest.put = dying\nfolder = Path(sys.argv[1])\n"
        f"source = SourceSettings(name='help', use='files.v1', path={path!r})\n"
        "fetch(source, folder=folder / 'harvest', root=folder, redacts=True, say=print)\n"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run([sys.executable, "-c", code, str(folder)], env=environment, check=False)
    assert done.returncode == -signal.SIGKILL


def test_a_kill_in_the_middle_costs_nothing_that_was_committed(tmp_path: Path) -> None:
    rows = 5000
    (tmp_path / "help.txt").write_text("".join(f"row {n}\n" for n in range(rows)))
    _killed(
        tmp_path,
        "put, count = Harvest.put, [0]\n"
        "def dying(self, *values):\n"
        "    count[0] += 1\n"
        "    if count[0] == 3500:\n        os.kill(os.getpid(), signal.SIGKILL)\n"
        "    return put(self, *values)\n",
        path="help.txt",
    )
    with Harvest.open(tmp_path / "harvest") as harvest:
        assert len(harvest) == 3000
    after = brought(tmp_path, source(path="help.txt"))
    assert (after.rows, after.changes) == (rows, rows - 3000)


def test_what_a_kill_left_of_a_file_from_afar_goes_with_the_next_call(tmp_path: Path) -> None:
    _killed(
        tmp_path,
        "import fsspec\n"
        "fsspec.filesystem('memory').pipe('/shop/a.txt', b'mail bob@example.com')\n"
        "def dying(self, *values):\n    os.kill(os.getpid(), signal.SIGKILL)\n",
        path="memory://shop/a.txt",
    )
    (left,) = (path for path in tmp_path.rglob("*.txt") if path.is_file())
    assert left.read_bytes() == b"mail bob@example.com"
    (tmp_path / "help.txt").write_text("one\n")
    assert brought(tmp_path, source(path="help.txt")).rows == 1
    assert not left.exists()
