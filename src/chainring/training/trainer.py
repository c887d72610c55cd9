"""One training run: rows in batches by length and tokens, resumed after a kill.

Enters a module whose `forward` returns a loss, and items with token ids, leaves the module trained.

    curve = train(network, items, validation, run=Run(...), collate=collate, work=work)

`module(**collate(items))` returns `{"loss": …}`, the mean over the batch's rows; where it is the
mean over something else (tokens), `"units"` beside it says of how many, so that batches which are
split by memory still make the same gradient. `"logits"` beside it are judged by accuracy. What was
learnt is in scratch after every minute: another try goes on from there and ends with the same
weights, to the last bit on a processor.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

import torch
from torch import nn

from chainring.contracts.placement import Placement
from chainring.contracts.work import Work
from chainring.training.craft import batches, schedules
from chainring.training.craft.averages import Average
from chainring.training.craft.checkpoints import Checkpoints
from chainring.training.craft.dropout import quicken
from chainring.training.craft.gradients import Gradients
from chainring.training.craft.judge import Judge, by_items, score, told
from chainring.training.craft.optimisers import Optimiser, parameter_groups
from chainring.training.craft.precision import autocast, precision
from chainring.training.craft.progress import POINTS, Curve, Progress
from chainring.training.craft.randomness import random_state, restore, same_draws, seed_all
from chainring.training.craft.settings import CraftSettings

MARK = "whole"
SECONDS_A_LINE = 10.0

Item: TypeAlias = Mapping[str, Any]
Collate: TypeAlias = Callable[[Sequence[Any]], dict[str, torch.Tensor]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What one training run needs besides rows.

    `patience` counts validations without a better one before it stops; 0: never. `judge_every`
    counts steps between validations; 0: after each epoch. With `whole_batches` no batch is split,
    for losses that compare the rows of a batch with each other.
    """

    name: str
    epochs: int
    learning_rate: float
    batch_size: int
    warmup_fraction: float
    weight_decay: float
    seed: int
    layer_decay: float = 1.0
    patience: int = 0
    judge_every: int = 0
    whole_batches: bool = False
    craft: CraftSettings = field(default_factory=CraftSettings)

    @property
    def rows_a_step(self) -> int:
        """Rows whose gradients make one step."""
        return self.batch_size * self.craft.accumulation


def prepare_torch(placement: Placement) -> None:
    """Quieten transformers and give torch the threads of the placement."""
    from transformers.utils import logging

    logging.set_verbosity_error()
    logging.disable_progress_bar()
    threads = int(placement.threads.value)
    if threads > 0:
        torch.set_num_threads(threads)


def train(
    module: nn.Module,
    items: Sequence[Item],
    validation: Sequence[Item],
    *,
    run: Run,
    collate: Collate,
    work: Work,
    judge: Judge | None = None,
    length: Callable[[Item], int] = batches.length,
) -> Curve:
    """Train `module` in place and return its curve; where it is judged, the best weights stay.

    Parameters
    ----------
    validation
        Items that tell when to stop and which weights to keep; none: the last ones are kept.
    judge
        Measures the module in place of the validation items; the first measure decides.
    length
        Tokens that an item costs.

    Raises
    ------
    RefusedError
        The loss is no number any more, or not even one row fits in memory.
    """
    kept = Checkpoints(checkpoints(work, run.name))
    finished = kept.finished()
    if finished is None:
        training = _Training(module, items, run=run, collate=collate, work=work, length=length)
        training.judge = judge or training.by(validation)
        finished = training.finish(kept)
        kept.finish(finished)
    module.to("cpu").load_state_dict(finished["module"])
    module.eval()
    curve: Curve = finished["curve"]
    return curve


def checkpoints(work: Work, name: str) -> Path:
    """Return the folder of a run's checkpoints, which survives a kill."""
    return work.scratch / f"{name}-checkpoints"


