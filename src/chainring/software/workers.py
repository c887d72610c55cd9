"""Several processes behind one port: started, watched, begun again when one dies, stopped.

The parent holds the listening socket and answers nothing; each worker inherits the socket, so that
no connection is lost when one of them ends. They share counts of keys, answers by idempotency key
and their measures through a folder in memory; rows go to the one traffic log, which takes several
writers.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import FrameType
from typing import Any

from chainring.contracts.errors import RefusedError
from chainring.hardware.machine import machine
from chainring.software.answering import share_threads
from chainring.software.api import Project
from chainring.software.command_words import say

MEMORY = Path("/dev/shm")
RESTARTS, WITHIN_S = 5, 30.0
"""A crew that dies more often than that does not get well by being started again."""

Say = Callable[[str], None]


def serve_by_many(
    project: Project, taken: socket.socket, *, workers: int, open_to_all: bool, say: Say
) -> None:
    """Serve until SIGTERM or Ctrl-C.

    Raises
    ------
    RefusedError
        When workers keep dying.
    """
    root = MEMORY if MEMORY.is_dir() and os.access(MEMORY, os.W_OK) else None
    shared = Path(tempfile.mkdtemp(prefix="chainring-", dir=root))
    drain_s = project.ring.recipe.deployment.drain_s
    folder = project.folder
    project.close()
    crew = _Crew(folder, taken, shared, workers=workers, open_to_all=open_to_all, say=say)
    try:
        crew.run()
    finally:
        crew.stop(within_s=drain_s + 10.0)
        taken.close()
        shutil.rmtree(shared, ignore_errors=True)


class _Crew:
    def __init__(
        self,
        folder: Path,
        taken: socket.socket,
        shared: Path,
        *,
        workers: int,
        open_to_all: bool,
        say: Say,
    ) -> None:
        self._folder, self._taken, self._shared = folder, taken, shared
        self._workers, self._open, self._say = workers, open_to_all, say
        self._running: dict[int, subprocess.Popen[bytes]] = {}
        self._deaths: list[float] = []
        self._is_stopping = False

    def run(self) -> None:
        """Keep every place filled until a signal comes."""
        for sign in (signal.SIGTERM, signal.SIGINT):
            signal.signal(sign, self._told)
        while not self._is_stopping:
            for number in range(self._workers):
                worker = self._running.get(number)
                if worker is not None and worker.poll() is not None:
                    self._died(number, worker.returncode)
                    worker = None
                if worker is None and not self._is_stopping:
                    self._running[number] = self._started(number)
            time.sleep(0.1)

    def stop(self, *, within_s: float) -> None:
        """Let every worker answer what it has begun, and end."""
        for worker in self._running.values():
            with suppress(ProcessLookupError):
                worker.send_signal(signal.SIGTERM)
        deadline = time.monotonic() + within_s
        for worker in self._running.values():
            try:
                worker.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                worker.kill()
                worker.wait()

    def _told(self, sign: int, frame: FrameType | None) -> None:
        self._is_stopping = True

    def _started(self, number: int) -> subprocess.Popen[bytes]:
        handle = self._taken.fileno()
        words = [self._folder, handle, self._shared, number, self._workers, int(self._open)]
        return subprocess.Popen(
            [sys.executable, "-m", "chainring.software.workers", *map(str, words)],
            pass_fds=[handle],
        )

    def _died(self, number: int, status: int) -> None:
        now = time.monotonic()
        self._deaths = [at for at in self._deaths if now - at < WITHIN_S] + [now]
        self._say(say("worker ended", number=number, status=status))
        if len(self._deaths) > RESTARTS:
            raise RefusedError(
                f"workers ended {len(self._deaths)} times within {WITHIN_S:g} s; serve with "
                "--workers 1 and read what it says"
            )


def main(arguments: list[str]) -> None:
    """Be one worker: folder, handle of the socket, shared folder, place, how many, open."""
    from chainring.software.serving import Shared, answer

    folder, handle, shared, number, workers, is_open = arguments
    project = Project.open(folder)
    share_threads(project, machine(folder=project.folder).cores // int(workers))
    taken = socket.socket(fileno=int(handle))
    mine: Any = Shared(open_to_all=is_open == "1", folder=Path(shared), number=int(number))
    answer(project, taken, shared=mine)


if __name__ == "__main__":
    main(sys.argv[1:])
