"""Turning by itself: look whether a turn is due, turn, wait, look again.

    turns = watch(project, rounds=None, say=print)

A look that fails ends a counted watch. One without end tells it and goes on: another command may
hold the lease, a source may be away, a database may restart.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import sqlalchemy as sa

from chainring.contracts.errors import ChainringError, ConflictError
from chainring.contracts.said import told_by
from chainring.software.telling.result_words import say as told

if TYPE_CHECKING:
    from chainring.ring.turn import Turn
    from chainring.software.api import Project, Say

LONGEST_S = 3600.0
"""The wait after failures grows to this, or stays `poll_s` where that is longer."""
STORE_IS_AWAY = (
    sa.exc.OperationalError,
    sa.exc.InterfaceError,
    sa.exc.InternalError,
    sa.exc.TimeoutError,
)
"""What ledger and log raise while their database, or the disk below it, is away.

`InternalError` is what psycopg raises where another database took over that only reads.
"""


def watch(project: Project, *, rounds: int | None, say: Say) -> list[Turn]:
    """Turn a project whenever it is due, `rounds` looks long (None: until stopped).

    Raises
    ------
    ChainringError
        What a look ran into, where `rounds` is given.
    """
    done: list[Turn] = []
    poll_s = wait_s = project.ring.recipe.watch.poll_s
    looked = 0
    while rounds is None or looked < rounds:
        if looked:
            time.sleep(wait_s)
        looked += 1
        try:
            done += _look(project, say)
            wait_s = poll_s
        except (ChainringError, *STORE_IS_AWAY) as error:
            if rounds is not None:
                raise
            is_busy = isinstance(error, ConflictError)
            wait_s = poll_s if is_busy else min(2 * wait_s, max(LONGEST_S, poll_s))
            say(told("next look", because=told_away(error), seconds=f"{wait_s:g}"))
    return done


def _look(project: Project, say: Say) -> list[Turn]:
    """Return the turn that was due, if one was."""
    found = project.due()
    say(found.because)
    return [project.turn()] if found.due else []


def told_away(error: Exception) -> str:
    """Return what went wrong, without the query that a database adds."""
    if isinstance(error, sa.exc.DBAPIError):
        return f"the ledger does not answer now ({error.orig})"
    return told_by(error)
