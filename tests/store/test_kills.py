"""Nothing that was acknowledged is lost: not by kill -9, not when the power is cut."""

from __future__ import annotations

import os
import random
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from chainring.contracts.errors import DamagedError
from chainring.contracts.prediction import Prediction
from chainring.store.ledger import Ledger
from chainring.store.traffic import Traffic
from chainring.store.trees import TreeStore

HERE = Path(__file__).parent
EACH = 100
"""Acknowledgements that a kill waits for, at the least."""

Said = list[list[str]]


def kill_after(
    folder: Path, count: int, *options: str, environment: dict[str, str] | None = None
) -> Said:
    """Run the writer under load, kill it after so many acknowledgements; return all it gave."""
    command = [sys.executable, str(HERE / "under_load.py"), str(folder), *options]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, env={**os.environ, **(environment or {})}
    ) as child:
        assert child.stdout is not None
        lines = [line for _, line in zip(range(count), child.stdout, strict=False)]
        assert len(lines) == count, "the writer ended by itself"
        child.kill()
        lines += child.stdout.readlines()
    return [line.decode().split() for line in lines if line.endswith(b"\n")]


def intact(folder: Path) -> bool:
    files = list(folder.rglob("*.db"))
    for path in files:
        with closing(sqlite3.connect(path)) as connection:
            if connection.execute("PRAGMA integrity_check").fetchall() != [("ok",)]:
                return False
    return bool(files)


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Callable[[Path], Traffic]]:
    opened: list[Traffic] = []

    def at(folder: Path) -> Traffic:
        opened.append(Traffic(folder / "hidden" / "traffic", app="shop"))
        return opened[-1]

    yield at
    for traffic in opened:
        traffic.close()


def lost(log: Traffic, said: Said) -> set[str]:
    """Return the acknowledged feedback that is not there with its answer and its text."""
    kept = {row.id: row for row in log.feedback()}
    told = {words[1]: words[2] for words in said if words[0] == "feedback"}
    return {
        name
        for name, prediction in told.items()
        if name not in kept
        or kept[name].prediction != prediction
        or not kept[name].model
        or "我的包裹" not in kept[name].text
        or kept[name].comment != "gut"
    }


@pytest.mark.parametrize("kills", [6, pytest.param(20, marks=pytest.mark.slow)])
def test_no_acknowledged_feedback_is_lost_over_many_kills(
    tmp_path: Path, log: Callable[[Path], Traffic], kills: int
) -> None:
    moments = random.Random(2)
    said: Said = []
    for _ in range(kills):
        said += kill_after(tmp_path, EACH + moments.randrange(40))
    assert len(said) >= EACH * kills
    assert lost(log(tmp_path), said) == set()
    assert intact(tmp_path)


# A power cut


@pytest.fixture(scope="module")
def layer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the compiled layer that keeps only what was synced."""
    compiler = shutil.which("cc")
    if compiler is None or not sys.platform.startswith("linux"):
        reason = "the power cut needs Linux and a C compiler named cc"
        if os.environ.get("CHAINRING_REQUIRE_CC") == "1":
            pytest.fail(f"{reason}, and CHAINRING_REQUIRE_CC=1")
        pytest.skip(reason)
    built = tmp_path_factory.mktemp("layer") / "powercut.so"
    source = str(HERE / "powercut.c")
    flags = ["-shared", "-fPIC", "-O1", "-Wall", "-Wno-format-truncation"]
    subprocess.run([compiler, *flags, "-o", str(built), source, "-ldl", "-lpthread"], check=True)
    return built


@pytest.fixture
def cut(tmp_path: Path, layer: Path) -> Callable[..., tuple[Said, Path]]:
    """Run the writer on a disk that keeps only what was synced; cut the power; return that disk."""
    before, shadow, after = tmp_path / "before", tmp_path / "shadow", tmp_path / "after"
    before.mkdir()
    shadow.mkdir()
    environment = {
        "LD_PRELOAD": str(layer),
        "POWERCUT_ROOT": str(before),
        "POWERCUT_SHADOW": str(shadow),
    }

    def run(count: int, *options: str) -> tuple[Said, Path]:
        said = kill_after(before, count, *options, environment=environment)
        rebuild(shadow, (shadow / "root-key").read_text(), after)
        return said, after

    return run


def rebuild(shadow: Path, key: str, place: Path) -> None:
    """Make the folder of that key as it was when the power was cut."""
    place.mkdir()
    names = shadow / f"folder-{key}"
    for line in names.read_text().splitlines() if names.exists() else []:
        entry, _, name = line.partition(" ")
        if (shadow / f"file-{entry}").exists():
            shutil.copyfile(shadow / f"file-{entry}", place / name)
        elif (shadow / f"folder-{entry}").exists():
            rebuild(shadow, entry, place / name)
        else:
            (place / name).touch()  # a name without bytes


def test_no_acknowledged_feedback_is_lost_when_the_power_is_cut(
    cut: Callable[..., tuple[Said, Path]], log: Callable[[Path], Traffic]
) -> None:
    said, after = cut(600)
    assert sum(words[0] == "feedback" for words in said) >= 600
    assert lost(log(after), said) == set()
    assert intact(after)


def test_every_tree_and_fact_that_was_acknowledged_is_whole_when_the_power_is_cut(
    cut: Callable[..., tuple[Said, Path]], log: Callable[[Path], Traffic]
) -> None:
    said, after = cut(400, "trees")
    told = {words[1] for words in said if words[0] == "tree"}
    assert len(told) > 5
    trees = TreeStore(after / "hidden" / "store")
    there = set(trees.addresses())
    assert told <= there
    for address in there:
        trees.verify(address)  # a manifest that is there is whole
    ledger = Ledger(f"sqlite:///{after / 'hidden' / 'ledger.db'}", app="shop")
    for words in said:
        if words[0] == "fact":
            assert ledger.fact("tree", words[1], Prediction) is not None
    ledger.close()
    assert lost(log(after), said) == set()


def test_the_power_cut_is_felt_by_a_log_that_does_not_sync(
    cut: Callable[..., tuple[Said, Path]], log: Callable[[Path], Traffic]
) -> None:
    said, after = cut(200, "unsynced-log")
    assert lost(log(after), said) != set()


def test_the_power_cut_is_felt_by_trees_that_do_not_sync(
    cut: Callable[..., tuple[Said, Path]],
) -> None:
    said, after = cut(600, "trees", "unsynced-trees")
    trees = TreeStore(after / "hidden" / "store")
    told = [words[1] for words in said if words[0] == "tree"]
    assert told
    assert not all(trees.has(address) for address in told)


def test_a_manifest_without_synced_blobs_would_be_found(tmp_path: Path) -> None:
    store = TreeStore(tmp_path / "store")
    (tmp_path / "source").mkdir()
    (tmp_path / "source" / "weights").write_text("w")
    address = store.put(tmp_path / "source", kind="model")
    (blob,) = store.root.glob("blobs/*/*")
    blob.chmod(0o644)
    blob.write_text("")
    with pytest.raises(DamagedError):
        store.verify(address)
