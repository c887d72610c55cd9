"""Work for Ray's workers, in a module that they can import."""

from __future__ import annotations

import hashlib
import os
import signal
import time
from pathlib import Path

from chainring.contracts.parts import load_part


def folded(text: str) -> bytes:
    return hashlib.blake2b(text.casefold().encode()).digest()


def written(shard: tuple[str, str]) -> str:
    """Write the folded lines of one file into another, whole or not at all; return its digest."""
    source, target = Path(shard[0]), Path(shard[1])
    body = "".join(sorted(line.casefold() for line in source.read_text("utf-8").splitlines(True)))
    beside = target.with_suffix(f".{os.getpid()}")
    beside.write_text(body, encoding="utf-8")
    beside.replace(target)
    return hashlib.blake2b(body.encode()).hexdigest()


def written_through_a_gate(shard: tuple[str, str]) -> str:
    """Say on which node this began, wait until the gate stands open, then write."""
    import ray

    target = Path(shard[1])
    node = ray.get_runtime_context().get_node_id()
    began = target.with_suffix(f".{time.monotonic_ns()}.began")
    began.write_text(node)
    while not (target.parent / "gate").exists():
        time.sleep(0.02)
    return written(shard)


def waits_for_ever(shard: tuple[str, int]) -> int:
    """Give the number 0 at once; every other shard leaves its process id and waits."""
    folder, number = shard
    if number:
        (Path(folder) / f"{number}.pid").write_text(str(os.getpid()))
        time.sleep(600)
    return number


def dies(_: int) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def dies_once(mark: str) -> str:
    """Kill the worker at the first try."""
    if not Path(mark).exists():
        Path(mark).touch()
        dies(0)
    return "done"


def environment(rank: int, world: int) -> list[str]:
    names = ("RANK", "LOCAL_RANK", "WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT")
    return [os.environ[name] for name in names]


def first_fails_others_wait(rank: int, world: int) -> None:
    if rank == 0:
        raise LookupError("rank 0 has no data")
    time.sleep(600)


def last_dies(rank: int, world: int) -> None:
    if rank == world - 1:
        dies(rank)
    time.sleep(600)


def looked_up(name: str) -> str:
    return repr(load_part("executor", name))


def telemetry(_: int) -> str:
    return os.environ.get("RAY_USAGE_STATS_ENABLED", "")


class Unpicklable(Exception):
    """An error that cannot cross a process."""

    def __init__(self) -> None:
        super().__init__("a lock came along")
        self.lock = open(os.devnull)


def fails_with_what_cannot_be_sent(_: int) -> None:
    raise Unpicklable
