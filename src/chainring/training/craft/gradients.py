"""The gradient of a step: batches added up, scaled, clipped; halved when memory runs out.

    loss, norm = gradients.of(parts, rows=64)

`parts(max_rows)` yields pairs of a batch's rows and the batch. The gradient is that of the mean
over all rows of the step, however they are split. Both numbers stay on the device, unread. A module
whose loss hangs on the other batches of a step has `of_a_step`, which is shown them all first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

import torch
from torch import nn

from chainring.contracts.errors import RefusedError
from chainring.contracts.placement import Choice
from chainring.training.craft.abreast import HALVES, Abreast
from chainring.training.craft.optimisers import Optimiser
from chainring.training.craft.precision import autocast, loss_scaler
from chainring.training.craft.randomness import random_state, restore
from chainring.training.progress_sentences import progress

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
        halves: Abreast | None = None,
    ) -> None:
        self.module, self.optimiser, self.name, self.say = module, optimiser, name, say
        self.chosen, self.device = chosen, device
        self.scaler = loss_scaler(device, chosen)
        self.max_rows, self.whole, self.halved = max_rows, whole, False
        self.halves = halves
        self._rows = 0

    def of(self, parts: Parts, *, rows: int) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the mean loss and the norm before clipping; the gradients are left in place.

        Raises
        ------
        RefusedError
            One row alone does not fit in memory.
        """
        before = random_state()
        while True:
            try:
                loss = self._add_up(parts, rows=rows)
                break
            except (MemoryError, RuntimeError) as error:
                if not is_memory(error):
                    raise
                self._halve()
                restore(before)
        if self.scaler is not None:
            self.scaler.unscale_(self.optimiser.inner)
        self.optimiser.add_l2()
        return loss, self.optimiser.clip().detach()

    def state(self) -> dict[str, Any]:
        """Return what a checkpoint keeps."""
        scaler = self.scaler.state_dict() if self.scaler else {}
        return {"max_rows": self.max_rows, "halved": self.halved, "scaler": scaler}

    def load(self, state: dict[str, Any]) -> None:
        """Go on from a checkpoint."""
        self.max_rows, self.halved = state["max_rows"], state["halved"]
        if self.scaler is not None:
            self.scaler.load_state_dict(state["scaler"])

    def _add_up(self, parts: Parts, *, rows: int) -> torch.Tensor:
        """Add the gradients of all batches; return the mean loss."""
        total = torch.zeros((), device=self.device)
        units: Any = 0.0
        shown = getattr(self.module, "of_a_step", None)

        def given(max_rows: int) -> Iterator[tuple[int, Any]]:
            return shown(parts(max_rows)) if shown else parts(max_rows)

        added = self._halves(given, rows=rows) if self.halves else self._parts(given, rows=rows)
        for loss, weight in added:
            total += loss
            units += weight
        one_at_least = units.clamp(min=1) if torch.is_tensor(units) else max(1.0, units)
        if torch.is_tensor(units) or units != rows:  # the mean is not over rows
            grads = [w.grad for w in self.optimiser.weights if w.grad is not None]
            torch._foreach_mul_(grads, rows / one_at_least)
        return total * (rows / one_at_least)

    def _parts(self, parts: Parts, *, rows: int) -> Iterator[tuple[torch.Tensor, Any]]:
        """Add the gradients of one batch after the other."""
        for part_rows, batch in parts(self.max_rows):
            self._rows = part_rows
            loss, weight = self._loss(part_rows, batch, rows=rows)
            (loss if self.scaler is None else self.scaler.scale(loss)).backward()
            yield loss.detach(), weight

    def _halves(self, parts: Parts, *, rows: int) -> Iterator[tuple[torch.Tensor, Any]]:
        """Compute the gradients of two batches side by side, and add them in order."""
        assert self.halves is not None
        weights = self.optimiser.weights
        self._rows = min(self.max_rows, -(-rows // HALVES))

        def one(part: tuple[int, Any]) -> tuple[torch.Tensor, Any, Any]:
            loss, weight = self._loss(*part, rows=rows)
            grads = torch.autograd.grad(loss, weights, allow_unused=True)
            return loss.detach(), weight, grads

        for loss, weight, grads in self.halves.map(one, parts(self._rows)):
            for parameter, grad in zip(weights, grads, strict=True):
                if parameter.grad is None:
                    parameter.grad = grad
                elif grad is not None:
                    parameter.grad += grad
            yield loss, weight

    def _loss(self, part_rows: int, batch: Any, *, rows: int) -> tuple[torch.Tensor, Any]:
        """Return the batch's share of the mean loss, and how much the batch counts."""
        with autocast(self.device, self.chosen):
            answer = self.module(**batch)
        weight = self._units(answer.get("units", part_rows))
        return answer["loss"] * (weight / rows), weight

    def _units(self, counted: Any) -> Any:
        """Return how much a batch counts; a number that lies on a GPU is not asked for."""
        return counted if self.device != "cpu" and torch.is_tensor(counted) else float(counted)

    def _halve(self) -> None:
        """Take half of the rows at once from here on; said the first time."""
        self.optimiser.inner.zero_grad(set_to_none=True)
        if self.device == "cuda":
            torch.cuda.empty_cache()
        if self.whole or self._rows <= 1:
            what = "the rows of a step cannot be split" if self.whole else "it is a single row"
            raise no_memory(self.name, rows=self._rows, because=what)
        self.max_rows = -(-self._rows // 2)
        if not self.halved:
            self.say(progress("halves", name=self.name, rows=self._rows))
        self.halved = True


def is_memory(error: BaseException) -> bool:
    """Return whether it says that memory ran out."""
    known = isinstance(error, MemoryError | torch.OutOfMemoryError)
    return known or any(words in str(error).lower() for words in _NO_MEMORY)


def no_memory(name: str, *, rows: int, because: str) -> RefusedError:
    """Return the error of a run whose rows can be taken no fewer at once."""
    return RefusedError(
        f"{name}: memory ran out with {rows} rows at once, and {because}; take a "
        "smaller base, fewer tokens (max_tokens) or rows (batch_size), optimiser = "
        "'adafactor' or gradient_checkpointing = true in [training.craft]"
    )