class _Training:
    """A run on its way: everything that a checkpoint keeps, and the step."""

    judge: Judge | None = None

    def __init__(
        self,
        module: nn.Module,
        items: Sequence[Item],
        *,
        run: Run,
        collate: Collate,
        work: Work,
        length: Callable[[Item], int],
    ) -> None:
        seed_all(run.seed)
        self.module, self.items, self.run, self.work = module, items, run, work
        self.device = work.placement.device.value
        module.to(self.device).train()
        if self.device == "cpu":
            quicken(module)
        self.collate, self.length = collate, length
        self.lengths_n = [length(item) for item in items]
        craft = run.craft
        self.steps_an_epoch = batches.steps_of(len(items), rows_a_step=run.rows_a_step)
        self.steps = run.epochs * self.steps_an_epoch
        self.warmup = schedules.warmup_steps(run.warmup_fraction, self.steps)
        groups = parameter_groups(
            module,
            learning_rate=run.learning_rate,
            weight_decay=run.weight_decay,
            layer_decay=run.layer_decay,
        )
        self.optimiser = Optimiser(groups, craft)
        self.gradients = Gradients(
            module,
            self.optimiser,
            name=run.name,
            chosen=precision(work.placement, craft.precision),
            device=self.device,
            max_rows=run.rows_a_step if run.whole_batches else run.batch_size,
            whole=run.whole_batches,
            say=work.say,
        )
        self.average = Average(module, decay=craft.ema)
        self.plateau = schedules.Plateau()
        self.progress = Progress(
            work.say, run.name, epochs=run.epochs, steps=self.steps, every_s=SECONDS_A_LINE
        )
        self.step = self.waited = 0
        self.stopped = False
        self.best: dict[str, Any] = {"step": -1, "score": -torch.inf}
        self.best_weights: dict[str, torch.Tensor] | None = None
        self.curve: Curve = []
        self.losses: list[float] = []
        self._order: tuple[int, list[list[int]]] = (-1, [])

    def by(self, validation: Sequence[Item]) -> Judge | None:
        """Return what judges by validation items; None where there are none."""
        if not validation:
            return None

        def judged(module: nn.Module) -> dict[str, float]:
            with autocast(self.device, self.gradients.chosen):
                return by_items(module, self._batches(validation))

        return judged

    def finish(self, kept: Checkpoints) -> dict[str, Any]:
        """Make the steps that are left; return the weights to keep, and the curve."""
        last = kept.last()
        if last is not None:
            self.step, state = last
            self._load(state, kept)
            self.work.say(f"{self.run.name}: going on from step {self.step} of {self.steps}")
        saved = time.monotonic()
        while self.step < self.steps and not self.stopped:
            self._make_step()
            if time.monotonic() - saved >= 60 * self.run.craft.checkpoint_minutes:
                self._save(kept)
                saved = time.monotonic()
        if self.best_weights is not None:
            return {"module": self.best_weights, "curve": self.curve}
        with self.average.in_place():
            return {"module": _copied(self.module), "curve": self.curve}

    def _make_step(self) -> None:
        factor = self.plateau.factor * schedules.factor(
            self.run.craft.schedule, step=self.step, steps=self.steps, warmup=self.warmup
        )
        rows = self._rows(self.step)
        loss, norm = self.gradients.of(self._parts(rows), rows=len(rows), step=self.step)
        self.optimiser.step(factor=factor, scaler=self.gradients.scaler)
        self.average.update()
        self.step += 1
        self.losses.append(loss)
        self.progress.took(len(rows))
        epoch = self.step / self.steps_an_epoch
        if self.step % max(1, self.steps // POINTS) == 0 or self.step == self.steps:
            self._point(
                loss=sum(self.losses) / len(self.losses),
                learning_rate=self.run.learning_rate * factor,
                gradient_norm=norm,
            )
            self.losses.clear()
        if self.progress.due:
            self.progress.tell(step=self.step, epoch=epoch, loss=loss)
        if self.step % (self.run.judge_every or self.steps_an_epoch) == 0:
            self._look()

    def _rows(self, step: int) -> list[int]:
        epoch, place = divmod(step, self.steps_an_epoch)
        if self._order[0] != epoch:
            steps = batches.epoch_steps(
                self.lengths_n, rows_a_step=self.run.rows_a_step, seed=self.run.seed, epoch=epoch
            )
            self._order = (epoch, steps)
        return self._order[1][place]

    def _parts(self, rows: list[int]) -> Callable[[int], Iterator[tuple[int, Any]]]:
        """Return what gives the batches of a step, of so many rows at most."""

        def parts(max_rows: int) -> Iterator[tuple[int, Any]]:
            whole = self.run.whole_batches
            limits = {
                "max_tokens": len(rows) * 2**40 if whole else self.run.craft.tokens_a_batch,
                "max_rows": max_rows,
            }
            for places in batches.split(rows, self.lengths_n, **limits):
                yield len(places), self._batch([self.items[i] for i in places])

        return parts

    def _batch(self, items: Sequence[Item]) -> dict[str, torch.Tensor]:
        return {name: value.to(self.device) for name, value in self.collate(items).items()}

    def _batches(self, items: Sequence[Item]) -> Iterator[tuple[int, dict[str, torch.Tensor]]]:
        lengths_n = [self.length(item) for item in items]
        limits = {"max_tokens": self.run.craft.tokens_a_batch, "max_rows": 4 * self.run.batch_size}
        for places in batches.split(range(len(items)), lengths_n, **limits):
            yield len(places), self._batch([items[i] for i in places])

    def _point(self, **measures: float) -> None:
        epoch = self.step / self.steps_an_epoch
        self.curve.append({"step": self.step, "epoch": epoch, **measures})

    def _look(self) -> None:
        """Judge the averaged weights; keep them where they are the best so far."""
        if self.judge is None:
            return
        self.module.eval()
        with self.average.in_place(), torch.no_grad(), same_draws(self.run.seed):
            measures = self.judge(self.module)
            found = score(measures)
            if found > self.best["score"]:
                self.best = {"step": self.step, "score": found}
                self.best_weights, self.waited = _copied(self.module), -1
        self.module.train()
        self.waited += 1
        self.plateau.look(found)
        self.stopped = bool(self.run.patience) and self.waited >= self.run.patience
        self._point(**{f"validation_{name}": value for name, value in measures.items()})
        epoch = self.step / self.steps_an_epoch
        self.work.say(f"{self.run.name}: epoch {epoch:g}, {told(measures)}")

    def _save(self, kept: Checkpoints) -> None:
        if self.best["step"] >= 0 and self.best_weights is not None:
            kept.save_best(step=self.best["step"], weights=self.best_weights)
        state = {
            "module": self.module.state_dict(),
            "optimiser": self.optimiser.inner.state_dict(),
            "gradients": self.gradients.state(),
            "average": self.average.state(),
            "plateau": self.plateau.state(),
            "random": random_state(),
            "waited": self.waited,
            "stopped": self.stopped,
            "best": self.best,
            "curve": self.curve,
            "losses": self.losses,
        }
        kept.save(step=self.step, state=state)

    def _load(self, state: dict[str, Any], kept: Checkpoints) -> None:
        self.module.load_state_dict(state["module"])
        self.optimiser.inner.load_state_dict(state["optimiser"])
        self.gradients.load(state["gradients"])
        self.average.load(state["average"])
        self.plateau = schedules.Plateau(**state["plateau"])
        self.waited, self.stopped = state["waited"], state["stopped"]
        self.best, self.curve, self.losses = state["best"], state["curve"], state["losses"]
        if self.best["step"] >= 0:
            self.best_weights = kept.best(self.best["step"])
        restore(state["random"])


def _copied(module: nn.Module) -> dict[str, torch.Tensor]:
    return {name: value.detach().cpu().clone() for name, value in module.state_dict().items()}
