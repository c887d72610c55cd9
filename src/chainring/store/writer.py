"""The one writer of a server process: what it is handed is committed in groups.

An answer does not wait for its row; a reaction waits for the commit that holds it *and* its
prediction. A commit that fails is told to the reactions that wait for it; its predictions are
tried again with the next reaction, or after a wait that grows to some seconds, the oldest first.

    writer = TrafficWriter(traffic)
    writer.log(prediction, text)                # returns at once
    identifier = writer.store(feedback).result()  # durable from here on
"""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections import deque
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from itertools import chain

import sqlalchemy as sa

from chainring.contracts.errors import ChainringError, ConflictError
from chainring.contracts.feedback import Feedback
from chainring.contracts.prediction import Prediction
from chainring.store.traffic import Traffic

log = logging.getLogger("chainring.traffic")

_FAILS = (sa.exc.SQLAlchemyError, OSError, ValueError, ChainringError)
_UNFIT = (sa.exc.DataError, sa.exc.IntegrityError, sa.exc.InterfaceError, ValueError)
"""A row that no database takes (a half surrogate, a zero byte): it must not hold up the others."""

FIRST_WAIT_S, LONGEST_WAIT_S = 0.5, 5.0
"""How long answers alone wait after a commit failed: each try costs what a good one does."""


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
    are told and predictions are kept for the next try, at most `kept` of them. `failed` counts
    commits that failed, `lost` predictions that were given up.
    """

    def __init__(
        self, traffic: Traffic, *, wait_s: float = 0.005, rows: int = 500, kept: int = 10_000
    ) -> None:
        self._traffic, self._wait_s, self._rows, self._kept = traffic, wait_s, rows, kept
        self._queue: queue.SimpleQueue[_Item | None] = queue.SimpleQueue()
        self._pending: list[_Item] = []
        self._closing = threading.Lock()
        self._closed = False
        self.failed = self.lost = 0
        self._again_s = self._again_at = 0.0
        self._thread = threading.Thread(target=self._run, name="traffic-writer", daemon=True)
        self._thread.start()

    @property
    def counts(self) -> dict[str, int]:
        """Predictions that wait for another try, commits that failed, predictions given up."""
        return {"waiting": len(self._pending), "failed": self.failed, "lost": self.lost}

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
            group, ended = self._gather()
            is_awaited = ended or any(item.done is not None for item in group)
            if self._pending and not is_awaited and time.monotonic() < self._again_at:
                self._keep([*self._pending, *group])
            else:
                self._write([*self._pending, *group])
        if self._pending:
            self._give_up(len(self._pending), "the log was closed while commits failed")

    def _gather(self) -> tuple[list[_Item], bool]:
        """Return what came close together, and whether that was the last."""
        group: list[_Item] = []
        again_s = max(0.0, self._again_at - time.monotonic()) if self._pending else None
        try:
            item = self._queue.get(timeout=again_s)
            deadline = time.monotonic() + self._wait_s
            while item is not None:
                group.append(item)
                left = deadline - time.monotonic()
                if len(group) >= self._rows or left <= 0:
                    return group, False
                item = self._queue.get(timeout=left)
        except queue.Empty:
            return group, False
        return group, True

    def _write(self, items: list[_Item]) -> None:
        """Commit some at a time, the oldest first; none is tried behind those that fail."""
        starts = range(0, len(items), self._rows)
        parts = deque(items[start : start + self._rows] for start in starts)
        while parts:
            part = parts.popleft()
            try:
                told = self._commit(part)
            except _FAILS as error:
                if not isinstance(error, _UNFIT):
                    self._failed([*part, *chain.from_iterable(parts)], error)
                    return
                if len(part) == 1:
                    self._refuse(part[0], error)
                else:  # the halves without the row that no database takes are committed
                    half = len(part) // 2
                    parts.extendleft((part[half:], part[:half]))
            else:
                for item, identifier in zip(part, told, strict=True):
                    item.tell(identifier)
        self._pending, self._again_s = [], 0.0

    def _commit(self, group: Sequence[_Item]) -> list[str]:
        ids = iter(
            self._traffic.commit(
                [item.prediction for item in group if item.prediction is not None],
                [item.feedback for item in group if item.feedback is not None],
            )
        )
        return ["" if item.feedback is None else next(ids) for item in group]

    def _failed(self, left: list[_Item], error: Exception) -> None:
        self.failed += 1
        self._again_s = min(LONGEST_WAIT_S, 2 * self._again_s or FIRST_WAIT_S)
        self._again_at = time.monotonic() + self._again_s
        _tell_failure(len(left), error)
        for item in left:
            item.tell(error)
        self._keep([item for item in left if item.prediction is not None])

    def _refuse(self, item: _Item, error: Exception) -> None:
        self.failed += 1
        _tell_failure(1, error)
        item.tell(error)
        if item.prediction is not None:
            self._give_up(1, f"no database takes it ({type(error).__name__})")

    def _keep(self, answers: list[_Item]) -> None:
        over = max(0, len(answers) - self._kept)
        self._pending = answers[over:]
        self._give_up(over, "commits keep failing")

    def _give_up(self, count: int, because: str) -> None:
        self.lost += count
        if count:
            log.error("traffic.lost predictions=%d because=%s", count, because)


def _tell_failure(rows: int, error: Exception) -> None:
    """Log why a commit failed, in the driver's first line: no statement, no values."""
    said = getattr(error, "orig", error if isinstance(error, OSError | ChainringError) else "")
    first = str(said).strip().partition("\n")[0]
    log.error("traffic.commit failed rows=%d cause=%s said=%s", rows, type(error).__name__, first)
