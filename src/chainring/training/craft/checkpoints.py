"""Files from which a killed training goes on, and the one that says it is finished.

    kept = Checkpoints(work.scratch / "encoder-checkpoints")
    kept.save(step=120, state={"module": ..., "optimiser": ...})
    kept.last()                      # (120, state), or None

A file is written beside and renamed, so that a kill leaves the last whole one. The best weights of
a training lie in a file of their own, which is written only when they change.
"""

from __future__ import annotations

import pickle
import re
from pathlib import Path
from typing import Any

import torch

_NUMBER = re.compile(r"(?:checkpoint|best)-(\d+)\.pt")
FINISHED = "finished.pt"


class Checkpoints:
    """The checkpoints of one run, in a folder that survives a kill."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def save(self, *, step: int, state: dict[str, Any]) -> None:
        """Write the state after a step; earlier states go once it is whole."""
        _write(self.folder / f"checkpoint-{step}.pt", state)
        best = state["best"]["step"]
        for path in self.folder.glob("*.pt"):
            number = _NUMBER.fullmatch(path.name)
            kept = best if path.name.startswith("best") else step
            if number and int(number[1]) != kept:
                path.unlink()

    def save_best(self, *, step: int, weights: dict[str, torch.Tensor]) -> None:
        """Write the weights that stood best after a step."""
        _write(self.folder / f"best-{step}.pt", weights)

    def best(self, step: int) -> Any:
        """Return the weights that stood best after a step."""
        return _read(self.folder / f"best-{step}.pt")

    def finish(self, state: dict[str, Any]) -> None:
        """Write what a finished training gives, and remove what it went through."""
        _write(self.folder / FINISHED, state)
        for path in self.folder.glob("*-*.pt"):
            path.unlink()

    def finished(self) -> Any:
        """Return what a finished training gave, or None."""
        path = self.folder / FINISHED
        return _read(path) if path.exists() else None

    def last(self) -> tuple[int, Any] | None:
        """Return the newest state that can be read with its step; None begins anew."""
        for left in self.folder.glob("*.part"):
            left.unlink()
        numbers = {
            int(found[1]): path
            for path in self.folder.glob("checkpoint-*.pt")
            if (found := _NUMBER.fullmatch(path.name))
        }
        for step in sorted(numbers, reverse=True):
            try:
                return step, _read(numbers[step])
            except (RuntimeError, EOFError, pickle.UnpicklingError):
                numbers[step].unlink()  # a disk that broke in between: an older one, or anew
        return None


def _write(path: Path, state: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_suffix(".part")
    torch.save(state, beside)
    beside.replace(path)


def _read(path: Path) -> Any:
    return torch.load(path, map_location="cpu", weights_only=True)
