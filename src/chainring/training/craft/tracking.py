"""The trackers that a recipe names, told together.

with Tracking(run, app="shop") as tracking:
tracking.log(10, {"loss": 2.3})
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import fields
from pathlib import Path
from types import TracebackType
from typing import Self

from chainring.contracts.parts import load_part
from chainring.contracts.tracker import TrackedRun
from chainring.training.craft.run import Run


class Tracking:
    """Opens every tracker of a run; each is closed at the end, also after a fault."""

    def __init__(self, run: Run, *, app: str) -> None:
        self.run, self.app = run, app
        self.tracked: list[TrackedRun] = []
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        """Open the trackers; a missing package is named before the first step."""
        craft = self.run.craft
        name = f"{self.app}-{self.run.name}-{self.run.seed}"
        with self._stack:
            for part in craft.trackers:
                tracker = load_part("tracker", part)
                folder = Path(craft.tracking_folder)
                opened: TrackedRun = tracker(name=name, folder=folder, settings=told(self.run))
                self.tracked.append(opened)
                self._stack.callback(opened.close)
            self._stack = self._stack.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close every tracker."""
        self._stack.__exit__(kind, error, trace)

    def log(self, step: int, measures: Mapping[str, float]) -> None:
        """Tell every tracker the measures of a step."""
        for tracked in self.tracked:
            tracked.log(step, measures)


def told(run: Run) -> dict[str, str]:
    """Return the settings of a run in words, for a tracker's table."""
    plain = {f.name: str(getattr(run, f.name)) for f in fields(run) if f.name != "craft"}
    return plain | {f"craft.{key}": str(value) for key, value in run.craft}
