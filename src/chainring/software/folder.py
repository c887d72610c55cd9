"""Which project a verb works on: the option of every verb, and the same option before the verb.

    chainring turn --project shop
    chainring --project shop turn
    CHAINRING_PROJECT=shop chainring turn

The first counts before the second, the second before the third; else the current folder.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from chainring.software.api import Project

VARIABLE = "CHAINRING_PROJECT"
Folder = Annotated[
    Path, typer.Option("--project", "-p", help="folder of the project", envvar=VARIABLE)
]
HERE = Path()


@contextmanager
def opened(folder: Path) -> Iterator[Project]:
    """Open a project for one verb; what it says while it works goes to standard error."""
    from chainring.software.api import Project

    with closing(Project.open(folder, say=lambda line: typer.echo(f"  {line}", err=True))) as api:
        yield api


def before_the_verb(
    context: typer.Context,
    project: Annotated[
        Path | None,
        typer.Option("--project", "-p", help="folder of the project; it may follow the verb, too"),
    ] = None,
) -> None:
    """Let every verb find the folder that stands before it, until the command has ended."""
    if project is None:
        return
    stood = os.environ.get(VARIABLE)
    os.environ[VARIABLE] = str(project)
    context.call_on_close(lambda: _put_back(stood))


def _put_back(stood: str | None) -> None:
    if stood is None:
        del os.environ[VARIABLE]
    else:
        os.environ[VARIABLE] = stood
