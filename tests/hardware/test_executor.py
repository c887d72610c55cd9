"""The local executor: order, equality over worker counts, errors and dying processes."""

import math
import multiprocessing
import operator
import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pytest

from chainring.contracts.errors import ChainringError, InputError
from chainring.contracts.parts import load_part
from chainring.hardware.executor import LocalExecutor
from chainring.hardware.executors import executor
from chainring.hardware.settings import HardwareSettings


@pytest.fixture
def helpers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> object:
    """Functions in a module of their own, which worker processes can import."""
    code = """
        import hashlib, os, signal, time

        def folded(text):
            return hashlib.blake2b(text.casefold().encode()).digest()

        def dies(_):
            os.kill(os.getpid(), signal.SIGKILL)

        def environment(rank, world):
            names = ("RANK", "LOCAL_RANK", "WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT")
            return [os.environ[name] for name in names]

        def first_fails_others_wait(rank, world):
            if rank == 0:
                raise LookupError("rank 0 has no data")
            time.sleep(600)

        def last_dies(rank, world):
            if rank == world - 1:
                os.kill(os.getpid(), signal.SIGKILL)
            time.sleep(600)
    """
    (tmp_path / "executor_helpers.py").write_text(textwrap.dedent(code), encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    import executor_helpers  # type: ignore[import-not-found]

    yield executor_helpers
    del sys.modules["executor_helpers"]


@pytest.mark.parametrize("workers", [1, 2, 3])
def test_results_are_byte_identical_and_in_order_for_any_number_of_workers(
    helpers: object, workers: int
) -> None:
    shards = ["Where is my parcel?", "我的包裹到哪了？"] * 20
    fold = helpers.folded  # type: ignore[attr-defined]
    assert list(LocalExecutor(workers).map(fold, shards)) == [fold(shard) for shard in shards]


def test_work_really_leaves_this_process() -> None:
    pids = set(LocalExecutor(2).map(operator.methodcaller("__call__"), [os.getpid] * 4))
    assert os.getpid() not in pids


def test_shards_are_taken_only_a_few_ahead_of_the_results() -> None:
    taken: list[int] = []

    def shards() -> Iterator[int]:
        for number in range(1, 1001):
            taken.append(number)
            yield number

    results = LocalExecutor(2).map(math.factorial, shards())
    assert [next(results) for _ in range(3)] == [1, 2, 6]
    assert len(taken) <= 3 + 2 * 2
    results.close()  # type: ignore[attr-defined]
    assert multiprocessing.active_children() == []


@pytest.mark.parametrize("workers", [1, 2])
def test_an_error_of_the_work_arrives_as_it_is(workers: int) -> None:
    with pytest.raises(ValueError, match="invalid literal"):
        list(LocalExecutor(workers).map(int, ["1", "x", "3"]))
    assert multiprocessing.active_children() == []


def test_a_worker_that_is_killed_is_reported_with_the_next_step(helpers: object) -> None:
    with pytest.raises(ChainringError, match="fewer workers"):
        list(LocalExecutor(2).map(helpers.dies, [1, 2]))  # type: ignore[attr-defined]


@pytest.mark.parametrize("world", [1, 3])
def test_ranks_give_their_results_by_rank(world: int) -> None:
    assert LocalExecutor().spawn(world, divmod) == [divmod(rank, world) for rank in range(world)]


def test_ranks_find_each_other_by_their_environment(helpers: object) -> None:
    first, second = LocalExecutor().spawn(2, helpers.environment)  # type: ignore[attr-defined]
    assert first[:4] == ["0", "0", "2", "127.0.0.1"]
    assert second[:4] == ["1", "1", "2", "127.0.0.1"]
    assert first[4] == second[4]
    assert 1024 <= int(first[4]) <= 65535


def test_the_first_failing_rank_ends_the_ones_that_wait_for_it(helpers: object) -> None:
    with pytest.raises(LookupError, match="rank 0 has no data"):
        LocalExecutor().spawn(2, helpers.first_fails_others_wait)  # type: ignore[attr-defined]
    assert multiprocessing.active_children() == []


def test_a_rank_that_is_killed_ends_the_others(helpers: object) -> None:
    with pytest.raises(ChainringError, match="died before it answered"):
        LocalExecutor().spawn(2, helpers.last_dies)  # type: ignore[attr-defined]
    assert multiprocessing.active_children() == []


def is_alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="ascii")
    except FileNotFoundError:
        return False
    return state.rpartition(")")[2].split()[0] != "Z"


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_workers_end_when_their_parent_is_killed(tmp_path: Path) -> None:
    script = tmp_path / "parent.py"
    script.write_text(
        textwrap.dedent("""
            import multiprocessing, operator, os, time
            from chainring.hardware.executor import LocalExecutor

            if __name__ == "__main__":
                results = LocalExecutor(2).map(abs, range(1, 100))
                next(results)
                print(*(p.pid for p in multiprocessing.active_children()), flush=True)
                time.sleep(600)
        """),
        encoding="utf-8",
    )
    with subprocess.Popen([sys.executable, script], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        workers = [int(pid) for pid in parent.stdout.readline().split()]
        assert len(workers) == 2
        parent.send_signal(signal.SIGKILL)
    for _ in range(500):
        if not any(map(is_alive, workers)):
            break
        time.sleep(0.02)
    assert [pid for pid in workers if is_alive(pid)] == []


def test_no_worker_and_no_rank_are_refused() -> None:
    with pytest.raises(InputError, match="at least 1 worker, found 0"):
        LocalExecutor(0)
    with pytest.raises(InputError, match="at least 1, found 0"):
        LocalExecutor().spawn(0, divmod)


@pytest.mark.parametrize(("stated", "workers"), [("auto", 1), (3, 3)])
def test_a_recipe_says_how_many_workers_it_has(stated: Literal["auto"] | int, workers: int) -> None:
    made = executor(HardwareSettings(workers=stated))
    assert isinstance(made, LocalExecutor)
    assert made.workers == workers


def test_it_is_found_as_a_part() -> None:
    assert load_part("executor", "local.v1") is LocalExecutor
    assert LocalExecutor.name == "local.v1"
