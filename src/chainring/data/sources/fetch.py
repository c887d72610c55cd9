"""Bring one source of a recipe up to date: its part is called with its own keys and its harvest.

Enters the settings of a source and the folder of its harvest, leaves what happened.

    fetch(settings, folder=hidden / "harvests" / "tickets", root=project, redacts=True, say=print)
    # Fetched(name='tickets', rows=812, changes=14, reached=True, because='')

A source that does not answer is told and passed over where something of it stands already.
"""

from __future__ import annotations

import logging
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from chainring.contracts.errors import (
    ChainringError,
    ConflictError,
    InputError,
    LockedError,
    UnreachableError,
)
from chainring.contracts.parts import load_part
from chainring.contracts.said import Said
from chainring.data.forgetting import Marked, catch_up, refusing
from chainring.data.harvest import FILE, Harvest, held
from chainring.data.sentences import progress
from chainring.data.sources.part import settings_of
from chainring.data.sources.settings import SourceSettings
from chainring.store.files import full_disk, full_disk_explained
from chainring.text.errors import in_both

if TYPE_CHECKING:
    from chainring.data.sources.part import Say

SHOWN = 300
"""Characters shown of an error that a part raised: to who calls. No turn keeps them."""

log = logging.getLogger("chainring.data")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """What bringing one source up to date did; `because` says why it was not reached."""

    name: str
    rows: int
    changes: int
    reached: bool = True
    because: str = ""

    @property
    def told(self) -> Said:
        """One sentence."""
        facts = {"name": self.name, "rows": self.rows}
        if not self.reached:
            return progress("not reached", because=in_both(self.because), **facts)
        return progress(
            "fetched" if self.changes else "fetched none", changes=self.changes, **facts
        )


def fetch(
    source: SourceSettings,
    *,
    folder: Path,
    root: Path,
    redacts: bool,
    say: Say,
    marked: Callable[[], Marked] | None = None,
) -> Fetched:
    """Bring a source up to date.

    Parameters
    ----------
    folder
        Where the harvest lies; made when it is not there.
    root
        The project's folder: paths in the settings are seen from it.
    redacts
        Whether texts are redacted before they are stored.
    marked
        Tells how rows are known that were forgotten by now, on whichever machine: they go, and are
        not stored. It is asked again at the end, which may be hours later.

    Raises
    ------
    UnreachableError
        When it does not answer and nothing of it stands.
    InputError
        When what it has cannot be used, or its part fails.
    ConflictError
        When another process brings it up to date now, or keeps its harvest locked.
    """
    with held(folder, source.name), _locked_explained(source.name):
        _start_anew(folder, source.use)
        with Harvest.open(folder, redacts=redacts) as harvest:
            harvest.drop_copies()
            if not harvest.state("part"):
                harvest.set_state("part", source.use)
                harvest.commit()
            if marked is not None:
                catch_up(harvest, marked())
                harvest.refuses = refusing(harvest, marked)
            because = _brought(source, harvest, root=root, say=say)
            if marked is not None:
                catch_up(harvest, marked())
            return _fetched(source.name, harvest, because=because)


def _brought(source: SourceSettings, harvest: Harvest, *, root: Path, say: Say) -> str:
    """Let the part of a source fill its harvest; return why it was not reached, if it was not."""
    part = load_part("source", source.use)
    settings = own_settings(source, root=root)
    because = ""
    try:
        with full_disk_explained(harvest.folder):
            part(settings, harvest=harvest, say=partial(_say_of, source.name, say))
            harvest.commit()
    except UnreachableError as error:
        because = in_both(error)
    except ChainringError:
        raise  # some are errors of the system, too: a full disk is no silent host
    except OSError as error:
        because = in_both(error)
    except Exception as error:
        if isinstance(error, sqlite3.OperationalError) and "disk is full" in str(error):
            raise full_disk(harvest.folder) from error
        if _is_locked(error):
            raise
        if type(error) is sqlite3.DatabaseError and not harvest.is_whole():
            raise  # not the part's mistake: the harvest says what is wrong with it
        log.exception("source.failed name=%s use=%s", source.name, source.use)
        told = " ".join(f"{type(error).__name__}: {error}".split())[:SHOWN]
        raise InputError(
            f"source {source.name} failed in its part {source.use}: {told}; mend the part, or take "
            "the source out of the recipe"
        ) from error
    if because:
        harvest.connection.rollback()
    return because


@contextmanager
def _locked_explained(name: str) -> Iterator[None]:
    try:
        yield
    except (sqlite3.OperationalError, LockedError) as error:
        if not _is_locked(error):
            raise
        raise ConflictError(
            f"source {name}: another process keeps its harvest, or a database of its part, locked; "
            "what was stored of it stands. Try again once that has ended its work"
        ) from error


def _is_locked(error: Exception) -> bool:
    if isinstance(error, LockedError):
        return True
    return isinstance(error, sqlite3.OperationalError) and "is locked" in str(error)


def _say_of(name: str, say: Say, told: str) -> None:
    say(progress("of", name=name, told=told))


def _fetched(name: str, harvest: Harvest, *, because: str) -> Fetched:
    if because and not len(harvest):
        raise UnreachableError(
            f"source {name} cannot be reached, and nothing of it stands yet: {because}"
        )
    reached = not because
    log.info("source.fetched name=%s reached=%s changes=%d", name, reached, harvest.changes)
    return Fetched(
        name=name,
        rows=len(harvest),
        changes=harvest.changes,
        reached=reached,
        because=because,
    )


def own_settings(source: SourceSettings, *, root: Path) -> Any:
    """Return the settings of a source's part, paths seen from the project's folder."""
    settings = settings_of(source.use)
    try:
        return settings.model_validate(source.own, context={"root": root})
    except ValidationError as error:  # a recipe was checked when it was read; the world may differ
        faults = [one["msg"].removeprefix("Value error, ") for one in error.errors()]
        raise InputError(f"source {source.name} cannot be used", faults=faults) from error


def _start_anew(folder: Path, use: str) -> None:
    """Take a harvest away that another part filled."""
    if not (folder / FILE).is_file():
        return
    with Harvest.open(folder) as harvest:
        before = harvest.state("part")
    if before not in ("", use):
        for path in folder.iterdir():
            if path.name != "lock":
                shutil.rmtree(path) if path.is_dir() else path.unlink()
