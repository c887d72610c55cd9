"""The Ray executor on this machine: order, equality with the local one, errors, dying workers."""

from __future__ import annotations

import ast
import math
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.hardware import ray_shards

import chainring
from chainring.contracts.checks import ExecutorExample, check_part
from chainring.contracts.errors import (
    ChainringError,
    InputError,
    MissingPackageError,
    UnknownNameError,
)
from chainring.contracts.work import Executor
from chainring.hardware import ray_executor
from chainring.hardware.executor import LocalExecutor
from chainring.hardware.executors import executor
from chainring.hardware.ray_executor import RayExecutor
from chainring.hardware.settings import HardwareSettings

pytest.importorskip("ray", reason="the extra `ray` is not installed")


@pytest.fixture(scope="module")
def ray_executor_here() -> Iterator[RayExecutor]:
    """Yield an executor with two workers on a cluster of its own, shared by this module."""
    before = signal.getsignal(signal.SIGTERM)
    with RayExecutor(2) as found:
        assert list(found.map(abs, [-1])) == [1]
        assert signal.getsignal(signal.SIGTERM) is before, "the answer to SIGTERM is the caller's"
        yield found


def test_it_keeps_the_promise_of_its_kind(ray_executor_here: RayExecutor) -> None:
    check_part("executor", "ray.v1", ExecutorExample(make=lambda _: ray_executor_here))


def test_results_are_those_of_the_local_executor_byte_for_byte(
    ray_executor_here: RayExecutor, tmp_path: Path
) -> None:
    shards = []
    for number in range(9):
        source = tmp_path / f"{number}.txt"
        source.write_text(f"Parcel {number}\n包裹 {number}\nWHERE is it?\n" * 30, encoding="utf-8")
        shards.append(source)
    outputs = {}
    spreads: dict[str, Executor] = {"ray": ray_executor_here, "local": LocalExecutor(2)}
    for name, spread in spreads.items():
        folder = tmp_path / name
        folder.mkdir()
        work = [(str(source), str(folder / source.name)) for source in shards]
        digests = list(spread.map(ray_shards.written, work))
        outputs[name] = (digests, [path.read_bytes() for path in sorted(folder.iterdir())])
    assert outputs["ray"] == outputs["local"]
    assert len(outputs["ray"][1]) == 9


def test_shards_are_taken_only_a_few_ahead_of_the_results(ray_executor_here: RayExecutor) -> None:
    taken: list[int] = []

    def shards() -> Iterator[int]:
        for number in range(1, 1001):
            taken.append(number)
            yield number

    results = ray_executor_here.map(math.factorial, shards())
    assert [next(results) for _ in range(3)] == [1, 2, 6]
    assert len(taken) <= 3 + 2 * 2
    results.close()  # type: ignore[attr-defined]


def test_an_error_of_the_work_arrives_as_it_is(ray_executor_here: RayExecutor) -> None:
    with pytest.raises(ValueError, match="invalid literal") as caught:
        list(ray_executor_here.map(int, ["1", "x", "3"]))
    assert type(caught.value) is ValueError
    assert "in _tried" in str(caught.value.__cause__)


def test_an_error_with_arguments_of_its_own_arrives_whole(ray_executor_here: RayExecutor) -> None:
    with pytest.raises(UnknownNameError, match=r"did you mean 'local\.v1'\?"):
        list(ray_executor_here.map(ray_shards.looked_up, ["locl.v1"]))


def test_an_error_that_cannot_be_sent_is_told_in_words(ray_executor_here: RayExecutor) -> None:
    with pytest.raises(ChainringError, match="a lock came along"):
        list(ray_executor_here.map(ray_shards.fails_with_what_cannot_be_sent, [1]))


def test_a_file_that_a_node_does_not_see_is_told_with_the_node(
    ray_executor_here: RayExecutor, tmp_path: Path
) -> None:
    shard = (str(tmp_path / "gone.txt"), str(tmp_path / "out"))
    with pytest.raises(FileNotFoundError) as caught:
        list(ray_executor_here.map(ray_shards.written, [shard]))
    assert "every node has to see the same files" in caught.value.__notes__[0]


def test_a_shard_whose_worker_was_killed_is_done_again(
    ray_executor_here: RayExecutor, tmp_path: Path
) -> None:
    marks = [str(tmp_path / name) for name in "ab"]
    assert list(ray_executor_here.map(ray_shards.dies_once, marks)) == ["done", "done"]


def test_a_shard_that_kills_every_worker_is_given_up_with_the_next_step(
    ray_executor_here: RayExecutor,
) -> None:
    with pytest.raises(ChainringError, match="fewer workers"):
        list(ray_executor_here.map(ray_shards.dies, [1]))


