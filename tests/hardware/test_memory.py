"""Freed memory: a process that keeps it is not handed the same pages again and again."""

from __future__ import annotations

import subprocess
import sys

import pytest

from chainring.hardware import memory

_BLOCKS = """
import resource, sys, threading
from chainring.hardware.memory import keep_freed_memory
if sys.argv[1] == "kept" and not keep_freed_memory():
    sys.exit(3)
def work():
    for _ in range(10):
        blocks = [b"x" * (48 << 20), *(b"x" * (12 << 20) for _ in range(8))]
        del blocks
faults = []
def count():
    work()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    work()
    faults.append(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
if sys.argv[2] == "thread":
    thread = threading.Thread(target=count)
    thread.start()
    thread.join()
else:
    count()
print(*faults)
"""


def _faults(kept: str, where: str) -> int:
    """Return the pages that a fresh process was handed for ten rounds of nine large blocks."""
    command = [sys.executable, "-c", _BLOCKS, kept, where]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode == 3:
        pytest.skip("the C library here is not glibc")
    assert done.returncode == 0, done.stderr
    return int(done.stdout)


@pytest.mark.parametrize("where", ["main", "thread"])
def test_freed_blocks_are_used_again(where: str) -> None:
    assert _faults("kept", where) * 20 < _faults("as it is", where)


def test_a_c_library_that_cannot_be_told_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    class Other:
        """A C library without `mallopt`."""

    monkeypatch.setattr("ctypes.CDLL", lambda name: Other())
    assert memory.keep_freed_memory() is False


@pytest.mark.parametrize(
    ("most", "told"),
    [
        (1 << 40, [(-3, 1 << 30), (-1, 1 << 30), (-8, 1)]),
        (32 << 20, [(-3, 1 << 30), (-3, 32 << 20), (-1, 1 << 30), (-8, 1)]),
        (0, [(-3, 1 << 30), (-3, 32 << 20)]),
    ],
)
def test_where_large_blocks_must_be_mapped_nothing_else_is_changed(
    monkeypatch: pytest.MonkeyPatch, most: int, told: list[tuple[int, int]]
) -> None:
    """To set the other two alone would map every block of 128 KiB."""
    said: list[tuple[int, int]] = []

    class Library:
        """A glibc that maps blocks beyond `most` bytes in any case."""

        @staticmethod
        def mallopt(name: int, value: int) -> int:
            said.append((name, value))
            return int(name != -3 or value <= most)

    monkeypatch.setattr("ctypes.CDLL", lambda name: Library)
    assert memory.keep_freed_memory() is bool(most)
    assert said == told
