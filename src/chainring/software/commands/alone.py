"""The command line with one verb alone: readying all of them is a tenth of an unchanged turn."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from typer.models import CommandInfo


def verb_alone(app: typer.Typer, words: Sequence[str]) -> typer.Typer:
    """Return an app of the verb that the first word names, or the whole app where it names none."""
    named = [verb for verb in app.registered_commands if _name(verb) in words[:1]]
    if not named:
        return app
    alone = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    alone.callback()(_nothing)  # with a callback the verb keeps its name
    alone.registered_commands = named
    return alone


def _name(verb: CommandInfo) -> str:
    return verb.name or str(getattr(verb.callback, "__name__", ""))


def _nothing() -> None:
    pass
