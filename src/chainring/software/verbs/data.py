"""The verbs about text, reached as `Project.data`: each calls what does it in a room below.

project = chainring.open("support")
project.data.fetch()            # every source of the recipe, brought up to date
project.data.fetch("tickets")   # one of them
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, overload

if TYPE_CHECKING:
    from collections.abc import Iterator

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
        from chainring.software.verbs.fetching import fetch_sources

        return fetch_sources(self.project, name)

    def report(
        self,
        path: str | Path | None = None,
        *,
        language: str = "en",
        texts: bool = True,
        card: str | Path | None = None,
    ) -> Path:
        """Write one self-contained HTML page about the current data set and return its path.

        Parameters
        ----------
        path
            File to write; None: `data-report.html` in the project's folder.
        language
            `en` or `zh`.
        texts
            Whether samples of what was dropped are shown, redacted.
        card
            File for the data card as Markdown; None: in the page alone.

        Raises
        ------
        InputError
            When no turn has made a data set yet.
        """
        from chainring.software.reports.data_report import write_data_report

        place = Path(path) if path else self.project.folder / "data-report.html"
        written = None if card is None else Path(card)
        return write_data_report(self.project, place, language=language, texts=texts, card=written)

    def show(
        self,
        *,
        split: str = "",
        label: str = "",
        language: str = "",
        source: str = "",
        search: str = "",
        dataset: str = "",
        limit: int = 0,
    ) -> Iterator[dict[str, Any]]:
        """Yield the rows of the current data set (or a named one) that fit, as dicts by column.

        A text that the rules of access withhold is None, and is not searched either.

        Parameters
        ----------
        limit
            How many rows at most; 0: all.

        Raises
        ------
        UnknownNameError
            When nothing fits because no row has the split, label, language or source named.
        """
        from chainring.data.looking.rows import Filter
        from chainring.software.verbs.data_show import shown_rows

        wanted = Filter(split=split, label=label, language=language, source=source, search=search)
        return shown_rows(self.project, wanted, dataset=dataset, limit=limit)

    def trace(self, name: str, *, dataset: str = "", texts: bool = True) -> dict[str, Any]:
        """Return where a row came from, every step that touched it, and the models it entered.

        Raises
        ------
        InputError
            When nothing of that name entered the data set or was dropped on the way to it; or when
            the name fits several rows.
        """
        from chainring.software.verbs.auditing import looking
        from chainring.software.verbs.data_trace import trace

        with looking(self.project, "data trace", about=name, texts=texts) as sight:
            return trace(self.project, name, dataset=dataset, sight=sight)


class DataGroup:
    """Hands out `DataVerbs`: of a project on an instance, the class itself on the class."""

    @overload
    def __get__(self, project: None, owner: type[Project]) -> type[DataVerbs]: ...

    @overload
    def __get__(self, project: Project, owner: type[Project]) -> DataVerbs: ...

    def __get__(self, project: Project | None, owner: type[Project]) -> DataVerbs | type[DataVerbs]:
        """Return the verbs."""
        return DataVerbs if project is None else DataVerbs(project)
