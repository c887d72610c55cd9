"""Several processes behind one port: started, watched, begun again when one dies, stopped.

The parent holds the listening socket and answers nothing; each worker inherits the socket, so that
no connection is lost when one of them ends. They share counts of keys, answers by idempotency key
and their measures through a folder in memory; rows go to the one traffic log, which takes several
writers.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

from chainring.contracts.errors import ChainringError, RefusedError
from chainring.hardware.machine import machine
from chainring.software.api import Project
from chainring.software.telling.command_words import say
from chainring.software.telling.speech import in_words
from chainring.software.verbs.answering import share_threads
from chainring.software.verbs.turning import STORE_IS_AWAY, told_away

MEMORY = Path("/dev/shm")
PREFIX, LOCK = "chainring-", "held"
RESTARTS, WITHIN_S = 5, 30.0
"""A crew that dies more often, and never answered, does not get well by being started again."""
FIRST_WAIT_S, LONGEST_WAIT_S = 0.5, 30.0
"""The wait for a worker in place of one that lived for less than `WITHIN_S`; doubled each time."""

Say = Callable[[str], None]


def serve_by_many(
    project: Project, taken: socket.socket, *, workers: int, open_to_all: bool, say: Say
) -> None:
    """Serve until SIGTERM or Ctrl-C.

    Raises
    ------
    RefusedError
        When workers keep dying and none ever answered.
    """
    is_here = MEMORY.is_dir() and os.access(MEMORY, os.W_OK)
    shared, lock = _shared_folder(MEMORY if is_here else Path(tempfile.gettempdir()))
    drain_s = project.ring.recipe.deployment.drain_s
    folder = project.folder
    project.close()
    crew = _Crew(
        folder, taken, shared, workers=workers, open_to_all=open_to_all, say=say, lock=lock
    )
    try:
        crew.run()
    finally:
        taken.close()  # first: while anybody holds it, new callers wait for an answer in vain
        crew.stop(within_s=drain_s + 10.0)
        shutil.rmtree(shared, ignore_errors=True)
        os.close(lock)


def _shared_folder(root: Path) -> tuple[Path, int]:
    """Return a new folder and its lock, which parent and workers hold; remove those let go of."""
    for lock in root.glob(f"{PREFIX}*/{LOCK}"):
        with suppress(OSError):  # one that is held, or another user's
            if lock.parent.lstat().st_uid == os.getuid():
                with lock.open() as held:
                    fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    shutil.rmtree(lock.parent)
    made = Path(tempfile.mkdtemp(prefix=f".{PREFIX}", dir=root))
    handle = os.open(made / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    fcntl.flock(handle, fcntl.LOCK_EX)
    return made.rename(root / made.name[1:]), handle  # nobody finds it before it is held


@dataclass(slots=True)
class _Place:
    """One worker's place: who fills it, since when, and from when on it may be filled again."""

    worker: subprocess.Popen[bytes] | None = None
    since: float = 0.0
    wait_s: float = 0.0
    free_at: float = 0.0

    def ended(self, *, now: float) -> float:
        """Empty it; return how many seconds it stays so."""
        quickly = now - self.since <= WITHIN_S
        wait_s = 2 * self.wait_s if quickly and self.wait_s else FIRST_WAIT_S
        self.worker, self.wait_s = None, min(LONGEST_WAIT_S, wait_s)
        self.free_at = now + self.wait_s
        return self.wait_s


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
        lock: int | None = None,
    ) -> None:
        self._folder, self._taken, self._shared = folder, taken, shared
        self._workers, self._open, self._say = workers, open_to_all, say
        self._lock = [] if lock is None else [lock]
        self._alive, self._held = os.pipe()  # nobody but us has the end that is held
        self._places = [_Place() for _ in range(workers)]
        self._deaths: list[float] = []
        self._answered = self._is_stopping = False

    def run(self) -> None:
        """Keep every place filled until a signal comes."""
        for sign in (signal.SIGTERM, signal.SIGINT):
            signal.signal(sign, self._told)
        while not self._is_stopping:
            for number, place in enumerate(self._places):
                if place.worker is not None and place.worker.poll() is not None:
                    self._died(number, place)
                is_due = place.worker is None and time.monotonic() >= place.free_at
                if is_due and not self._is_stopping:
                    place.worker, place.since = self._started(number), time.monotonic()
            time.sleep(0.1)

    def stop(self, *, within_s: float) -> None:
        """Let every worker answer what it has begun, and end."""
        running = [place.worker for place in self._places if place.worker is not None]
        for worker in running:
            with suppress(ProcessLookupError):
                worker.send_signal(signal.SIGTERM)
        deadline = time.monotonic() + within_s
        for worker in running:
            try:
                worker.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                worker.kill()
                worker.wait()
        os.close(self._alive)
        os.close(self._held)

    def _told(self, sign: int, frame: FrameType | None) -> None:
        self._is_stopping = True

    def _started(self, number: int) -> subprocess.Popen[bytes]:
        handle = self._taken.fileno()
        words = [self._folder, handle, self._alive, self._shared, number, self._workers]
        return subprocess.Popen(
            [sys.executable, "-m", "chainring.software.serving.workers", *map(str, words)]
            + ["open"] * self._open,
            pass_fds=[handle, self._alive, *self._lock],
        )

    def _died(self, number: int, place: _Place) -> None:
        assert place.worker is not None
        now, status = time.monotonic(), place.worker.returncode
        self._deaths = [at for at in self._deaths if now - at < WITHIN_S] + [now]
        self._answered = self._answered or any(self._shared.glob("worker-*.sock"))
        seconds = f"{place.ended(now=now):g}"
        self._say(say("worker ended", number=number, status=status, seconds=seconds))
        if len(self._deaths) > RESTARTS and not self._answered:
            raise RefusedError(
                f"workers ended {len(self._deaths)} times within {WITHIN_S:g} s; serve with "
                "--workers 1 and read what it says"
            )


def main(arguments: list[str]) -> None:
    """Be one worker: folder, socket, pipe, shared folder, place, how many, whether open to all."""
    from chainring.software.serving.serve import Shared, answer

    folder, handle, alive, shared, number, workers, *is_open = arguments
    threading.Thread(target=_end_with_parent, args=[int(alive)], daemon=True).start()
    try:
        project = Project.open(folder)
        share_threads(project, machine(folder=project.folder).cores // int(workers))
        taken = socket.socket(fileno=int(handle))
        mine: Any = Shared(open_to_all=bool(is_open), folder=Path(shared), number=int(number))
        answer(project, taken, shared=mine)
    except ChainringError as error:
        sys.exit(f"chainring: {in_words(error)}")
    except STORE_IS_AWAY as error:
        sys.exit(f"chainring: {told_away(error)}")


def _end_with_parent(alive: int) -> None:
    """Stop as on SIGTERM once the parent is gone: the other end of its pipe is closed then."""
    os.read(alive, 1)
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    main(sys.argv[1:])
