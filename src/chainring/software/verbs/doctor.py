"""Doctor: what this machine has, what was decided for it, and why."""

from __future__ import annotations

from pathlib import Path

from chainring.contracts.errors import ChainringError, ProjectNotFoundError
from chainring.contracts.said import Said, told_by
from chainring.hardware.doctor import doctor_lines
from chainring.hardware.machine import machine
from chainring.hardware.packages import missing_packages
from chainring.hardware.placement import placement
from chainring.hardware.settings import HardwareSettings
from chainring.text.errors import error_in_chinese


def doctor(folder: Path, settings: HardwareSettings | None = None) -> list[tuple[str, str, str]]:
    """Return lines of (what, value, why); outside a project the defaults are judged.

    Raises
    ------
    ProjectNotFoundError
        When there is no such folder.
    """
    if not folder.is_dir():
        raise ProjectNotFoundError(f"{folder} is no folder; name that of a project, or none")
    ledger = ""
    if settings is None:
        from chainring.ring.recipe import load_recipe

        try:
            recipe = load_recipe(folder)
            settings, ledger = recipe.hardware, recipe.store.ledger
        except ProjectNotFoundError:
            settings = HardwareSettings()
    found = machine(folder=folder)
    lines = doctor_lines(found, placement(found, settings=settings), missing_packages())
    told = [(line[0], line[1], line[2]) for line in lines]
    return [*told, _ledger_line(ledger)] if ledger.startswith("postgresql") else told


def _ledger_line(url: str) -> tuple[str, str, str]:
    """Return whether a PostgreSQL ledger answers; nothing is made in it."""
    from chainring.store import migrations, schema
    from chainring.store.opening import explained

    what = Said("ledger", zh="账本")
    try:
        engine = schema.connect(url)
        try:
            with explained(engine):
                found = migrations.version(engine)
        finally:
            schema.close(engine)
    except ChainringError as error:
        return what, Said("does not answer", zh="没有应答"), _reason(error)
    if found is None:
        return what, "PostgreSQL", Said("it is empty yet", zh="目前是空的")
    return what, "PostgreSQL", Said(f"it answers, version {found}", zh=f"有应答，版本 {found}")


def _reason(error: ChainringError) -> Said:
    said = told_by(error)
    return Said(str(error), zh=error_in_chinese(said))
