"""The commands `chainring data …`: what comes in, what was cleaned away, and where a row came from.

Each parses, calls its verb and says in plain sentences what happened.
"""

from __future__ import annotations

import typer

app = typer.Typer(
    help="Look at the text: fetch it, clean it, report on it, trace a row to its source.",
    no_args_is_help=True,
)
