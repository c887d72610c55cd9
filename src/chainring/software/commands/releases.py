"""The command `release`: begin, look at, stop."""

from __future__ import annotations

from typing import Annotated

import typer

from chainring.software.commands.folder import HERE, Folder, opened
from chainring.software.telling.speech import Speech, tell


def release(
    model: Annotated[
        str | None, typer.Argument(help="first 12 digits of a judged model; none: show")
    ] = None,
    stage: Annotated[
        str, typer.Option(help="shadow (unseen), canary (a share of users) or keys")
    ] = "canary",
    share: Annotated[
        float | None, typer.Option(help="share of users; the recipe's if none")
    ] = None,
    key: Annotated[
        list[str] | None, typer.Option(help="with stage keys: id of a key; may be repeated")
    ] = None,
    stop: Annotated[bool, typer.Option(help="end the release that runs")] = False,
    reason: Annotated[str, typer.Option(help="why, for the record")] = "",
    by: Annotated[str, typer.Option(help="who decides")] = "operator",
    as_json: Annotated[bool, typer.Option("--json", help="as JSON")] = False,
    project: Folder = HERE,
    language: Speech = None,
) -> None:
    """Let a model answer unseen, a share of users or some keys, until the evidence decides."""
    import json

    from chainring.software.telling.command_words import say
    from chainring.software.telling.releases import tell as told

    with opened(project, language) as api:
        if stop:
            ended = api.releases.stop(by=by, reason=reason or "stopped by hand")
            tell([say("release over", id=ended.id)], language)
            return
        if model is not None:
            begun = api.releases.begin(
                model, stage=stage, share=share, keys=key or (), by=by, reason=reason or "by hand"
            )
            tell([say("release begun", id=begun.id, stage=begun.stage)], language)
            return
        found = api.releases.standing()
    if as_json:
        typer.echo(json.dumps(found, ensure_ascii=False, indent=2))
        return
    tell(told(found), language)


def drift(
    project: Folder = HERE,
    as_json: Annotated[bool, typer.Option("--json", help="as JSON")] = False,
    language: Speech = None,
) -> None:
    """Look once for what changed since the champion began; open a case for each alarm."""
    import json

    from chainring.software.telling.releases import tell_drift

    with opened(project, language) as api:
        found = api.releases.drift()
    if as_json:
        typer.echo(json.dumps(found, ensure_ascii=False, indent=2))
        return
    tell(tell_drift(found), language)
