"""Files from which a killed training goes on, and the one that says it is finished.

    kept = Checkpoints(work.scratch / "encoder-checkpoints")
    kept.save(step=120, state={"module": ..., "optimiser": ...})
    kept.last()                      # (120, state), or None

A file is written beside, synced and renamed, so that a kill and a power cut leave the last whole
one; one that cannot be read all the same counts as none. The best weights of a training lie in a
file of their own, which is written only when they change.
"""

from __future__ import annotations

import logging
import pickle
import re
from pathlib import Path
from typing import Any

import torch

from chainring.store.files import make_folder, sync_file, sync_folder

log = logging.getLogger("chainring.training")

_NUMBER = re.compile(r"(?:checkpoint|best)-(\d+)\.pt")
FINISHED = "finished.pt"
_UNREADABLE = (RuntimeError, EOFError, pickle.UnpicklingError, FileNotFoundError)


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

    def finish(self, state: dict[str, Any]) -> None:
        """Write what a finished training gives, and remove what it went through."""
        _write(self.folder / FINISHED, state)
        for path in self.folder.glob("*-*.pt"):
            path.unlink()

    def finished(self) -> Any:
        """Return what a finished training gave; None where it did not, or that cannot be read."""
        path = self.folder / FINISHED
        if not path.exists():
            return None
        try:
            return _read(path)
        except _UNREADABLE as error:
            _thrown_away(path, error)
            return None

    def last(self) -> tuple[int, Any] | None:
        """Return the newest state that can be read with its step; None begins anew.

        The weights that stood best then are its `best_weights`, None where nothing was judged yet.
        """
        for left in self.folder.glob("*.part"):
            left.unlink()
        numbers = {
            int(found[1]): path
            for path in self.folder.glob("checkpoint-*.pt")
            if (found := _NUMBER.fullmatch(path.name))
        }
        for step in sorted(numbers, reverse=True):
            try:
                state = _read(numbers[step])
                best = state["best"]["step"]
                weights = _read(self.folder / f"best-{best}.pt") if best >= 0 else None
            except _UNREADABLE as error:
                _thrown_away(numbers[step], error)  # an older one, or anew
            else:
                return step, state | {"best_weights": weights}
        return None


def _write(path: Path, state: Any) -> None:
    make_folder(path.parent)
    beside = path.with_suffix(".part")
    torch.save(state, beside)
    sync_file(beside)
    beside.replace(path)
    sync_folder(path.parent)


def _read(path: Path) -> Any:
    return torch.load(path, map_location="cpu", weights_only=True)


def _thrown_away(path: Path, error: Exception) -> None:
    """Remove what cannot be read: every later try would fail on it."""
    path.unlink()
    log.warning("training.unreadable file=%s cause=%s", path.name, type(error).__name__)
