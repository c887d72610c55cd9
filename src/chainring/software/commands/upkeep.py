"""The commands of upkeep: doctor, backup, restore, gc, upgrade, package, collect."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Annotated

import typer

from chainring.contracts.said import in_language, joined
from chainring.software.commands.folder import HERE, Folder, opened
from chainring.software.telling.speech import Speech, padded, tell


def doctor(project: Folder = HERE, language: Speech = None) -> None:
    """Show what this machine has, what was decided for it, and why."""
    from chainring.software.verbs.doctor import doctor as look

    for line in look(project):
        what, value, because = (in_language(one, language or "en") for one in line)
        typer.echo(f"{padded(what, 18)} {padded(value, 28)} {because}".rstrip())


def backup(
    archive: Annotated[Path, typer.Argument(help="file to write (.tar.gz)")],
    project: Folder = HERE,
    language: Speech = None,
) -> None:
    """Write ledger, traffic, models, key and recipe into one archive."""
    from chainring.software.telling.command_words import say
    from chainring.software.verbs.upkeep import require_unaltered, require_whole

    with opened(project, language) as api:
        with _stopped_as_by_ctrl_c():
            counts = api.backup(archive)
        told = say("backed up", archive=archive, rows=counts["rows"], trees=counts["trees"])
        tell([told], language)
        if counts["missing"]:
            require_unaltered(api)
        require_whole(api)


def restore(
    archive: Annotated[Path, typer.Argument(help="archive of `chainring backup`")],
    folder: Annotated[Path, typer.Argument(help="new folder")],
    ledger: Annotated[
        str | None,
        typer.Option(help="another ledger: postgresql://user@host/database; '' for SQLite"),
    ] = None,
    language: Speech = None,
) -> None:
    """Make a project in a new folder from an archive; everything is verified."""
    from chainring.software.api import Project
    from chainring.software.telling.command_words import own, say
    from chainring.software.verbs.upkeep import lacking_text, require_whole

    with _stopped_as_by_ctrl_c():
        project = Project.restore(archive, folder, ledger=ledger)
    with closing(project) as restored:
        lacks = own(", ".join(lacking_text(restored)))
        name = "restored without text" if lacks else "restored"
        tell([say(name, app=restored.app, folder=folder, places=lacks)], language)
        require_whole(restored)


@contextmanager
def _stopped_as_by_ctrl_c() -> Iterator[None]:
    """Let SIGTERM (`timeout`, a reboot) leave nothing half-written: it ends Python on the spot."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def gc(
    project: Folder = HERE,
    min_age_hours: Annotated[float, typer.Option(help="younger leftovers stay")] = 1.0,
    language: Speech = None,
) -> None:
    """Remove what nothing names, and texts whose time is over."""
    from chainring.software.telling.command_words import say

    with opened(project, language) as api:
        removed = api.gc(min_age_s=min_age_hours * 3600)
    counts = (say("counted", count=count, name=name) for name, count in removed.items())
    tell([say("removed", what=joined(counts, en=", ", zh="，"))], language)


def upgrade(project: Folder = HERE, language: Speech = None) -> None:
    """Bring a project made by an older version to this one."""
    from chainring.software.api import Project
    from chainring.software.telling.command_words import say

    with closing(Project.upgrade(project)) as api:
        tell([say("up to date", app=api.app)], language)


def package(
    folder: Annotated[Path, typer.Argument(help="new folder")],
    project: Folder = HERE,
    language: Speech = None,
) -> None:
    """Write the champion into a folder that serves without the training extra."""
    from chainring.software.telling.command_words import say

    with opened(project, language) as api:
        made = api.package(folder)
    mib = f"{made.memory_mib:.0f}"
    told = say(
        "packaged",
        folder=made.folder,
        form=made.form,
        engine=made.engine,
        size=f"{made.form_bytes / 1e6:.1f}",
        packages=made.packages,
        installed=f"{made.installed_bytes / 1e6:.0f}",
        memory=say("memory", mib=mib) if made.memory_mib else say("no memory"),
    )
    answers, key = say("packaged answers", count=made.answers), say("packaged key", key=made.key)
    tell([told, answers, key], language)


def collect(
    folder: Annotated[Path, typer.Argument(help="folder where a package serves, or a copy of it")],
    project: Folder = HERE,
    by: Annotated[str, typer.Option(help="who does it")] = "operator",
    language: Speech = None,
) -> None:
    """Bring home what people asked and said where a package of this project serves."""
    from dataclasses import asdict

    from chainring.software.telling.command_words import say

    with opened(project, language) as api:
        found = api.collect(folder, by=by)
    counts = asdict(found)
    tell([say("collected", package=found.package, **{n: counts[n] for n in _BROUGHT})], language)
    tell([say(name, count=counts[name]) for name in _NOT_BROUGHT if counts[name]], language)


_BROUGHT = ("answers", "reactions", "decisions", "cases")
_NOT_BROUGHT = ("textless", "left", "older", "unsampled", "forgotten")
