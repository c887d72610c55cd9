"""A snapshot of a source's database has no name: kills leave nothing of it, two never meet."""

from __future__ import annotations

import sqlite3
import tarfile
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from chainring.contracts.errors import DamagedError
from chainring.data.harvest import Harvest
from chainring.store.databases import add_databases

TEXT = "my leg hurts / 腿疼"


@pytest.fixture
def harvests(tmp_path: Path) -> Path:
    with Harvest.open(tmp_path / "harvests" / "help") as harvest:
        harvest.put("1", {"text": TEXT})
        harvest.commit()
    return tmp_path / "harvests"


def archived(harvests: Path, target: Path) -> None:
    with tarfile.open(target, "w:gz") as archive:
        add_databases(archive, harvests, spool=target.parent)


def rows(target: Path, place: Path) -> list[Any]:
    with tarfile.open(target, "r:gz") as archive:
        archive.extractall(place, filter="data")
    with closing(sqlite3.connect(place / "harvests" / "help" / "harvest.db")) as database:
        return database.execute("SELECT row FROM rows").fetchall()


def test_while_it_is_added_no_other_file_holds_a_row(
    harvests: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen, add = [], tarfile.TarFile.addfile

    def watched(self: tarfile.TarFile, info: tarfile.TarInfo, file: Any = None) -> None:
        files = [path for path in tmp_path.rglob("*") if path.is_file()]
        seen.append([one.name for one in files if TEXT.encode() in one.read_bytes()])
        add(self, info, file)

    monkeypatch.setattr(tarfile.TarFile, "addfile", watched)
    archived(harvests, tmp_path / "a.tar.gz")
    assert seen == [["harvest.db"]]
    assert len(rows(tmp_path / "a.tar.gz", tmp_path / "there")) == 1


def test_two_backups_at_once_hold_the_rows_each(
    harvests: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second, told = tmp_path / "a.tar.gz", tmp_path / "b.tar.gz", tarfile.TarFile.gettarinfo

    def between(self: tarfile.TarFile, *given: Any, **named: Any) -> tarfile.TarInfo:
        if not second.exists():
            archived(harvests, second)
        return told(self, *given, **named)

    monkeypatch.setattr(tarfile.TarFile, "gettarinfo", between)
    archived(harvests, first)
    assert [len(rows(one, tmp_path / one.stem)) for one in (first, second)] == [1, 1]


def test_a_database_that_cannot_be_read_leaves_no_file_beside_the_archive(tmp_path: Path) -> None:
    (tmp_path / "harvests" / "help").mkdir(parents=True)
    (tmp_path / "harvests" / "help" / "harvest.db").write_bytes(b"no database" * 99)
    with pytest.raises(DamagedError, match=r"help/harvest\.db is damaged .*take the folder away"):
        archived(tmp_path / "harvests", tmp_path / "a.tar.gz")
    assert {path.name for path in tmp_path.iterdir()} == {"a.tar.gz", "harvests"}
