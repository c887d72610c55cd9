"""Losses and norms of steps, read from the device seldom: to read a GPU's number is to wait for it.

    losses = Losses("encoder", device="cuda")
    losses.took(step=1, loss=loss, norm=norm)     # tensors of one number
    losses.mean()                                 # since the last point; refuses what is no number

On a processor every number is there at once and is looked at in its step.
"""

from __future__ import annotations

import math

import torch

from chainring.contracts.errors import RefusedError

STEPS_UNREAD = 20


class Losses:
    """The losses since the last point of the curve, and those that nobody has read yet."""

    def __init__(self, name: str, *, device: str) -> None:
        self.name = name
        self.unread_at_most = 0 if device == "cpu" else STEPS_UNREAD
        self.known: list[float] = []
        self.norm = 0.0
        self._unread: list[tuple[int, torch.Tensor, torch.Tensor]] = []

    def took(self, *, step: int, loss: torch.Tensor, norm: torch.Tensor) -> None:
        """Take the numbers of a step, counted from 1."""
        self._unread.append((step, loss, norm))
        if len(self._unread) > self.unread_at_most:
            self.read()

    def read(self) -> None:
        """Fetch what is unread, all at once.

        Raises
        ------
        RefusedError
            A loss is no number.
        """
        if not self._unread:
            return
        steps, losses, norms = zip(*self._unread, strict=True)
        self._unread = []
        told = torch.stack([*losses, *norms]).tolist()
        for step, loss in zip(steps, told, strict=False):
            if not math.isfinite(loss):
                raise RefusedError(
                    f"{self.name}: the loss is {loss} in step {step}; lower the learning rate, or "
                    "look for faulty rows; training.craft.precision = 'fp32' rules out an overflow"
                )
            self.known.append(loss)
        self.norm = told[-1]

    def mean(self) -> float:
        """Return the mean loss since the last point, and begin the next."""
        self.read()
        mean = sum(self.known) / len(self.known)
        self.known.clear()
        return mean
