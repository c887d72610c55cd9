"""Doctor: what this machine has, what was decided for it, and why."""

from __future__ import annotations

from pathlib import Path

from chainring.contracts.errors import ProjectNotFoundError
from chainring.hardware.doctor import doctor_lines
from chainring.hardware.machine import machine
from chainring.hardware.packages import missing_packages
from chainring.hardware.placement import placement
from chainring.hardware.settings import HardwareSettings


def doctor(folder: Path, settings: HardwareSettings | None = None) -> list[tuple[str, str, str]]:
    """Return lines of (what, value, why); outside a project the defaults are judged.

    Raises
    ------
    ProjectNotFoundError
        When there is no such folder.
    """
    if not folder.is_dir():
        raise ProjectNotFoundError(f"{folder} is no folder; name that of a project, or none")
    if settings is None:
        from chainring.ring.recipe import load_recipe

        try:
            settings = load_recipe(folder).hardware
        except ProjectNotFoundError:
            settings = HardwareSettings()
    found = machine(folder=folder)
    lines = doctor_lines(found, placement(found, settings=settings), missing_packages())
    return [(line[0], line[1], line[2]) for line in lines]
