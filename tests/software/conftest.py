"""The built-in project cut small, turned once a session, copied for each test; and its servers."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import httpx
import pytest
import typer
from tests.conftest import BOTH
from typer.testing import CliRunner, Result

from chainring.contracts.errors import ChainringError
from chainring.software import cli
from chainring.software.api import Project
from chainring.software.project import create
from chainring.store.backup import restore

KEPT = (
    "track_order", "return_item", "refund_status", "payment_failed",
    "invoice", "stock", "reset_password", "out_of_scope",
)  # fmt: skip
ROWS = 12
"""Rows of a label in each language."""

GROWN = {"data": 30, "later": 12}
"""Rows of a label in each language once the project has grown."""

KEY = "5eed" * 16
"""The project key: which rows judge follows from it, and so whether a second model is better."""

RECIPE = """\
[project]
name = "support"

[data]
unlabelled = ["articles"]
licence = "Apache-2.0"

[training]
candidates = ["linear.v1"]

[deployment]
articles = "articles"
reload_s = 0.2
speed_rounds = 1

[gate]
max_passed_on_rise = 0.5  # of so few rows a few are many
"""

ALONE = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": os.pathsep.join(sys.path)}
"""The environment of a child process: as many of them run as there are tests at work."""

PATIENCE_S = 120.0


def small_project(folder: Path) -> Path:
    """Make the built-in project with few labels and rows, the linear model, a quick reload."""
    create(folder, example="support")
    for path in (folder / "data").glob("messages.*"):
        path.unlink()
    for path in folder.glob("*/*.jsonl"):  # text, articles, and what users ask later
        most = ROWS if path.parent.name == "data" else 999
        path.write_text("".join(_kept(path, most=most)), encoding="utf-8")
    (folder / ".chainring").mkdir()
    (folder / ".chainring" / "key").write_text(KEY)
    (folder / "chainring.toml").write_text(RECIPE)
    return folder


def _kept(path: Path, *, most: int) -> Iterator[str]:
    counts = Counter[str]()
    for line in path.read_text(encoding="utf-8").splitlines(keepends=True):
        label = json.loads(line)["label"]
        counts[label] += 1
        if label in KEPT and counts[label] <= most:
            yield line


def grow(folder: Path) -> None:
    """Put back most of what was cut, and what users ask later: a second model is better."""
    whole = create(folder / "whole", example="support")
    for path in (*(whole / "data").glob("*.jsonl"), *(whole / "later").glob("*.jsonl")):
        kept = _kept(path, most=GROWN[path.parent.name])
        (folder / "data" / path.name).write_text("".join(kept), encoding="utf-8")
    shutil.rmtree(whole)


@pytest.fixture(scope="session")
def untouched(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the small project with its key, before any turn."""
    folder = small_project(tmp_path_factory.mktemp("untouched") / "shop")
    Project.open(folder).close()
    return folder


