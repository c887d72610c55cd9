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
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from chainring.software.telling.speech import VARIABLE as LANGUAGE
from chainring.software.telling.speech import aloud

if TYPE_CHECKING:
    from chainring.software.api import Project

VARIABLE = "CHAINRING_PROJECT"
Folder = Annotated[
    Path, typer.Option("--project", "-p", help="folder of the project", envvar=VARIABLE)
]
HERE = Path()


@contextmanager
def opened(folder: Path, language: str | None = None) -> Iterator[Project]:
    """Open a project for one verb; what it says while it works goes to standard error."""
    from chainring.software.api import Project

    with closing(Project.open(folder, say=aloud(language))) as api:
        yield api


def before_the_verb(
    context: typer.Context,
    project: Annotated[
        Path | None,
        typer.Option("--project", "-p", help="folder of the project; it may follow the verb, too"),
    ] = None,
    language: Annotated[
        str | None,
        typer.Option("--language", help="language of results, en or zh; it may follow the verb"),
    ] = None,
) -> None:
    """Let every verb find what stands before it, until the command has ended."""
    for variable, value in ((VARIABLE, project), (LANGUAGE, language)):
        if value is not None:
            stood = os.environ.get(variable)
            os.environ[variable] = str(value)
            context.call_on_close(partial(_put_back, variable, stood))


def _put_back(variable: str, stood: str | None) -> None:
    if stood is None:
        del os.environ[variable]
    else:
        os.environ[variable] = stood
