"""The trackers that a recipe names, told together.

with Tracking(run, work=work) as tracking:
tracking.log(10, {"loss": 2.3})

A run's name ends with the key of its work, so that a training that was killed goes on as the same
run, and another training is another one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Self

from chainring.contracts.codec import digest
from chainring.contracts.errors import ChainringError, InputError
from chainring.contracts.parts import load_part
from chainring.contracts.tracker import TrackedRun
from chainring.contracts.work import Work
from chainring.text.errors import in_both
from chainring.training.craft.run import Run
from chainring.training.progress_sentences import progress

KEY_DIGITS = 8


class Tracking:
    """Opens every tracker of a run; each is closed at the end, also after a fault.

    No training ends because a tracker fails: it is said once, and that tracker is told no more.
    """

    def __init__(self, run: Run, *, work: Work) -> None:
        self.run, self.work = run, work
        self.tracked: dict[str, TrackedRun] = {}

    def __enter__(self) -> Self:
        """Open the trackers.

        Raises
        ------
        MissingPackageError
            The package of a tracker is not installed.
        InputError
            A tracker cannot be opened.
        """
        try:
            for part in dict.fromkeys(self.run.craft.trackers):
                self.tracked[part] = self._opened(part)
        except BaseException:
            self._close(failed=True)
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close every tracker."""
        self._close(failed=kind is not None)

    def log(self, step: int, measures: Mapping[str, float]) -> None:
        """Tell every tracker the measures of a step."""
        for part, tracked in list(self.tracked.items()):
            self._told(part, partial(tracked.log, step, measures))

    def _opened(self, part: str) -> TrackedRun:
        tracker = load_part("tracker", part)
        key = digest(self.work.scratch.name).rpartition(":")[2][:KEY_DIGITS]
        name = f"{self.work.app}-{self.run.name}-{self.run.seed}-{key}"
        folder = Path(self.run.craft.tracking_folder)
        try:
            opened: TrackedRun = tracker(name=name, folder=folder, settings=told(self.run))
        except ChainringError:
            raise
        except Exception as error:
            raise InputError(
                f"tracker {part} cannot be opened: {_line(error)}; mend that, or take it out of "
                "training.craft.trackers"
            ) from error
        return opened

    def _told(self, part: str, call: Callable[[], None]) -> None:
        try:
            call()
        except Exception as error:  # noqa: BLE001 - a foreign tool; the training matters more
            self.tracked.pop(part)
            because = in_both(_line(error))
            self.work.say(progress("tracker", name=self.run.name, part=part, because=because))

    def _close(self, *, failed: bool) -> None:
        for part, tracked in list(self.tracked.items()):
            self._told(part, partial(tracked.close, failed=failed))


def _line(error: Exception) -> str:
    return " ".join(f"{type(error).__name__}: {error}".split())[:300]


def told(run: Run) -> dict[str, str]:
    """Return the settings of a run in words, for a tracker's table."""
    plain = {f.name: str(getattr(run, f.name)) for f in fields(run) if f.name != "craft"}
    return plain | {f"craft.{key}": str(value) for key, value in run.craft}
