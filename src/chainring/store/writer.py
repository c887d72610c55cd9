"""The one writer of a server process: what it is handed is committed in groups.

An answer does not wait for its row; a reaction waits for the commit that holds it *and* its
prediction. A commit that fails is told to the reactions that wait for it; its predictions are
tried again with the next one.

    writer = TrafficWriter(traffic)
    writer.log(prediction, text)                # returns at once
    identifier = writer.store(feedback).result()  # durable from here on
"""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass

import sqlalchemy as sa

from chainring.contracts.errors import ChainringError, ConflictError
from chainring.contracts.feedback import Feedback
from chainring.contracts.prediction import Prediction
from chainring.store.traffic import Traffic

log = logging.getLogger("chainring.traffic")

_FAILS = (sa.exc.SQLAlchemyError, OSError, ValueError, ChainringError)
_UNFIT = (sa.exc.DataError, sa.exc.IntegrityError, sa.exc.InterfaceError, ValueError)
"""A row that no database takes (a half surrogate, a zero byte): it must not hold up the others."""


@dataclass(slots=True)
class _Item:
    prediction: tuple[Prediction, str | None] | None = None
    feedback: Feedback | None = None
    done: Future[str] | None = None

    def tell(self, found: str | BaseException) -> None:
        """Resolve the future, unless its owner stopped waiting."""
        if self.done is None or not self.done.set_running_or_notify_cancel():
            return
        if isinstance(found, str):
            self.done.set_result(found)
        else:
            self.done.set_exception(found)


class TrafficWriter:
    """One writer thread a process that groups commits: at most `wait_s` or `rows` a group.

    `store` gives a future that resolves after the commit which holds the feedback and, since the
    queue keeps order, every prediction logged before it. When a commit fails, waiting reactions
    are told and predictions are kept for the next try, at most `kept` of them; `lost` counts those
    that were given up.
    """

    def __init__(
        self, traffic: Traffic, *, wait_s: float = 0.005, rows: int = 500, kept: int = 10_000
    ) -> None:
        self._traffic, self._wait_s, self._rows, self._kept = traffic, wait_s, rows, kept
        self._queue: queue.SimpleQueue[_Item | None] = queue.SimpleQueue()
        self._pending: list[_Item] = []
        self._closing = threading.Lock()
        self._closed = False
        self.lost = 0
        self._thread = threading.Thread(target=self._run, name="traffic-writer", daemon=True)
        self._thread.start()

    def log(self, prediction: Prediction, text: str | None) -> None:
        """Hand over a prediction; returns at once."""
        self._put(_Item(prediction=(prediction, text)))

    def store(self, feedback: Feedback) -> Future[str]:
        """Hand over feedback; the future gives its id once it is durable."""
        done: Future[str] = Future()
        self._put(_Item(feedback=feedback, done=done))
        return done

    def flush(self) -> None:
        """Wait until everything handed over so far was committed; raises what a commit raised."""
        done: Future[str] = Future()
        self._put(_Item(done=done))
        done.result()

    def close(self) -> None:
        """Commit what is left and end the thread."""
        with self._closing:
            if not self._closed:
                self._closed = True
                self._queue.put(None)
        self._thread.join()

    def _put(self, item: _Item) -> None:
        with self._closing:
            if self._closed:
                raise ConflictError("the traffic log is closed; the server is stopping")
            self._queue.put(item)

    def _run(self) -> None:
        ended = False
        while not ended:
            group, ended = self._gather(self._queue.get())
            self._write([*self._pending, *group])
        if self._pending:
            self._give_up(len(self._pending), "the log was closed while commits failed")

    def _gather(self, first: _Item | None) -> tuple[list[_Item], bool]:
        group: list[_Item] = []
        item, deadline = first, time.monotonic() + self._wait_s
        while item is not None:
            group.append(item)
            left = deadline - time.monotonic()
            if len(group) >= self._rows or left <= 0:
                return group, False
            try:
                item = self._queue.get(timeout=left)
            except queue.Empty:
                return group, False
        return group, True

    def _write(self, group: list[_Item]) -> None:
        try:
            told = self._commit(group)
        except _FAILS as error:
            if isinstance(error, _UNFIT) and len(group) > 1:
                self._write_halves(group)
                return
            self._failed(group, error)
            return
        self._pending = []
        for item, identifier in zip(group, told, strict=True):
            item.tell(identifier)

    def _write_halves(self, group: list[_Item]) -> None:
        """Find the row that no database takes: the halves without it are committed."""
        half = len(group) // 2
        self._write(group[:half])
        self._write([*self._pending, *group[half:]])

    def _commit(self, group: Sequence[_Item]) -> list[str]:
        ids = iter(
            self._traffic.commit(
                [item.prediction for item in group if item.prediction is not None],
                [item.feedback for item in group if item.feedback is not None],
            )
        )
        return ["" if item.feedback is None else next(ids) for item in group]

    def _failed(self, group: list[_Item], error: Exception) -> None:
        log.error("traffic.commit failed rows=%d cause=%s", len(group), type(error).__name__)
        for item in group:
            item.tell(error)
        answers = [item for item in group if item.prediction is not None]
        if isinstance(error, _UNFIT):
            self._pending = []
            self._give_up(len(answers), f"no database takes it ({type(error).__name__})")
            return
        over = max(0, len(answers) - self._kept)
        self._pending = answers[over:]
        self._give_up(over, "commits keep failing")

    def _give_up(self, count: int, because: str) -> None:
        self.lost += count
        if count:
            log.error("traffic.lost predictions=%d because=%s", count, because)
