"""How often a key may ask: requests a minute and texts a day, counted once for all workers.

Enters a caller and a number, leaves nothing, or `too_often` or `quota` with when to come back. The
counts lie in a small file that every worker of one machine maps into its memory, each slot guarded
by a lock of the system; they survive a restart. Seconds come from a clock that only goes forward;
a day that was begun is not begun again where the wall clock is set back by up to a day. A count of
a later day was written by a clock that was ahead: it locks nobody out, today begins anew.

Where the disk has no room for the file, each worker counts alone, in memory, until it is restarted.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import hashlib
import logging
import mmap
import os
import struct
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from chainring.contracts.errors import ChainringError
from chainring.deployment.http.faults import HttpError
from chainring.deployment.http.verbs import Caller

log = logging.getLogger("chainring.http")

SLOTS = 4096
_SLOT = struct.Struct("<16sddqq")  # key, requests left, when that was, day, texts of that day
_DAY_S = 86400


@dataclass(slots=True)
class _Count:
    left: float
    at: float
    day: int
    texts: int


class Limits:
    """Counts by key. Without a file they are this process's own and end with it."""

    def __init__(
        self,
        path: Path | None = None,
        *,
        clock: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self._clock, self._wall = clock, wall
        self._file = None if path is None else _opened(path)
        self._table = mmap.mmap(-1 if self._file is None else self._file, SLOTS * _SLOT.size)

    def enter(self, caller: Caller) -> None:
        """Count a request; raises `too_often` beyond the key's requests a minute."""
        if not caller.per_minute:
            return
        with self._count(caller) as count:
            now, rate = self._clock(), caller.per_minute / 60.0
            passed = now - count.at if 0.0 <= now - count.at else 60.0  # the machine was restarted
            count.left = min(float(caller.per_minute), count.left + passed * rate)
            count.at = now
            if count.left < 1.0:
                raise HttpError(
                    "too_often",
                    faults=[f"{caller.per_minute} requests a minute"],
                    retry_after_s=(1.0 - count.left) / rate,
                )
            count.left -= 1.0

    def spend(self, caller: Caller, texts: int) -> None:
        """Count texts; raises `quota` beyond the key's texts a day, and counts none of them."""
        if not caller.per_day:
            return
        with self._count(caller) as count:
            now = self._wall()
            day = int(now // _DAY_S)
            if not day <= count.day <= day + 1:  # a day further off was written by a wrong clock
                count.day, count.texts = day, 0
            if count.texts + texts > caller.per_day:
                raise HttpError(
                    "quota",
                    faults=[f"{caller.per_day} texts a day, {count.texts} used"],
                    retry_after_s=max(1.0, (count.day + 1) * _DAY_S - now),
                )
            count.texts += texts

    @contextlib.contextmanager
    def spending(self, caller: Caller, texts: int) -> Iterator[None]:
        """Count texts as `spend` does; give them back where the block refuses them.

        Not where it is stopped, too slow or left by its caller: the model may have worked for it.
        """
        self.spend(caller, texts)
        try:
            yield
        except (ChainringError, HttpError):
            self._give_back(caller, texts)
            raise

    def close(self) -> None:
        """Let go of the file."""
        self._table.close()
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def _give_back(self, caller: Caller, texts: int) -> None:
        if caller.per_day:
            with self._count(caller) as count:
                count.texts = max(0, count.texts - texts)

    @contextlib.contextmanager
    def _count(self, caller: Caller) -> Iterator[_Count]:
        name = hashlib.blake2b(caller.application.encode(), digest_size=16).digest()
        with self._place(name) as place:
            key, left, at, day, texts = _SLOT.unpack_from(self._table, place)
            known = key == name
            count = _Count(left, at, day, texts) if known else _Count(caller.per_minute, 0.0, 0, 0)
            if not known:
                count.at = self._clock()
            try:
                yield count
            finally:
                _SLOT.pack_into(
                    self._table, place, name, count.left, count.at, count.day, count.texts
                )

    @contextlib.contextmanager
    def _place(self, name: bytes) -> Iterator[int]:
        """Find the slot of a key and hold it; a full neighbourhood gives up its first."""
        first = int.from_bytes(name[:4], "little") % SLOTS
        with self._held():
            for step in range(16):
                place = (first + step) % SLOTS * _SLOT.size
                key = self._table[place : place + 16]
                if key in (name, bytes(16)):
                    yield place
                    return
            yield first * _SLOT.size

    @contextlib.contextmanager
    def _held(self) -> Iterator[None]:
        if self._file is None:
            yield
            return
        fcntl.lockf(self._file, fcntl.LOCK_EX)
        try:
            yield
        finally:
            fcntl.lockf(self._file, fcntl.LOCK_UN)


def _opened(path: Path) -> int | None:
    """Open the file, of the right size: one that was cut or grew begins anew.

    Its place on the disk is taken at once: to write a page of a map that has none ends the process
    where the disk is full (SIGBUS). Where there is no place, None.
    """
    file = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    fcntl.lockf(file, fcntl.LOCK_EX)
    try:
        if os.fstat(file).st_size != SLOTS * _SLOT.size:
            os.ftruncate(file, 0)
            os.ftruncate(file, SLOTS * _SLOT.size)
        if hasattr(os, "posix_fallocate"):  # macOS has none
            os.posix_fallocate(file, 0, SLOTS * _SLOT.size)
    except OSError as error:
        os.close(file)
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        log.warning(
            "limits.unshared file=%s cause=%s: requests and texts of keys are counted by each "
            "worker alone until it is restarted; free space, then restart",
            path,
            error.strerror,
        )
        return None
    fcntl.lockf(file, fcntl.LOCK_UN)
    return file
