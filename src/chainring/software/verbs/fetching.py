"""Bring the sources of a project up to date, and say what a turn has to know of them."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from chainring.contracts.errors import UnknownNameError
from chainring.software.project import harvest_folder

if TYPE_CHECKING:
    from chainring.data.sources.fetch import Fetched
    from chainring.software.api import Project


def fetch_sources(project: Project, name: str | None = None) -> list[Fetched]:
    """Bring all sources up to date, or the one that is named."""
    sources = project.ring.recipe.data.sources
    names = [one.name for one in sources]
    if name is not None and name not in names:
        raise UnknownNameError("source", name, names)
    if not sources:
        return []
    from chainring.data.sources.fetch import fetch
    from chainring.software.verbs.harvests import marked

    return [
        fetch(
            one,
            folder=harvest_folder(project.folder, one.name),
            root=project.folder.resolve(),
            redacts=project.ring.recipe.privacy.redact,
            say=project.ring.runner.say,
            marked=partial(marked, project),
        )
        for one in sources
        if name in (None, one.name)
    ]


def freshen(project: Project) -> None:
    """Bring all sources up to date for a turn; only what is new or missing is said."""
    for one in fetch_sources(project):
        if one.changes or not one.reached:
            project.ring.runner.say(one.told)
