"""The command `chainring audit`: who read, exported, decided or forgot what, and by which rule."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from chainring.contracts.said import in_language, joined
from chainring.software.commands.folder import HERE, Folder, opened
from chainring.software.telling.speech import Speech, padded, tell

if TYPE_CHECKING:
    from chainring.contracts.act import Act


def audit(
    project: Folder = HERE,
    who: Annotated[str, typer.Option(help="name or role of the caller")] = "",
    verb: Annotated[str, typer.Option(help="what was done: why, review, backup, keys …")] = "",
    days: Annotated[float | None, typer.Option(help="only the last so many days")] = None,
    limit: Annotated[int, typer.Option(help="how many at most", min=1)] = 100,
    as_json: Annotated[bool, typer.Option("--json", help="as JSON lines")] = False,
    language: Speech = None,
) -> None:
    """List what was done with privilege, newest first: who, what, when, how many texts, and why."""
    import time

    from chainring.contracts.codec import encode
    from chainring.software.telling.command_words import say

    since = 0.0 if days is None else time.time() - days * 86400
    with opened(project, language) as api:
        acts = api.audit(who=who, verb=verb, since=since, limit=limit)
    for act in acts:
        typer.echo(encode(act) if as_json else _line(act, language or "en"))
    if not acts and not as_json:
        tell([say("no acts")], language)


def _line(act: Act, language: str) -> str:
    from chainring.software.telling.command_words import because, own, say, word

    at = datetime.fromtimestamp(act.at, UTC).strftime("%Y-%m-%d %H:%M:%SZ")
    is_told = act.action in ("read", "export") and act.rows
    told = [
        word(act.decision),
        say("act texts", count=act.rows) if is_told else "",
        say("withheld", count=act.withheld) if act.withheld else "",
        say("for purpose", purpose=own(act.purpose)) if act.purpose else "",
        because(act.because),
        act.about,
    ]
    who = own(act.who or act.role)
    caller = say("act by key" if act.key else "act by", who=who, role=act.role, key=act.key)
    what = joined((part for part in told if part), en=", ", zh="，")
    shown = padded(in_language(caller, language), 20)
    return f"{at}  {shown}  {act.verb:12} {in_language(what, language)}"
