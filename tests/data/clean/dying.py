"""Runs that are killed on the way: `python dying.py`.

Each line of standard input is one, as a JSON list: the folder to clean, the one to clean into and
when to die. It is done in a fork, so that libraries are loaded once; the answer is a line with the
signal that ended it (0: it came to its end).

====================  =============================================================================
when                  what
====================  =============================================================================
`-1`                  it comes to its end
`7`                   before the eighth line of its progress
`quality.v1:2`        when this stage, or `embedder`, was called for the third time
`0.25`                after so many seconds of its own time on the processor, wherever that is
====================  =============================================================================
"""

from __future__ import annotations

import json
import os
import signal
import sys
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

import numpy  # noqa: F401, - loaded before the fork

import chainring.data.read  # noqa: F401 - loaded before the fork
from chainring.contracts.parts import load_part, part
from chainring.data.clean import first, pipeline
from chainring.data.clean.settings import STAGES, CleanSettings
from chainring.data.clean.shards import Shard, shards_of
from chainring.hardware.executor import LocalExecutor


class Checksums:
    """An embedder of no sense: a few texts are alike, and always the same ones."""

    digest = "checksums"

    def __init__(self, source: str) -> None:
        self.source = source

    def __call__(self, texts: list[str]) -> list[list[float]]:
        die("embedder")
        return [_row(zlib.crc32(text.encode()) % 4099) for text in texts]


def _row(number: int) -> list[float]:
    return [float(number % 64 == axis) + float(64 + number // 64 == axis) for axis in range(130)]


calls: dict[str, int] = {}
when = ""


def die(name: str) -> None:
    """Die when the part was called as often as the task says."""
    if when == f"{name}:{calls.get(name, 0)}":
        os.kill(os.getpid(), signal.SIGKILL)
    calls[name] = calls.get(name, 0) + 1


def mortal(name: str) -> None:
    """Put in a stage's place one that may die in the middle of a shard."""
    inner: Callable[[Any], None] = load_part("stage", name)

    def stage(batch: Any) -> None:
        inner(batch)
        die(name)

    part("stage", name)(stage)


def small_shards(inputs: Any, *, size: int) -> list[Shard]:
    """Return shards of an eighth of the size: a MiB is the smallest that settings know."""
    return shards_of(inputs, size=size >> 3)


def run(source: str, out: str, moment: str) -> NoReturn:
    """Clean in this process and end it, whatever happens."""
    global when
    status, when = 1, moment
    said = 0

    def say(line: str) -> None:
        nonlocal said
        if str(said) == when:
            os.kill(os.getpid(), signal.SIGKILL)
        said += 1

    settings = CleanSettings(
        profile="documents",
        shard_mib=1,
        min_boilerplate=40,
        licences=("CC0-1.0",),
        evaluation=(str(Path(source).parent / "held.jsonl"),),
        meaning="checksums.v1",
    )
    try:
        if "." in when and ":" not in when:
            signal.setitimer(signal.ITIMER_PROF, float(when))  # its signal ends a process
        pipeline.clean(
            [source], out=Path(out), settings=settings, executor=LocalExecutor(1), say=say
        )
        status = 0
    finally:
        sys.stderr.flush()
        os._exit(status)


def main() -> None:
    for name in STAGES:
        mortal(name)
    part("embedder", "checksums.v1")(Checksums)
    setattr(pipeline, shards_of.__name__, small_shards)
    first.BATCH_BYTES >>= 3  # as many batches in a shard as in one of a MiB
    for line in sys.stdin:
        pid = os.fork()
        if pid == 0:
            run(*json.loads(line))
        _, status = os.waitpid(pid, 0)
        assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0, "it failed by itself"
        print(os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0, flush=True)


if __name__ == "__main__":
    main()
