"""The command `chainring audit`: who read, exported, decided or forgot what, and by which rule."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from chainring.software.folder import HERE, Folder, opened

if TYPE_CHECKING:
    from chainring.contracts.act import Act


def audit(
    project: Folder = HERE,
    who: Annotated[str, typer.Option(help="name or role of the caller")] = "",
    verb: Annotated[str, typer.Option(help="what was done: why, review, backup, keys …")] = "",
    days: Annotated[float | None, typer.Option(help="only the last so many days")] = None,
    limit: Annotated[int, typer.Option(help="how many at most", min=1)] = 100,
    as_json: Annotated[bool, typer.Option("--json", help="as JSON lines")] = False,
) -> None:
    """List what was done with privilege, newest first: who, what, when, how many texts, and why."""
    import time

    from chainring.contracts.codec import encode

    since = 0.0 if days is None else time.time() - days * 86400
    with opened(project) as api:
        acts = api.audit(who=who, verb=verb, since=since, limit=limit)
    for act in acts:
        typer.echo(encode(act) if as_json else _line(act))
    if not acts and not as_json:
        typer.echo("nothing was done with privilege yet")


def _line(act: Act) -> str:
    at = datetime.fromtimestamp(act.at, UTC).strftime("%Y-%m-%d %H:%M:%SZ")
    texts = f"{act.rows} texts" if act.action in ("read", "export") and act.rows else ""
    kept = f"{act.withheld} withheld" if act.withheld else ""
    told = [act.decision, texts, kept, act.purpose and f"for {act.purpose}", act.because, act.about]
    caller = f"{act.who or act.role} ({act.role}{f', key {act.key}' if act.key else ''})"
    return f"{at}  {caller:20}  {act.verb:12} {', '.join(part for part in told if part)}"
