"""The executor that a recipe names, made as its `[hardware]` says.

executor(HardwareSettings(executor="ray.v1", ray_address="auto"))
"""

from __future__ import annotations

from chainring.contracts.parts import load_part
from chainring.contracts.work import Executor
from chainring.hardware.settings import HardwareSettings


def executor(settings: HardwareSettings) -> Executor:
    """Return the executor; a part reads the settings by a method `of`, or takes nothing."""
    part = load_part("executor", settings.executor)
    made: Executor = part.of(settings) if hasattr(part, "of") else part()
    return made
