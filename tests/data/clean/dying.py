"""A run that kills itself: `python dying.py INPUT OUT WHEN`.

WHEN is a line of progress (-1: it comes to its end), or `PART:CALL`, a stage or the embedder and
which of its calls is the last: `quality.v1:2` dies when the stage is called for the third time.
"""

from __future__ import annotations

import os
import signal
import sys
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from chainring.contracts.parts import load_part, part
from chainring.data.clean.pipeline import clean
from chainring.data.clean.settings import STAGES, CleanSettings
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


def die(name: str) -> None:
    """Die when the part was called as often as the command line says."""
    if sys.argv[3] == f"{name}:{calls.get(name, 0)}":
        os.kill(os.getpid(), signal.SIGKILL)
    calls[name] = calls.get(name, 0) + 1


def mortal(name: str) -> None:
    """Put in a stage's place one that may die in the middle of a shard."""
    inner: Callable[[Any], None] = load_part("stage", name)

    def stage(batch: Any) -> None:
        inner(batch)
        die(name)

    part("stage", name)(stage)


def main() -> None:
    source, out, when = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
    for name in STAGES:
        mortal(name)
    part("embedder", "checksums.v1")(Checksums)
    settings = CleanSettings(
        profile="documents",
        shard_mib=1,
        min_boilerplate=40,
        licences=("CC0-1.0",),
        evaluation=(str(source.parent / "held.jsonl"),),
        meaning="checksums.v1",
    )
    said = 0

    def say(line: str) -> None:
        nonlocal said
        if str(said) == when:
            os.kill(os.getpid(), signal.SIGKILL)
        said += 1

    clean([source], out=out, settings=settings, executor=LocalExecutor(1), say=say)
    print(said)


if __name__ == "__main__":
    main()
