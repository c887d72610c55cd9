"""The commands of upkeep: doctor, backup, restore, gc, upgrade."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Annotated

import typer

from chainring.contracts.said import in_language
from chainring.software.folder import HERE, Folder, opened
from chainring.software.speech import Speech, padded


def doctor(project: Folder = HERE, language: Speech = None) -> None:
    """Show what this machine has, what was decided for it, and why."""
    from chainring.software.doctor import doctor as look

    for line in look(project):
        what, value, because = (in_language(one, language or "en") for one in line)
        typer.echo(f"{padded(what, 18)} {padded(value, 28)} {because}".rstrip())


def backup(
    archive: Annotated[Path, typer.Argument(help="file to write (.tar.gz)")],
    project: Folder = HERE,
) -> None:
    """Write ledger, traffic, models, key and recipe into one archive."""
    with opened(project) as api:
        counts = api.backup(archive)
    typer.echo(f"wrote {archive}: {counts['rows']} rows, {counts['trees']} trees")


def restore(
    archive: Annotated[Path, typer.Argument(help="archive of `chainring backup`")],
    folder: Annotated[Path, typer.Argument(help="new folder")],
    ledger: Annotated[
        str | None,
        typer.Option(help="another ledger: postgresql://user@host/database; '' for SQLite"),
    ] = None,
) -> None:
    """Make a project in a new folder from an archive; everything is verified."""
    from chainring.software.api import Project

    with closing(Project.restore(archive, folder, ledger=ledger)) as restored:
        typer.echo(f"restored {restored.app} into {folder}; your text folder is not in a backup")


def gc(
    project: Folder = HERE,
    min_age_hours: Annotated[float, typer.Option(help="younger leftovers stay")] = 1.0,
) -> None:
    """Remove what nothing names, and texts whose time is over."""
    with opened(project) as api:
        removed = api.gc(min_age_s=min_age_hours * 3600)
    typer.echo(", ".join(f"{count} {name}" for name, count in removed.items()) + " removed")


def upgrade(project: Folder = HERE) -> None:
    """Bring a project made by an older version to this one."""
    from chainring.software.api import Project

    with closing(Project.upgrade(project)) as api:
        typer.echo(f"{api.app} is up to date")


def package(
    folder: Annotated[Path, typer.Argument(help="new folder")],
    project: Folder = HERE,
) -> None:
    """Write the champion into a folder that serves without the training extra."""
    with opened(project) as api:
        made = api.package(folder)
    memory = f"{made.memory_mib:.0f} MiB of memory" if made.memory_mib else "memory not measured"
    typer.echo(
        f"wrote {made.folder}: form {made.form} ({made.engine}), {made.form_bytes / 1e6:.1f} MB, "
        f"{made.packages} packages of {made.installed_bytes / 1e6:.0f} MB, {memory}"
    )
    typer.echo(f"it was served once and answered {made.answers} golden texts as the champion does")
    typer.echo(f"its key (role operate), shown this once: {made.key}")
