"""A reaction is durable together with its answer's row, whichever worker gave the answer.

reacted = await stored(project, reaction, writer=writer, siblings=siblings)
"""

from __future__ import annotations

import asyncio
import logging
import time
from typing import TYPE_CHECKING

from chainring.contracts.errors import UnwrittenError
from chainring.contracts.ids import id_time
from chainring.contracts.reaction import Reaction
from chainring.deployment.http.faults import HttpError
from chainring.deployment.http.siblings import Siblings
from chainring.deployment.http.verbs import Reacted
from chainring.store.traffic import Traffic
from chainring.store.traffic_repeats import stored_before
from chainring.store.writer import TrafficWriter

if TYPE_CHECKING:
    from chainring.software.api import Project

log = logging.getLogger("chainring.service")

YOUNG_S = 60.0
"""For so long after an answer its row may be on its way; later its id is unknown."""
AHEAD_S = 5.0
"""So far the clock of another may be ahead; an id from later than that nobody here gave."""


async def stored(
    project: Project, reaction: Reaction, *, writer: TrafficWriter, siblings: Siblings | None
) -> Reacted:
    """Return what was understood of it once that is durable, or what its key holds already.

    Raises
    ------
    HttpError
        `key_reused` where its key came with another reaction before.
    UnwrittenError
        When another worker gave the answer a moment ago and has not written its row.
    """
    traffic = project.ring.traffic
    await _row_written(reaction.prediction, traffic=traffic, writer=writer, siblings=siblings)
    feedback = await asyncio.to_thread(project.understood, reaction)
    identifier = await asyncio.wrap_future(writer.store(feedback))
    if identifier == feedback.id:
        return Reacted(feedback=feedback)
    known = await asyncio.to_thread(stored_before, traffic, feedback, identifier)
    if known is None:
        raise HttpError("key_reused")
    return Reacted(feedback=known, is_replayed=True)


async def _row_written(
    prediction: str, *, traffic: Traffic, writer: TrafficWriter, siblings: Siblings | None
) -> None:
    """Wait until the row of an answer is written; else the reaction to it would be an orphan.

    Of an answer that is unknown, from before or from the future nothing is waited for.
    """
    if await asyncio.to_thread(traffic.prediction, prediction) is not None:
        return
    await asyncio.to_thread(writer.flush)
    given = id_time(prediction)
    if siblings is None or given is None or not -AHEAD_S <= time.time() - given <= YOUNG_S:
        return
    if await asyncio.to_thread(traffic.prediction, prediction) is not None:
        return
    await siblings.written()
    if await asyncio.to_thread(traffic.prediction, prediction) is None:
        log.error("reaction.refused prediction=%s because=its row is not written", prediction)
        raise UnwrittenError(
            "the answer is not stored yet, so the reaction was not taken; send it again in some "
            "seconds",
            retry_after_s=5.0,
        )
