"""Idempotency: a request that is sent again with its key gets the answer of before.

Enters who asks, the key of the request and its body, leaves the answer that was given, or waits
for the one that is on its way. The same key with another body is refused, so that a client's
mistake is told instead of answered. What is remembered is bytes of an answer, in memory only, for
an hour, at most so many and so much; a failed request is forgotten, so that it can be tried again.

Workers share what they remember through a folder of memory files where there are several, and claim
there what is on its way. Where that memory is full, each worker knows only of its own answers.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import logging
import os
import time
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from chainring.deployment.http.claims import Claim, ClaimedForOther
from chainring.deployment.http.faults import HttpError

KEPT_S = 3600.0
KEPT = 10_000
KEPT_BYTES = 16 * 2**20
"""Of one worker: containers often have 64 MB of shared memory in all."""

LOOK_S = 0.02
"""How often one asks for an answer that another worker has on its way."""

PAGE = 4096
MAX_KEY = 200

log = logging.getLogger("chainring.http")


@dataclass(slots=True)
class Place:
    """Where an answer is remembered; `answer` is that of before, or what is put here."""

    body: bytes
    at: float
    answer: bytes = b""
    done: asyncio.Event = field(default_factory=asyncio.Event)


class Remembered:
    """Answers by caller, route and key.

    Parameters
    ----------
    folder
        Where workers share answers; None where there is one process.
    """

    def __init__(
        self, folder: Path | None = None, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._folder, self._clock = folder, clock
        self._places: OrderedDict[bytes, Place] = OrderedDict()
        self._bytes = 0
        self._is_full_told = False

    @asynccontextmanager
    async def place(self, *about: str, body: bytes) -> AsyncIterator[Place]:
        """Hold the place of an answer; `about` says who asks what with which key.

        Raises
        ------
        HttpError
            `key_reused` when another body came with the key before.
        """
        name, digest = _digest("\n".join(about).encode()), _digest(body)
        found = await self._known(name, digest)
        if found is not None:
            yield found
            return
        mine = self._places[name] = Place(digest, self._clock())
        try:
            async with self._alone(name, digest):
                found = self._remembered(name, digest, here={})
                try:
                    yield found or mine
                finally:
                    if mine.answer:
                        self._share(name, mine)
        finally:
            mine.done.set()
            if mine.answer:
                self._bytes += self._size(mine)
            else:
                del self._places[name]
            self._forget()

    @asynccontextmanager
    async def _alone(self, name: bytes, digest: bytes) -> AsyncIterator[None]:
        """Wait until no other worker has this on its way, and keep the others waiting."""
        claim = None
        if self._folder is not None:
            try:
                while (claim := Claim.on(self._folder / f"{name.hex()}.begun", digest)) is None:
                    await asyncio.sleep(LOOK_S)
            except ClaimedForOther:
                raise HttpError("key_reused") from None
            except OSError as error:
                self._tell(error)
        try:
            yield
        finally:
            if claim is not None:
                claim.release()

    async def _known(self, name: bytes, digest: bytes) -> Place | None:
        found = self._remembered(name, digest, here=self._places)
        if found is None:
            self._drop(name)
            return None
        if not found.answer:
            await found.done.wait()
            if not found.answer:  # the first one failed: this one tries
                return await self._known(name, digest)
        return found

    def _remembered(
        self, name: bytes, digest: bytes, *, here: Mapping[bytes, Place]
    ) -> Place | None:
        found = here.get(name) or self._shared(name)
        if found is None or self._clock() - found.at > KEPT_S:
            return None
        if found.body != digest:
            raise HttpError("key_reused")
        return found

    def _forget(self) -> None:
        """Forget what is old or too much; what is on its way stays."""
        now = self._clock()
        while self._places:
            name, first = next(iter(self._places.items()))
            fits = len(self._places) <= KEPT and self._bytes <= KEPT_BYTES
            if not first.answer or (fits and now - first.at <= KEPT_S):
                return
            self._drop(name)
            if self._folder is not None:
                with contextlib.suppress(FileNotFoundError):
                    os.unlink(self._folder / name.hex())

    def _drop(self, name: bytes) -> None:
        place = self._places.pop(name, None)
        if place is not None and place.answer:
            self._bytes -= self._size(place)

    def _size(self, place: Place) -> int:
        """Return the memory that an answer takes; a file takes whole pages."""
        size = len(place.body) + len(place.answer)
        return size if self._folder is None else -(-size // PAGE) * PAGE

    def _share(self, name: bytes, place: Place) -> None:
        if self._folder is None:
            return
        fresh = self._folder / f".{name.hex()}.{os.getpid()}"
        try:
            fresh.write_bytes(place.body + place.answer)
            fresh.replace(self._folder / name.hex())
        except OSError as error:  # the answer itself is given all the same
            self._tell(error)
            with contextlib.suppress(OSError):
                fresh.unlink()

    def _tell(self, error: OSError) -> None:
        if not self._is_full_told:
            self._is_full_told = True
            log.warning(
                "idempotency.unshared folder=%s cause=%s: a request that is sent again to another "
                "worker is answered anew; give the folder more room, or serve with --workers 1",
                self._folder,
                error.strerror,
            )

    def _shared(self, name: bytes) -> Place | None:
        if self._folder is None:
            return None
        path = self._folder / name.hex()
        try:
            data, age_s = path.read_bytes(), time.time() - path.stat().st_mtime
        except FileNotFoundError:
            return None
        return Place(data[:16], self._clock() - max(0.0, age_s), data[16:])


def _digest(data: bytes) -> bytes:
    return hashlib.blake2b(data, digest_size=16).digest()
