"""Places: who waits in a lane's queue, and what becomes of those who are answered together.

Enters a batch of places, leaves for each what its work made of it, or its own error.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from chainring.contracts.errors import RefusedError
from chainring.contracts.predictor import Predictor
from chainring.contracts.request import Request
from chainring.deployment.lane.writing import told

Work = Callable[[Predictor, list[Request]], Sequence[Any]]


@dataclass(frozen=True, slots=True)
class Place:
    """A place in the queue; `work` is what is done with it and those beside it."""

    request: Request
    reply: asyncio.Future[tuple[Any, Any]]
    work: Work
    weight: int

    def fail(self, error: BaseException) -> None:
        """Tell who waits what went wrong, unless they were answered."""
        if not self.reply.done():
            self.reply.set_exception(error)


class Waiting:
    """Those that wait, first come first; some have been left by their callers.

    Attributes
    ----------
    weight
        Of all places together.
    left
        How many callers left since places were last cleared or taken.
    """

    def __init__(self) -> None:
        self._places: deque[Place] = deque()
        self.weight = self.left = 0

    def __len__(self) -> int:
        return len(self._places)

    def add(self, place: Place) -> None:
        """Stand at the end."""
        self._places.append(place)
        self.weight += place.weight

    def clear_left(self) -> None:
        """Give up the places whose callers left."""
        self._places = deque(place for place in self._places if not place.reply.done())
        self.weight, self.left = sum(place.weight for place in self._places), 0

    def fail(self, error: BaseException) -> None:
        """Tell all what went wrong."""
        for place in self._places:
            place.fail(error)

    def take(
        self, *, texts: int, characters: int, heaviest: float, least: int, full: bool = False
    ) -> list[Place]:
        """Take the next batch; where it must be full, none that could still grow.

        Parameters
        ----------
        texts, characters
            The most of them in a batch; a longer text is one by itself.
        heaviest
            The most weight, where more than `least` texts are in it.
        """
        batch: list[Place] = []
        room, heavy, passed = characters, 0, 0
        for place in self._places:
            if not place.reply.done():
                room -= len(place.request.text) + len(place.request.pair)
                heavy += place.weight
                is_heavy = heavy > heaviest and len(batch) >= least
                first = batch[0] if batch else place
                if batch and (room < 0 or is_heavy or first.work != place.work):
                    break
                batch.append(place)
            passed += 1
            if len(batch) == texts:
                break
        else:
            if full:
                return []
        for _ in range(passed):
            place = self._places.popleft()
            self.weight -= place.weight
            self.left = max(0, self.left - place.reply.done())
        return batch


def timed(batch: list[Place], predictor: Predictor) -> tuple[list[Any], float]:
    """Return what `each` returns, and how many seconds it took."""
    begun = time.perf_counter()
    return each(batch, predictor), time.perf_counter() - begun


def each(batch: list[Place], predictor: Predictor) -> list[Any]:
    """Return what was made of each, or its own error: one text must not fail those beside it."""
    try:
        return _together(batch, predictor)
    except BaseException as error:  # noqa: BLE001 - whatever it is, its own caller hears of it
        if len(batch) == 1:
            return [told(error)]
        return [each([place], predictor)[0] for place in batch]


def _together(batch: list[Place], predictor: Predictor) -> list[Any]:
    try:
        found = batch[0].work(predictor, [place.request for place in batch])
    except StopIteration as error:  # no future can carry it: its waiters would hang
        raise RuntimeError("the predictor raised StopIteration") from error
    if len(found) != len(batch):
        raise RefusedError(
            f"the engine gave {len(found)} answers to {len(batch)} requests; "
            "serve another form with deployment.tier"
        )
    return list(found)
