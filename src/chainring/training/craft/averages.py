"""Exponential moving average of the weights, served in their place.

    average = Average(module, decay=0.999)
    average.update()
    with average.in_place(): ...        # the module has the averaged weights in here

B. Polyak and A. Juditsky 1992, "Acceleration of stochastic approximation by averaging"; the decay
grows as min(decay, (1 + n) / (10 + n)) with the n-th update, so that early weights are forgotten.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import nn


class Average:
    """Averages of the parameters that are trained; with decay 0 it does nothing."""

    def __init__(self, module: nn.Module, *, decay: float) -> None:
        self.decay = decay
        self.updates = 0
        self.weights = [w for w in module.parameters() if w.requires_grad and decay]
        self.averages = [w.detach().clone() for w in self.weights]

    def update(self) -> None:
        """Take the weights of now into the average."""
        if not self.decay:
            return
        kept = min(self.decay, (1 + self.updates) / (10 + self.updates))
        self.updates += 1
        with torch.no_grad():
            torch._foreach_lerp_(self.averages, self.weights, 1.0 - kept)

    @contextmanager
    def in_place(self) -> Iterator[None]:
        """Give the module the averaged weights for a while."""
        self._swap()
        try:
            yield
        finally:
            self._swap()

    def state(self) -> dict[str, Any]:
        """Return what a checkpoint keeps."""
        return {"updates": self.updates, "averages": self.averages}

    def load(self, state: dict[str, Any]) -> None:
        """Go on from a checkpoint."""
        self.updates = state["updates"]
        for average, value in zip(self.averages, state["averages"], strict=True):
            average.copy_(value)

    def _swap(self) -> None:
        with torch.no_grad():
            for weight, average in zip(self.weights, self.averages, strict=True):
                kept = weight.detach().clone()
                weight.copy_(average)
                average.copy_(kept)
