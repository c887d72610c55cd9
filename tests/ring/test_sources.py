from __future__ import annotations

import importlib.metadata
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from chainring.ring.sources import place_digest, source_digest, versions


def in_the_next_process() -> None:
    """Forget what was read."""
    source_digest.cache_clear()
    place_digest.cache_clear()


@pytest.fixture(autouse=True)
def forgotten() -> Iterator[None]:
    in_the_next_process()
    yield
    in_the_next_process()
    for name in ("house", "house.room", "house.room.inner"):
        sys.modules.pop(name, None)


@pytest.fixture
def room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "house" / "room" / "inner").mkdir(parents=True)
    inner = ("room/inner/__init__", "room/inner/deep")
    for name in ("__init__", "room/__init__", "room/step", "room/beside", *inner, "alone"):
        (tmp_path / "house" / f"{name}.py").write_text(f"name = {name!r}\n")
    (tmp_path / "script.py").write_text("part = 1\n")
    (tmp_path / "stranger.py").write_text("other = 1\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    return tmp_path


@pytest.mark.parametrize(
    ("changed", "module", "moves"),
    [
        ("house/room/step.py", "house.room.step", True),
        ("house/room/beside.py", "house.room.step", True),
        ("house/room/new.py", "house.room.step", True),
        ("house/room/inner/deep.py", "house.room.step", True),
        ("house/room/beside.py", "house.room.inner.deep", True),
        ("house/alone.py", "house.room.inner.deep", False),
        ("house/alone.py", "house.room.step", False),
        ("script.py", "script", True),
        ("stranger.py", "script", False),
    ],
)
def test_a_digest_moves_with_the_sources_of_the_room_and_with_no_others(
    room: Path, changed: str, module: str, moves: bool
) -> None:
    before = source_digest(module)
    (room / changed).write_text("# changed\n")
    in_the_next_process()
    assert (source_digest(module) != before) == moves


def test_a_renamed_file_of_the_room_moves_it(room: Path) -> None:
    before = source_digest("house.room.step")
    (room / "house/room/beside.py").rename(room / "house/room/elsewhere.py")
    in_the_next_process()
    assert source_digest("house.room.step") != before


def test_a_room_is_read_once_however_many_of_its_modules_are_asked_for(room: Path) -> None:
    before = source_digest("house.room.step")
    (room / "house/room/step.py").write_text("# changed meanwhile\n")
    assert source_digest("house.room.beside") == before
    in_the_next_process()
    assert source_digest("house.room.beside") != before


def test_asking_imports_nothing(room: Path) -> None:
    source_digest("house.room.step")
    assert "house.room.step" not in sys.modules
    assert source_digest("no_such_module") == source_digest("house.no_such_module")


def test_a_part_in_the_users_own_script_has_a_source(tmp_path: Path) -> None:
    """A script that is run has no spec to be found by, but a part may stand in it."""
    script = tmp_path / "mine.py"
    lines = ("from chainring.ring.sources import source_digest", "print(source_digest(__name__))")
    digests = []
    for comment in ("# one", "# two"):
        script.write_text("\n".join([*lines, comment]))
        done = subprocess.run([sys.executable, script], capture_output=True, text=True, check=True)
        digests.append(done.stdout.strip())
    assert len(set(digests)) == 2


def test_the_versions_are_those_of_what_is_installed() -> None:
    found = versions()
    assert found["chainring"] == importlib.metadata.version("chainring")
    assert all(importlib.metadata.version(name) == version for name, version in found.items())
