"""The commands `chainring data …`: what comes in, what was cleaned away, and where a row came from.

Each parses, calls its verb and says in plain sentences what happened.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from chainring.software.api import Project

app = typer.Typer(
    help="Look at the text: fetch it, clean it, report on it, trace a row to its source.",
    no_args_is_help=True,
)

Folder = Annotated[
    Path, typer.Option("--project", "-p", help="folder of the project", envvar="CHAINRING_PROJECT")
]
HERE = Path()


def opened(folder: Path) -> Project:
    """Open the project of a folder; what it says while it works goes to standard error."""
    from chainring.software.api import Project

    return Project.open(folder, say=lambda line: typer.echo(f"  {line}", err=True))


@app.command()
def fetch(
    name: Annotated[str | None, typer.Argument(help="one source; without it, all")] = None,
    project: Folder = HERE,
) -> None:
    """Bring the sources of the recipe up to date: pages, databases, files, data sets."""
    for one in opened(project).data.fetch(name):
        typer.echo(one.told)
