"""Ray over several nodes on one machine: the same bytes, and a node lost in the middle."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.hardware import ray_shards

from chainring.contracts.errors import ChainringError
from chainring.contracts.work import Executor
from chainring.data.clean.pipeline import clean
from chainring.data.clean.settings import CleanSettings
from chainring.hardware.executor import LocalExecutor
from chainring.hardware.ray_cluster import imported
from chainring.hardware.ray_executor import RayExecutor

pytest.importorskip("ray", reason="the extra `ray` is not installed")


@pytest.fixture
def cluster() -> Iterator[Any]:
    """Yield a cluster of two nodes with one processor each; nobody is connected to it yet."""
    imported()
    from ray import cluster_utils

    make: Any = cluster_utils.Cluster
    before = signal.getsignal(signal.SIGTERM)
    found = make(initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False})
    found.add_node(num_cpus=1)
    try:
        yield found
    finally:
        imported().shutdown()
        found.shutdown()
        signal.signal(signal.SIGTERM, before)


def shards(folder: Path, name: str, count: int) -> list[tuple[str, str]]:
    target = folder / name
    target.mkdir()
    work = []
    for number in range(count):
        source = folder / f"{number}.txt"
        source.write_text(f"Parcel {number}\n包裹 {number}\nWHERE is it?\n" * 30, encoding="utf-8")
        work.append((str(source), str(target / source.name)))
    return work


def bytes_of(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.glob("*.txt")}


def test_a_node_lost_in_the_middle_changes_no_byte(cluster: Any, tmp_path: Path) -> None:
    """Both nodes hold a shard at the gate when one of them is killed; its shard is done again."""
    (lost,) = cluster.worker_nodes
    expected = list(LocalExecutor().map(ray_shards.written, shards(tmp_path, "local", 8)))
    began = tmp_path / "ray"
    with RayExecutor(address=cluster.address) as executor:
        results = executor.map(ray_shards.written_through_a_gate, shards(tmp_path, "ray", 8))
        first = step_in_background(results)
        wait_until(lambda: lost.node_id in nodes_at_the_gate(began))
        at_the_gate = [p for p in began.glob("*.began") if p.read_text() == lost.node_id]
        cluster.remove_node(lost, allow_graceful=False)
        (began / "gate").touch()
        assert [first(), *results] == expected
    assert bytes_of(began) == bytes_of(tmp_path / "local")
    again = at_the_gate[0].name.partition(".")[0]
    assert len(list(began.glob(f"{again}.*.began"))) > 1


class LosesANode:
    """An executor that loses a node of its cluster once the first shard of its work is done."""

    name = "loses-a-node"

    def __init__(self, executor: RayExecutor, lose: Callable[[], None]) -> None:
        self.executor, self._lose = executor, [lose]

    def map(self, fn: Callable[[Any], Any], shards: Iterable[Any]) -> Iterator[Any]:
        for result in self.executor.map(fn, shards):
            while self._lose:
                self._lose.pop()()
            yield result

    def spawn(self, world: int, fn: Callable[[int, int], Any]) -> list[Any]:
        return self.executor.spawn(world, fn)


def test_a_corpus_is_cleaned_to_the_same_bytes_while_a_node_is_lost(
    cluster: Any, tmp_path: Path
) -> None:
    """The cleaning of the data room, copies across shards included, in both languages."""
    inputs = corpus(tmp_path / "corpus", files=6)
    settings = CleanSettings(profile="messages")

    def cleaned(name: str, executor: Executor) -> dict[str, bytes]:
        out = tmp_path / name
        clean([inputs], out=out, settings=settings, executor=executor, say=lambda _: None)
        return {path.name: path.read_bytes() for path in out.iterdir() if path.is_file()}

    (lost,) = cluster.worker_nodes
    with RayExecutor(address=cluster.address) as executor:
        on_ray = cleaned(
            "ray", LosesANode(executor, lambda: cluster.remove_node(lost, allow_graceful=False))
        )
        assert len([one for one in imported().nodes() if one["Alive"]]) <= 2
    here = cleaned("local", LocalExecutor())
    assert not cluster.worker_nodes
    assert len([name for name in here if name.startswith("rows-")]) == 6
    assert on_ray == here


def corpus(folder: Path, *, files: int) -> Path:
    """Write messages in both languages; every file repeats some of the others'."""
    folder.mkdir()
    for number in range(files):
        rows = []
        for row in range(60):
            thing = f"{row if row % 3 else 7}-{number if row % 3 else 0}"
            english = (
                f"Where is my parcel with the blue kettle number {thing}? It was due on Monday."
            )
            rows.append(
                english if row % 2 else f"我买的蓝色水壶编号{thing}到底什么时候才能送到我家呢？"
            )
        lines = [json.dumps({"id": f"{number}-{i}", "text": text}, ensure_ascii=False) + "\n"
                 for i, text in enumerate(rows)]  # fmt: skip
        (folder / f"{number}.jsonl").write_text("".join(lines), encoding="utf-8")
    return folder


