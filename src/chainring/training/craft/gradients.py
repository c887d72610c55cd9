"""The gradient of a step: batches added up, scaled, clipped; halved when memory runs out.

    loss, norm = gradients.of(parts, step=0)

`parts(max_rows)` yields pairs of a batch's rows and the batch. The gradient is that of the mean
over all rows of the step, however they are split.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

import torch
from torch import nn

from chainring.contracts.errors import RefusedError
from chainring.contracts.placement import Choice
from chainring.training.craft.optimisers import Optimiser
from chainring.training.craft.precision import autocast, loss_scaler
from chainring.training.craft.randomness import random_state, restore

Parts: TypeAlias = Callable[[int], Iterator[tuple[int, Any]]]
_NO_MEMORY = ("not enough memory", "can't allocate memory", "out of memory")


class Gradients:
    """Fills the gradients of a module, step by step."""

    def __init__(
        self,
        module: nn.Module,
        optimiser: Optimiser,
        *,
        name: str,
        chosen: Choice,
        device: str,
        max_rows: int,
        whole: bool,
        say: Callable[[str], None],
    ) -> None:
        self.module, self.optimiser, self.name, self.say = module, optimiser, name, say
        self.chosen, self.device = chosen, device
        self.scaler = loss_scaler(device, chosen)
        self.max_rows, self.whole, self.halved = max_rows, whole, False
        self._rows = 0

    def of(self, parts: Parts, *, rows: int, step: int) -> tuple[float, float]:
        """Return the mean loss and the norm before clipping; the gradients are left in place.

        Raises
        ------
        RefusedError
            The loss is no number, or one row alone does not fit in memory.
        """
        before = random_state()
        while True:
            try:
                loss = self._add_up(parts, rows=rows)
                break
            except (MemoryError, RuntimeError) as error:
                if not _is_memory(error):
                    raise
                self._halve()
                restore(before)
        if not math.isfinite(loss):
            raise RefusedError(
                f"{self.name}: the loss is {loss} in step {step + 1}; lower the learning rate, or "
                "look for faulty rows; training.craft.precision = 'fp32' rules out an overflow"
            )
        if self.scaler is not None:
            self.scaler.unscale_(self.optimiser.inner)
        self.optimiser.add_l2()
        return loss, float(self.optimiser.clip())

    def state(self) -> dict[str, Any]:
        """Return what a checkpoint keeps."""
        scaler = self.scaler.state_dict() if self.scaler else {}
        return {"max_rows": self.max_rows, "halved": self.halved, "scaler": scaler}

    def load(self, state: dict[str, Any]) -> None:
        """Go on from a checkpoint."""
        self.max_rows, self.halved = state["max_rows"], state["halved"]
        if self.scaler is not None:
            self.scaler.load_state_dict(state["scaler"])

    def _add_up(self, parts: Parts, *, rows: int) -> float:
        """Add the gradients of all batches; return the mean loss."""
        total, units = torch.zeros((), device=self.device), 0.0
        for part_rows, batch in parts(self.max_rows):
            self._rows = part_rows
            with autocast(self.device, self.chosen):
                answer = self.module(**batch)
            weight = float(answer.get("units", self._rows))
            loss = answer["loss"] * (weight / rows)
            (loss if self.scaler is None else self.scaler.scale(loss)).backward()
            total += loss.detach()
            units += weight
        if units != rows:  # the mean is not over rows
            grads = [w.grad for w in self.optimiser.weights if w.grad is not None]
            torch._foreach_mul_(grads, rows / units)
        return float(total) * rows / units

    def _halve(self) -> None:
        """Take half of the rows at once from here on; said the first time."""
        self.optimiser.inner.zero_grad(set_to_none=True)
        if self.device == "cuda":
            torch.cuda.empty_cache()
        if self.whole or self._rows <= 1:
            what = "the rows of a step cannot be split" if self.whole else "it is a single row"
            raise RefusedError(
                f"{self.name}: memory ran out with {self._rows} rows at once, and {what}; take a "
                "smaller base, fewer tokens (max_tokens) or rows (batch_size), optimiser = "
                "'adafactor' or gradient_checkpointing = true in [training.craft]"
            )
        self.max_rows = -(-self._rows // 2)
        if not self.halved:
            self.say(
                f"{self.name}: memory ran out with {self._rows} rows at once; they are computed in "
                "halves, as one step all the same"
            )
        self.halved = True


def _is_memory(error: BaseException) -> bool:
    known = isinstance(error, MemoryError | torch.OutOfMemoryError)
    return known or any(words in str(error).lower() for words in _NO_MEMORY)
