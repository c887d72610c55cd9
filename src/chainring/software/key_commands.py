"""The command `chainring keys`: who may come in, as what, how often and until when."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from chainring.software.folder import HERE, Folder, opened

if TYPE_CHECKING:
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
) -> None:
    """List, make, rotate or revoke API keys; a secret is shown once and stored only as a hash."""
    with opened(project) as api:
        if make is not None:
            scope = [verb.strip() for verb in only.split(",") if verb.strip()]
            limits = {"days": days, "only": scope, "per_minute": per_minute, "per_day": per_day}
            _show(*api.make_key(make, name, **limits))  # type: ignore[arg-type]
        elif rotate is not None:
            _show(*api.rotate_key(rotate, grace_hours=grace_hours))
        elif revoke is not None:
            typer.echo(f"revoked {api.revoke_key(revoke).id}")
        else:
            for key in api.keys():
                typer.echo(f"{key.id}  {key.role:8}  {key.name}{_terms(key)}")


def _show(secret: str, key: Key) -> None:
    typer.echo(f"{secret}\nkey {key.id} for {key.name!r}, role {key.role}; it is not shown again")
    if key.replaces:
        typer.echo(f"{key.replaces} goes on until its grace is over; hand the new one out now")


def _terms(key: Key) -> str:
    ends = key.expires
    told = [
        f"only {', '.join(key.only)}" if key.only else "",
        f"{key.per_minute} requests/min" if key.per_minute else "",
        f"{key.per_day} texts/day" if key.per_day else "",
        f"ends {datetime.fromtimestamp(ends, UTC):%Y-%m-%d %H:%MZ}" if ends is not None else "",
        f"replaces {key.replaces}" if key.replaces else "",
        "revoked" if key.revoked else "",
    ]
    shown = ", ".join(part for part in told if part)
    return f"  ({shown})" if shown else ""
