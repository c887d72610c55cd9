"""One line of loss, rate, time left and cost; and the curve that the ring's report draws.

    curve = [{"step": 10, "epoch": 0.4, "loss": 2.3, "learning_rate": 1e-4}, ...]
    write_curves(folder, {"encoder": curve})          # folder/curves.json

Seconds and rates stay out of the file, so that the same training gives the same folder; they go to
the line and to the trackers.
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TypeAlias

from chainring.training.progress_sentences import progress

CURVES = "curves.json"
POINTS = 200

Point: TypeAlias = dict[str, float]
Curve: TypeAlias = list[Point]


def write_curves(folder: Path, curves: Mapping[str, Sequence[Point]]) -> None:
    """Write the curves of a model's runs, name → points, beside its weights.

    What is no number is left out, as JSON has none: the norm of a step that overflowed in float16.
    """
    rounded = {
        name: [
            {k: float(f"{value:.6g}") for k, value in point.items() if math.isfinite(value)}
            for point in curve
        ]
        for name, curve in curves.items()
        if curve
    }
    if rounded:
        text = json.dumps(rounded, sort_keys=True, separators=(",", ":"))
        (folder / CURVES).write_text(text + "\n", encoding="utf-8")


class Progress:
    """Says how a run gets on, at most every so many seconds."""

    def __init__(
        self, say: Callable[[str], None], name: str, *, epochs: float, steps: int, every_s: float
    ) -> None:
        self.say, self.name, self.epochs, self.steps = say, name, epochs, steps
        self.every_s = every_s
        self.started = self.said = time.monotonic()
        self.cpu_before = time.process_time()
        self.rows = self.steps_made = 0

    def took(self, rows: int) -> None:
        """Count a step of so many rows."""
        self.rows += rows
        self.steps_made += 1

    @property
    def due(self) -> bool:
        """Whether the next line should be said."""
        return time.monotonic() - self.said >= self.every_s

    @property
    def rows_per_s(self) -> float:
        """Rows of this try by seconds of this try."""
        return self.rows / max(1e-9, time.monotonic() - self.started)

    def tell(self, *, step: int, epoch: float, loss: float) -> None:
        """Say loss, rate, time left and cost."""
        self.said = time.monotonic()
        step_s = (self.said - self.started) / max(1, self.steps_made)
        self.say(
            progress(
                "at",
                name=self.name,
                epoch=f"{epoch:.1f}",
                epochs=f"{self.epochs:g}",
                loss=f"{loss:.3f}",
                rate=f"{self.rows_per_s:.0f}",
                left=f"{(self.steps - step) * step_s:.0f}",
                cpu=f"{time.process_time() - self.cpu_before:.0f}",
            )
        )
