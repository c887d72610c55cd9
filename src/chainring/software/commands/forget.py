"""The command `chainring forget`: parses, calls its verb, and says what went and what is left.

chainring forget --subject ann --reason "asked by mail" --dry-run
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from chainring.software.commands.folder import HERE, Folder, opened
from chainring.software.telling.speech import Speech, tell


def forget(
    subject: Annotated[
        list[str] | None, typer.Option(help="a person, as the column `subject` names them")
    ] = None,
    source: Annotated[
        list[str] | None, typer.Option(help="a source: data/help.jsonl, or its name in the recipe")
    ] = None,
    record: Annotated[list[str] | None, typer.Option(help="id of a record")] = None,
    author: Annotated[
        list[str] | None, typer.Option(help="who asked, reacted, or wrote (column `author`)")
    ] = None,
    prediction: Annotated[
        list[str] | None, typer.Option(help="id of an answer, with all that was said of it")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="only say what would go")] = False,
    reason: Annotated[str, typer.Option(help="why, for the record; no name of a person")] = "",
    by: Annotated[str, typer.Option(help="who decides")] = "operator",
    again: Annotated[
        Path | None, typer.Option(help="a receipt, in a project restored from an older backup")
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="finish what a kill cut short")] = False,
    show: Annotated[bool, typer.Option("--list", help="list what was forgotten")] = False,
    project: Folder = HERE,
    language: Speech = None,
) -> None:
    """Take a person, a source, a record or an answer out of every store, for good."""
    from chainring.software.telling.data_words import say
    from chainring.software.verbs import forgetting
    from chainring.software.verbs.receipts import tell_acts, tell_receipt

    with opened(project, language) as api:
        if show:
            lines = list(tell_acts(forgetting.acts(api))) or [say("no acts")]
        elif resume:
            told = [line for done in forgetting.resume(api) for line in tell_receipt(done)]
            lines = told or [say("nothing unfinished")]
        elif again is not None:
            lines = list(tell_receipt(forgetting.again(api, again, by=by)))
        else:
            receipt = api.forget(
                subject=subject or (),
                source=source or (),
                record=record or (),
                author=author or (),
                prediction=prediction or (),
                reason=reason,
                by=by,
                dry_run=dry_run,
            )
            lines = list(tell_receipt(receipt, dry_run=dry_run))
    tell(lines, language)
