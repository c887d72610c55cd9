"""Places: who waits in a lane's queue, and what becomes of those who are answered together.

Enters a batch of places, leaves for each what its work made of it, or its own error.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from chainring.contracts.errors import RefusedError
from chainring.contracts.predictor import Predictor
from chainring.contracts.request import Request
from chainring.deployment.writing import told

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
