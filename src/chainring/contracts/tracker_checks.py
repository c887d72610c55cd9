"""What every part of kind `tracker` must do, for `chainring.contracts.checks`.

Enters a part with an empty folder, leaves the faults: it opens a run, takes measures step by step
and at one step twice, leaves something in the folder where it says so, and closes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackerExample:
    """An empty folder; `local` says that what is logged lies below it afterwards."""

    folder: Path
    local: bool = True


def tracker_faults(name: str, part: Any, example: TrackerExample) -> Iterator[str]:
    """Yield what a tracker does not keep."""
    before = _size(example.folder)
    run = part(name="shop-encoder-0", folder=example.folder, settings={"epochs": "2", "名": "值"})
    for member in ("log", "close"):
        if not callable(getattr(run, member, None)):
            yield f"the run that it opens has no {member}"
            return
    for step, loss in ((1, 2.5), (1, 2.5), (2, 1.5)):
        if run.log(step, {"loss": loss, "validation_accuracy": 0.5}) is not None:
            yield "log gives something back"
    run.close()
    if example.local and _size(example.folder) <= before:
        yield f"{name} left nothing in the folder it was given"


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
