"""The command `chainring keys`: who may come in, as what, how often and until when."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from chainring.contracts.said import in_language, joined
from chainring.software.commands.folder import HERE, Folder, opened
from chainring.software.telling.speech import Speech, tell

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chainring.trust.access import Key


def keys(
    project: Folder = HERE,
    make: Annotated[
        str | None,
        typer.Option(help="role of a new key: ask, react, annotate, operate or admin"),
    ] = None,
    name: Annotated[str, typer.Option(help="whom the new key is for")] = "",
    days: Annotated[float | None, typer.Option(help="days until it ends")] = None,
    only: Annotated[str, typer.Option(help="verbs that it is held to: predict,embed")] = "",
    per_minute: Annotated[int, typer.Option(help="requests a minute; 0: no limit", min=0)] = 0,
    per_day: Annotated[int, typer.Option(help="texts a day; 0: no limit", min=0)] = 0,
    rotate: Annotated[str | None, typer.Option(help="id of a key to get a new secret")] = None,
    grace_hours: Annotated[float, typer.Option(help="how long the rotated one goes on")] = 24.0,
    revoke: Annotated[str | None, typer.Option(help="id of a key to revoke")] = None,
    language: Speech = None,
) -> None:
    """List, make, rotate or revoke API keys; a secret is shown once and stored only as a hash."""
    from chainring.software.telling.command_words import say

    with opened(project, language) as api:
        if make is not None:
            scope = [verb.strip() for verb in only.split(",") if verb.strip()]
            limits = {"days": days, "only": scope, "per_minute": per_minute, "per_day": per_day}
            made = api.make_key(make, name, **limits)  # type: ignore[arg-type]
            tell(_made(*made), language)
        elif rotate is not None:
            tell(_made(*api.rotate_key(rotate, grace_hours=grace_hours)), language)
        elif revoke is not None:
            tell([say("key revoked", id=api.revoke_key(revoke).id)], language)
        else:
            for key in api.keys():
                terms = in_language(_terms(key), language or "en")
                typer.echo(f"{key.id}  {key.role:8}  {key.name}{terms}")


def _made(secret: str, key: Key) -> Iterator[str]:
    from chainring.software.telling.command_words import own, say

    yield secret
    yield say("key made", id=key.id, name=own(repr(key.name)), role=key.role)
    if key.replaces:
        yield say("key replaced", id=key.replaces)


def _terms(key: Key) -> str:
    from chainring.software.telling.command_words import say

    ends = None if key.expires is None else datetime.fromtimestamp(key.expires, UTC)
    told = [
        say("only", verbs=", ".join(key.only)) if key.only else "",
        say("per minute", count=key.per_minute) if key.per_minute else "",
        say("per day", count=key.per_day) if key.per_day else "",
        say("ends", at=f"{ends:%Y-%m-%d %H:%MZ}") if ends is not None else "",
        say("replaces", id=key.replaces) if key.replaces else "",
        say("revoked") if key.revoked else "",
    ]
    shown = joined((part for part in told if part), en=", ", zh="，")
    return say("terms", terms=shown) if shown else ""
