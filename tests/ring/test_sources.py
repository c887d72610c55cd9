from __future__ import annotations

import importlib.metadata
import linecache
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.litter import littered

from chainring.contracts import parts
from chainring.contracts.parts import part
from chainring.ring import sources
from chainring.ring.sources import part_digest, place_digest, source_digest, versions


def in_the_next_process() -> None:
    """Forget what was read."""
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


def test_of_ours_a_room_is_read_once_however_many_of_its_modules_are_asked_for(
    room: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sources, "_OURS", "house")
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


@pytest.fixture
def plug_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Yield the folder of a package whose reader's helper lies in another module."""
    files = {
        "letters.py": "import spelling\n",
        "spelling.py": "words = 1\n",
        "letters-1.0.dist-info/METADATA": "Metadata-Version: 2.1\nName: letters\nVersion: 1.0\n",
        "letters-1.0.dist-info/entry_points.txt": "[chainring.parts]\nreader.abc.v1 = letters:f\n",
        "letters-1.0.dist-info/RECORD": "letters.py,,\nspelling.py,,\n",
    }
    for name, text in files.items():
        (tmp_path / "site" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "site" / name).write_text(text)
    monkeypatch.syspath_prepend(str(tmp_path / "site"))
    parts._entries.cache_clear()
    yield tmp_path / "site"
    parts._entries.cache_clear()


@pytest.mark.parametrize("changed", ["letters.py", "spelling.py", "letters-1.0.dist-info/METADATA"])
def test_a_part_of_another_package_changes_with_all_of_its_sources_and_its_version(
    plug_in: Path, changed: str
) -> None:
    before = part_digest("reader", "abc.v1")
    assert part_digest("reader", "abc.v1") == before
    path = plug_in / changed
    path.write_text(path.read_text().replace("1", "2"))
    if changed == "letters.py":
        path.write_text("import spelling, json\n")
    parts._entries.cache_clear()  # in the next process
    assert part_digest("reader", "abc.v1") != before


def test_a_package_that_cannot_be_imported_has_a_digest_all_the_same(plug_in: Path) -> None:
    (plug_in / "broken").mkdir()
    (plug_in / "broken/__init__.py").write_text("import no_such_module\n")
    (plug_in / "letters-1.0.dist-info/entry_points.txt").write_text(
        "[chainring.parts]\nreader.abc.v1 = broken.reading:f\n"
    )
    parts._entries.cache_clear()
    assert part_digest("reader", "abc.v1") == part_digest("reader", "abc.v1")


def test_a_part_without_a_file_changes_with_its_source_or_is_never_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(parts, "_registered", dict(parts._registered))
    texts = {"<cell 1>": "def read():\n    return 1\n", "<cell 2>": "def read():\n    return 2\n"}
    digests = []
    for cell in ("<cell 1>", "<cell 2>", "<cell 1>", "<shell>"):
        made: dict[str, Any] = {"__name__": "a_notebook"}
        source = texts.get(cell, texts["<cell 1>"])
        exec(compile(source, cell, "exec"), made)
        if cell in texts:  # as a notebook keeps them
            lines = source.splitlines(keepends=True)
            monkeypatch.setitem(linecache.cache, cell, (len(source), None, lines, cell))
        part("reader", "cell.v1")(made["read"])
        digests.append([part_digest("reader", "cell.v1") for _ in range(2)])
    one, two, again, shell = digests
    assert one[0] == one[1] == again[0] != two[0]
    assert shell[0] != shell[1]


def test_a_plug_in_that_changes_in_a_running_process_is_read_again(room: Path) -> None:
    before = source_digest("house.room.step")
    (room / "house/room/step.py").write_text("# changed\n")
    assert source_digest("house.room.step") != before


def test_the_versions_are_those_of_what_is_installed() -> None:
    found = versions()
    assert found["chainring"] == importlib.metadata.version("chainring")
    assert all(importlib.metadata.version(name) == version for name, version in found.items())


def test_what_a_system_lays_beside_sources_moves_nothing(room: Path) -> None:
    before = source_digest("house.room.step")
    littered(room)
    in_the_next_process()
    assert source_digest("house.room.step") == before