def nodes_at_the_gate(folder: Path) -> set[str]:
    return {path.read_text() for path in folder.glob("*.began")}


def step_in_background(results: Iterator[str]) -> Callable[[], str]:
    """Begin to take the first result; return a function that waits for it."""
    from concurrent.futures import ThreadPoolExecutor

    pool = ThreadPoolExecutor(1)
    future = pool.submit(next, results)

    def taken() -> str:
        pool.shutdown()
        return future.result()

    return taken


def test_a_running_cluster_is_joined_by_address_or_found_and_left_running(tmp_path: Path) -> None:
    """In a process of its own: how Ray proves who calls is settled once a process."""
    done = run(tmp_path, """
        from chainring.hardware.ray_cluster import imported
        from chainring.hardware.ray_executor import RayExecutor

        ray = imported()
        from ray.cluster_utils import Cluster

        if __name__ == "__main__":
            cluster = Cluster(
                initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False}
            )
            cluster.add_node(num_cpus=1)
            for address in (cluster.address, "auto"):
                with RayExecutor(address=address) as executor:
                    print(list(executor.map(abs, [-1, 2])), len(ray.nodes()))
                print(ray.is_initialized())
            print(cluster.remaining_processes_alive())
            cluster.shutdown()
    """)  # fmt: skip
    assert done.split("\n")[:5] == ["[1, 2] 2", "False", "[1, 2] 2", "False", "True"]


def run(folder: Path, script: str) -> str:
    """Run a script in a process of its own; return what it printed."""
    path = folder / "parent.py"
    path.write_text(textwrap.dedent(script), encoding="utf-8")
    environment = {**os.environ, "RAY_AUTH_MODE": "disabled"}
    done = subprocess.run(
        [sys.executable, path], stdout=subprocess.PIPE, text=True, check=False, env=environment
    )
    return done.stdout


def test_an_address_where_nobody_listens_is_refused_with_the_next_step() -> None:
    with pytest.raises(ChainringError, match="ray start --head"):
        list(RayExecutor(address="127.0.0.1:9").map(abs, [1]))


def test_a_cluster_of_its_own_ends_with_its_process_even_by_kill(tmp_path: Path) -> None:
    """But for two agents, which look for their node once a minute."""
    said = run(tmp_path, """
        import os, signal
        from chainring.hardware.ray_executor import RayExecutor

        if __name__ == "__main__":
            executor = RayExecutor(1)
            list(executor.map(abs, [1]))
            import psutil
            children = psutil.Process().children(recursive=True)
            print(*(p.pid for p in children if "agent" not in str(p.cmdline()).lower()), flush=True)
            os.kill(os.getpid(), signal.SIGKILL)
    """)  # fmt: skip
    pids = [int(pid) for pid in said.split()]
    assert len(pids) > 2
    wait_until(lambda: not any(map(is_alive, pids)))


def is_alive(pid: int) -> bool:
    import psutil

    try:
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def wait_until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + 120
    while not holds():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.05)
