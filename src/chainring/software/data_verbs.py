"""The verbs about text, reached as `Project.data`: each calls what does it in a room below.

project = chainring.open("support")
project.data.fetch()            # every source of the recipe, brought up to date
project.data.fetch("tickets")   # one of them
"""

from __future__ import annotations

from typing import TYPE_CHECKING, overload

if TYPE_CHECKING:
    from chainring.data.sources.fetch import Fetched
    from chainring.software.api import Project


class DataVerbs:
    """What a project can do with its text."""

    def __init__(self, project: Project) -> None:
        self.project = project

    def fetch(self, name: str | None = None) -> list[Fetched]:
        """Bring the sources of the recipe up to date, or the one that is named.

        Raises
        ------
        UnknownNameError
            When the recipe has no source of that name.
        UnreachableError
            When a source cannot be reached and nothing of it stands yet.
        """
        from chainring.software.fetching import fetch_sources

        return fetch_sources(self.project, name)


class DataGroup:
    """Hands out `DataVerbs`: of a project on an instance, the class itself on the class."""

    @overload
    def __get__(self, project: None, owner: type[Project]) -> type[DataVerbs]: ...

    @overload
    def __get__(self, project: Project, owner: type[Project]) -> DataVerbs: ...

    def __get__(
        self, project: Project | None, owner: type[Project]
    ) -> DataVerbs | type[DataVerbs]:
        """Return the verbs."""
        return DataVerbs if project is None else DataVerbs(project)