@pytest.fixture(scope="session")
def turned(untouched: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the small project after its first turn."""
    folder = copy(untouched, tmp_path_factory.mktemp("turned") / "shop")
    with opened(folder) as project:
        assert project.turn().outcome == "promoted"
    return folder


@pytest.fixture(scope="session")
def grown(turned: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the small project after a second turn with more text, which the gate promoted."""
    folder = copy(turned, tmp_path_factory.mktemp("grown") / "shop")
    grow(folder)
    with opened(folder) as project:
        assert project.turn().outcome == "promoted"
    return folder


@pytest.fixture
def shop(turned: Path, tmp_path: Path) -> Path:
    """Return a copy of the turned project."""
    return copy(turned, tmp_path / "shop")


@pytest.fixture
def project(shop: Path) -> Iterator[Project]:
    """Yield a copy of the turned project, opened."""
    with opened(shop) as found:
        yield found


@pytest.fixture
def grown_project(grown: Path, tmp_path: Path) -> Iterator[Project]:
    """Yield a copy of the project that was promoted twice, opened."""
    with opened(copy(grown, tmp_path / "shop")) as found:
        yield found


@pytest.fixture(scope="session")
def grown_archive(grown: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the backup of the project that was promoted twice."""
    archive = tmp_path_factory.mktemp("archive") / "shop.tar.gz"
    with opened(copy(grown, archive.parent / "shop")) as project:
        project.backup(archive)
    return archive


ON_BOTH = pytest.mark.parametrize("grown_in", BOTH, indirect=True)
"""Marks a test of what the database decides: it runs on SQLite and on PostgreSQL."""


@pytest.fixture
def grown_in(request: pytest.FixtureRequest, grown: Path, tmp_path: Path) -> Iterator[Project]:
    """Yield the project that was promoted twice; its ledger is in SQLite, `ON_BOTH` in both."""
    folder = copy(grown, tmp_path / "shop")
    if getattr(request, "param", "sqlite") == "postgresql":
        hidden, recipe = folder / ".chainring", folder / "chainring.toml"
        kept = (hidden / "ledger.db", hidden / "fingerprint")
        for path in (*kept, *(hidden / "traffic").glob("*")):
            path.unlink()
        url = request.getfixturevalue("postgres")
        recipe.write_text(f'{recipe.read_text()}\n[store]\nledger = "{url}"\n')
        with opened(folder) as project:
            ring = project.ring
            restore(
                request.getfixturevalue("grown_archive"),
                ledger=ring.ledger,
                traffic=ring.traffic,
                trees=ring.runner.trees,
            )
    with opened(folder) as project:
        yield project


def copy(folder: Path, place: Path) -> Path:
    """Copy a project that nobody has open."""
    shutil.copytree(folder, place)
    return place


@contextmanager
def opened(folder: Path) -> Iterator[Project]:
    """Open a project and close it."""
    project = Project.open(folder)
    try:
        yield project
    finally:
        project.close()


# The command line

typer.testing._get_command = cache(typer.main.get_command)  # type: ignore[attr-defined]
"""The tree of commands is made once, not at each call: that took longer than most calls."""

Command = Callable[..., str]


def invoke(*words: str, typed: str = "") -> Result:
    """Run a command in this process and return all of it."""
    return CliRunner().invoke(cli.app, list(words), input=typed)


def run(*words: str, typed: str = "") -> str:
    """Run a command that must succeed; return what it printed on standard output."""
    found = invoke(*words, typed=typed)
    assert found.exit_code == 0, (found.output, found.exception)
    return found.stdout


def refused(*words: str) -> str:
    """Run a command that must fail on purpose; return its message."""
    found = invoke(*words)
    assert isinstance(found.exception, ChainringError), (found.output, found.exception)
    return str(found.exception)


def child(
    *words: str, environment: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a command in a process of its own and wait for it."""
    return subprocess.run(
        [sys.executable, "-m", "chainring.software.cli", *words],
        env={**ALONE, **(environment or {})},
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )


# Servers


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """A running `chainring serve`: its process, its address, and the file it logs to."""

    process: subprocess.Popen[bytes]
    url: str
    log: Path

    def __str__(self) -> str:
        return f"server at {self.url}: {self.log.read_text()}"


@contextmanager
def served(folder: Path, *words: str, is_ready: bool = True) -> Iterator[Server]:
    """Serve a project in a process of its own until the block ends."""
    log = folder.parent / f"{folder.name}-{time.monotonic_ns()}.log"
    command = [sys.executable, "-u", "-m", "chainring.software.cli", "serve", "-p", str(folder)]
    with log.open("wb") as out:
        process = subprocess.Popen(
            [*command, "--port", "0", *words], env=ALONE, stdout=out, stderr=out
        )
    try:
        server = Server(process=process, url=_address(process, log), log=log)
        wait_until(lambda: _status(server) in ((200,) if is_ready else (200, 503)), server)
        yield server
    finally:
        process.terminate()
        try:
            process.wait(timeout=PATIENCE_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _address(process: subprocess.Popen[bytes], log: Path) -> str:
    def said() -> list[str]:
        return re.findall(r"answers at (http://\S+)", log.read_text())

    wait_until(lambda: bool(said()) or process.poll() is not None, log)
    assert said(), log.read_text()
    return said()[0]


def _status(server: Server) -> int:
    assert server.process.poll() is None, str(server)
    try:
        return httpx.get(f"{server.url}/health/ready", timeout=10).status_code
    except httpx.TransportError:
        return 0


def wait_until(holds: Callable[[], bool], about: object = "") -> None:
    """Wait until something holds; fail after long patience, for the machine may be busy."""
    end = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < end, f"waited {PATIENCE_S} s in vain: {about}"
        time.sleep(0.05)


def texts_of(folder: Path, count: int) -> Sequence[dict[str, str]]:
    """Return what users ask later, both languages in turn, each with the label that was meant."""
    found = [
        [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        for path in sorted((folder / "later").glob("*.jsonl"))
    ]
    return [row for rows in zip(*found, strict=False) for row in rows][:count]


@pytest.fixture(autouse=True)
def memory_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep no freed memory: it would be that of every test to come, which measure theirs."""
    monkeypatch.setattr("chainring.hardware.memory.keep_freed_memory", lambda: False)