def test_work_that_is_no_longer_wanted_is_ended(
    ray_executor_here: RayExecutor, tmp_path: Path
) -> None:
    shards = ((str(tmp_path), number) for number in range(9))
    results = ray_executor_here.map(ray_shards.waits_for_ever, shards)
    assert next(results) == 0
    wait_until(lambda: any(tmp_path.glob("*.pid")))
    results.close()  # type: ignore[attr-defined]
    pids = [int(path.read_text()) for path in tmp_path.glob("*.pid")]
    wait_until(lambda: not any(map(is_alive, pids)))


def test_ranks_give_their_results_by_rank_and_find_each_other(
    ray_executor_here: RayExecutor,
) -> None:
    first, second = ray_executor_here.spawn(2, ray_shards.environment)
    assert [first[:3], second[:3]] == [["0", "0", "2"], ["1", "1", "2"]]
    assert first[3:] == second[3:]
    assert 1024 <= int(first[4]) <= 65535


def test_the_first_failing_rank_ends_the_ones_that_wait_for_it(
    ray_executor_here: RayExecutor,
) -> None:
    with pytest.raises(LookupError, match="rank 0 has no data"):
        ray_executor_here.spawn(2, ray_shards.first_fails_others_wait)
    assert ray_executor_here.spawn(2, divmod) == [(0, 0), (0, 1)]  # its processors are free again


def test_a_rank_that_is_killed_ends_the_others(ray_executor_here: RayExecutor) -> None:
    with pytest.raises(ChainringError, match="died before it answered"):
        ray_executor_here.spawn(2, ray_shards.last_dies)


def test_more_ranks_than_processors_are_refused(ray_executor_here: RayExecutor) -> None:
    with pytest.raises(InputError, match="needs 3 processors"):
        ray_executor_here.spawn(3, divmod)
    with pytest.raises(InputError, match="at least 1, found 0"):
        ray_executor_here.spawn(0, divmod)


def test_nothing_is_reported_home(ray_executor_here: RayExecutor) -> None:
    assert list(ray_executor_here.map(ray_shards.telemetry, [1])) == ["0"]


def test_it_is_made_of_the_recipe() -> None:
    settings = HardwareSettings(executor="ray.v1", workers=3, ray_address="10.0.0.7:6379")
    made = executor(settings)
    assert isinstance(made, RayExecutor)
    assert (made.workers, made.address) == (3, "10.0.0.7:6379")
    assert isinstance(executor(HardwareSettings()), LocalExecutor)


def test_the_environment_names_the_cluster_where_the_recipe_does_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("RAY_ADDRESS", "10.0.0.8:6379")
    assert RayExecutor().address == "10.0.0.8:6379"
    assert RayExecutor(address="auto").address == "auto"


@pytest.mark.parametrize("address", ["ray://host:10001", "https://host", "-1"])
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(InputError):
        RayExecutor(-1 if address == "-1" else 0, address=address)
    with pytest.raises(ValueError, match="ray_address"):
        HardwareSettings(ray_address="ray://host")


def test_a_missing_ray_is_named_with_its_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ray_executor, "find_spec", lambda _: None)
    with pytest.raises(MissingPackageError, match=r"chainring\[ray\]"):
        RayExecutor()


def imports_of_ray(path: Path) -> list[ast.stmt]:
    """Return the statements of a file that import ray and run when the file is imported."""
    text = path.read_text(encoding="utf-8")
    if not re.search(r"\b(?:import|from)\b.*\bray\b", text):
        return []  # to parse every file takes long
    tree = ast.parse(text)
    inner = {id(node) for outer in ast.walk(tree) if isinstance(outer, ast.FunctionDef)
             for node in ast.walk(outer)}  # fmt: skip
    found = []
    for node in ast.walk(tree):
        names = [one.name for one in node.names] if isinstance(node, ast.Import) else []
        names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        if id(node) not in inner and any(name.partition(".")[0] == "ray" for name in names):
            found.append(node)
    return found  # type: ignore[return-value]


def test_no_module_imports_ray_before_work_is_spread() -> None:
    root = Path(chainring.__file__).parent
    assert [path for path in root.rglob("*.py") if imports_of_ray(path)] == []
    code = (
        "import sys; from chainring.hardware.ray_executor import RayExecutor; RayExecutor(); "
        "from chainring.hardware.executor import LocalExecutor; "
        "assert list(LocalExecutor(2).map(abs, [-1, 2])) == [1, 2]; print('ray' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    state = Path(f"/proc/{pid}/stat")
    return not (state.exists() and state.read_text().rpartition(")")[2].split()[0] == "Z")


def wait_until(holds: Any) -> None:
    end = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.05)
