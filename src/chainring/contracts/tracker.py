"""Tracker: a foreign tool that is told how a training gets on. Parts of kind `tracker`.

A tracker is a callable that opens a run and returns it:

    tracked = tensorboard(name="shop-encoder", folder=Path("tracking"), settings={"epochs": "4"})
    tracked.log(10, {"loss": 2.3, "learning_rate": 1e-4})
    tracked.close()
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Protocol


class TrackedRun(Protocol):
    """A run that is being told."""

    def log(self, step: int, measures: Mapping[str, float]) -> None:
        """Take the measures of a step."""
        ...

    def close(self, *, failed: bool = False) -> None:
        """Write what is left; nothing is logged after it. `failed`: the training broke off."""
        ...


class Tracker(Protocol):
    """The signature of a tracker part: opens a run by name and tells its settings."""

    def __call__(self, *, name: str, folder: Path, settings: Mapping[str, str]) -> TrackedRun:
        """Open a run that writes below `folder`; the same name goes on with the same run."""
        ...
