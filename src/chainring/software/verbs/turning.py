"""Turning by itself: look whether a turn is due, turn, wait, look again.

    turns = watch(project, rounds=None, say=print)

A look that fails ends a counted watch. One without end tells it and goes on: another command may
hold the lease, a source may be away, a database may restart. A recipe that was changed is read
before the next look; one with faults is told, and the one of before kept.
"""

from __future__ import annotations

import time
from contextlib import closing, suppress
from typing import TYPE_CHECKING

import sqlalchemy as sa

from chainring.contracts.errors import (
    ChainringError,
    ConflictError,
    ProjectNotFoundError,
    RecipeError,
    UnwrittenError,
)
from chainring.contracts.said import told_by
from chainring.software.project import HIDDEN
from chainring.software.project_key import keep_key
from chainring.software.serving.flag_cases import FlagCases
from chainring.software.serving.recipe_file import written
from chainring.software.telling.result_words import say as told
from chainring.software.verbs import auditing, releases
from chainring.software.verbs.fetching import freshen
from chainring.text.errors import in_both

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


def prepare(project: Project) -> None:
    """Bring up to date what a turn goes by: the key, the sources, the cases of flags.

    A release that a server promoted and died over is ended and kept as an act: the turn may begin
    another one.
    """
    keep_key(project.ring.ledger, project.secret, project.folder / HIDDEN / "key")
    freshen(project)
    FlagCases(project).catch_up()
    with suppress(ConflictError):  # a server ends it in this moment
        releases.tidy(project)


def noted(project: Project, done: Turn) -> Turn:
    """Keep a turn that promoted as an act; return it."""
    if done.outcome == "promoted":
        auditing.record(project, "turn", because=done.outcome, about=done.model)
    return done


def watch(project: Project, *, rounds: int | None, say: Say) -> list[Turn]:
    """Turn a project whenever it is due, `rounds` looks long (None: until stopped).

    Raises
    ------
    ChainringError
        What a look ran into, where `rounds` is given.
    """
    done: list[Turn] = []
    wait_s = project.ring.recipe.watch.poll_s
    looked = 0
    with closing(_Watched(project, say)) as watched:
        while rounds is None or looked < rounds:
            if looked:
                time.sleep(wait_s)
            looked += 1
            try:
                done += watched.look()
                wait_s = watched.poll_s
            except (ChainringError, *STORE_IS_AWAY) as error:
                if rounds is not None:
                    raise
                poll_s, is_busy = watched.poll_s, isinstance(error, ConflictError | UnwrittenError)
                wait_s = poll_s if is_busy else min(2 * wait_s, max(LONGEST_S, poll_s))
                say(told("next look", because=told_away(error), seconds=f"{wait_s:g}"))
    return done


class _Watched:
    """The project that is watched, by the newest recipe without faults; the caller's stays open."""

    def __init__(self, project: Project, say: Say) -> None:
        self._callers = self._project = project
        self._say = say
        self._seen = written(project.folder)

    def close(self) -> None:
        """Close what was opened here."""
        if self._project is not self._callers:
            self._project.close()

    @property
    def poll_s(self) -> float:
        """How long to wait before the next look, in seconds."""
        return self._project.ring.recipe.watch.poll_s

    def look(self) -> list[Turn]:
        """Return the turn that was due, if one was."""
        self._renew()
        found = self._project.due()
        self._say(found.because)
        return [self._project.turn()] if found.due else []

    def _renew(self) -> None:
        """Open the project anew where its recipe was written since the last look."""
        seen, before = written(self._project.folder), self._project
        if seen == self._seen:
            return
        try:
            opened = type(before).open(before.folder, say=before.ring.runner.say)
        except (RecipeError, ProjectNotFoundError) as error:
            self._say(told("recipe kept", because=in_both(error)))
        else:
            self.close()
            opened.who, opened.purpose = before.who, before.purpose
            self._project = opened
            self._say(told("recipe read"))
        self._seen = seen


def told_away(error: Exception) -> str:
    """Return what went wrong, without the query that a database adds."""
    if isinstance(error, sa.exc.DBAPIError):
        return f"the ledger does not answer now ({error.orig})"
    return told_by(error)
