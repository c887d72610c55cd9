"""Forgetting in the harvests of a project: what sources brought in on this machine.

forget(project, found)      # an act takes its rows
catch_up(project)           # so does an act of another machine, or one that a kill cut short
marked(project)             # what a fetch is not to store again
"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from chainring.data.forgetting import (
    Becomes,
    Marked,
    Unwanted,
    catch_up_rows,
    count_rows,
    forget_rows,
    harvest_folders,
    names_person,
    staying_texts,
)
from chainring.data.records import record_of
from chainring.ring.snapshots import forgotten_marks
from chainring.software.project import HARVESTS, HIDDEN
from chainring.trust.forget import Found
from chainring.trust.guard import guard

if TYPE_CHECKING:
    from chainring.software.api import Project


def sources(project: Project) -> set[str]:
    """Return the names of the sources of which something was brought in."""
    return {folder.name for folder in _folders(project)}


def name(project: Project, column: str, person: str) -> bool:
    """Return whether a row names this person in `column`: subject or author."""
    return any(names_person(folder, column, person) for folder in _folders(project))


def count(project: Project, found: Found) -> int:
    """Return how many rows would go with what was found."""
    unwanted, becomes = _unwanted(found), _becomes(project)
    return sum(
        count_rows(folder, unwanted, becomes=becomes, secret=project.secret)
        for folder in _folders(project)
    )


def forget(project: Project, found: Found) -> frozenset[str]:
    """Take the rows of what was found out of every harvest; return texts that no tree knew.

    One that a row which stays has, too, in whatever harvest, is not told.
    """
    unwanted, becomes = _unwanted(found), _becomes(project)
    gone = (
        forget_rows(folder, unwanted, becomes=becomes, secret=project.secret)
        for folder in _folders(project)
    )
    texts = frozenset[str]().union(*gone)
    return texts.difference(*(staying_texts(folder, texts) for folder in _folders(project)))


def catch_up(project: Project) -> int:
    """Take out what any act named and is still there; return how many rows went.

    Another machine's act found the harvests of that machine alone.
    """
    return sum(catch_up_rows(folder, marked(project)) for folder in _folders(project))


def marked(project: Project) -> Marked:
    """Return how rows are known that carry a mark of what was ever forgotten."""
    return Marked(
        marks=frozenset(forgotten_marks(project.ring.ledger)),
        becomes=_becomes(project),
        secret=project.secret,
    )


def _folders(project: Project) -> list[Path]:
    return harvest_folders(project.folder / HIDDEN / HARVESTS)


def _unwanted(found: Found) -> Unwanted:
    return Unwanted(marks=found.marks, records=found.seen)


def _becomes(project: Project) -> Becomes:
    recipe = project.ring.recipe
    return partial(
        record_of,
        app=project.app,
        guard=guard(recipe.privacy.policy()),
        settings=recipe.data,
        secret=project.secret,
    )
