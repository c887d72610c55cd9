"""The loop: step by step through the epochs, judged, told, kept in checkpoints.

Enters what `chainring.training.trainer.train` was given, leaves the weights to keep and the curve.

    Loop(network, items, validation, run=run, ...).finish(Checkpoints(folder))

Everything that the next step hangs on is in the state that a checkpoint keeps: weights, states of
the optimiser and of every random generator, the number of the step. The order of the rows hangs on
the seed and the epoch alone.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeAlias

import torch
from torch import nn

from chainring.contracts.work import Work
from chainring.training.craft import batches, schedules
from chainring.training.craft.abreast import Abreast, abreast
from chainring.training.craft.averages import Average
from chainring.training.craft.checkpoints import Checkpoints
from chainring.training.craft.device import sent
from chainring.training.craft.gradients import Gradients, is_memory, no_memory
from chainring.training.craft.judge import Judge, by_items, rank, rank_in, told
from chainring.training.craft.losses import Losses
from chainring.training.craft.optimisers import Optimiser, parameter_groups
from chainring.training.craft.precision import autocast, precision
from chainring.training.craft.progress import POINTS, Curve, Progress
from chainring.training.craft.randomness import random_state, restore, same_draws, seed_all
from chainring.training.craft.ready import make_ready
from chainring.training.craft.run import Run
from chainring.training.craft.tracking import Tracking
from chainring.training.progress_sentences import progress

Item: TypeAlias = Mapping[str, Any]
Collate: TypeAlias = Callable[[Sequence[Any]], dict[str, torch.Tensor]]


class Loop:
    """A run on its way: everything that a checkpoint keeps, and the step."""

    def __init__(
        self,
        module: nn.Module,
        items: Sequence[Item],
        validation: Sequence[Item],
        *,
        run: Run,
        collate: Collate,
        work: Work,
        judge: Judge | None,
        length: Callable[[Item], int],
        every_s: float,
    ) -> None:
        seed_all(run.seed)
        self.module, self.items, self.run, self.work = module, items, run, work
        self.collate, self.length = collate, length
        self.lengths_n = [length(item) for item in items]
        self.device = work.placement.device.value
        self.chosen = precision(work.placement, run.craft.precision)
        self.judged_rows = 4 * run.batch_size
        self.judge = judge or self._by(validation)
        self.tokens_a_batch = make_ready(
            module,
            run,
            work,
            chosen=self.chosen,
            lengths_n=self.lengths_n,
            judged=self.judge is not None,
            written=batches.written(items, self.lengths_n),
            longest_of_two=batches.longest_of_two(items),
        )
        self.steps_an_epoch = batches.steps_of(len(items), rows_a_step=run.rows_a_step)
        self.steps = math.ceil(run.epochs * self.steps_an_epoch)
        self.warmup = schedules.warmup_steps(run.warmup_fraction, self.steps)
        groups = parameter_groups(
            module,
            learning_rate=run.learning_rate,
            weight_decay=run.weight_decay,
            layer_decay=run.layer_decay,
            by_size=run.by_size,
        )
        self.optimiser = Optimiser(groups, run.craft)
        self.gradients = Gradients(
            module,
            self.optimiser,
            name=run.name,
            chosen=self.chosen,
            device=self.device,
            max_rows=run.rows_a_step if run.whole_batches else run.batch_size,
            whole=run.whole_batches,
            say=work.say,
            halves=self._abreast(),
        )
        self.average = Average(module, decay=run.craft.ema)
        self.plateau = schedules.Plateau()
        self.patience = schedules.patience(run.craft.schedule, run.patience)
        self.progress = Progress(
            work.say, run.name, epochs=run.epochs, steps=self.steps, every_s=every_s
        )
        self.step = self.waited = 0
        self.stopped = False
        self.best: dict[str, Any] = {"step": -1, "rank": (-torch.inf, -torch.inf)}
        self.best_weights: dict[str, torch.Tensor] | None = None
        self.curve: Curve = []
        self.losses = Losses(run.name, device=self.device)
        self._order: tuple[int, list[list[int]]] = (-1, [])

    def finish(self, kept: Checkpoints) -> dict[str, Any]:
        """Make the steps that are left; return the weights to keep, and the curve."""
        last = kept.last()
        if last is not None:
            self.step, state = last
            self._load(state)
            at = progress("goes on", name=self.run.name, step=self.step, steps=self.steps)
            self.work.say(at)
        saved = time.monotonic()
        with Tracking(self.run, work=self.work) as self.tracking:
            while self.step < self.steps and not self.stopped:
                self._make_step()
                if time.monotonic() - saved >= 60 * self.run.craft.checkpoint_minutes:
                    self._save(kept)
                    saved = time.monotonic()
        if self.best_weights is not None:
            return {"module": self.best_weights, "curve": self.curve}
        with self.average.in_place():
            return {"module": _copied(self.module), "curve": self.curve}

    @property
    def epoch(self) -> float:
        """How many epochs are made."""
        return self.step / self.steps_an_epoch

    def _make_step(self) -> None:
        factor = self.plateau.factor * schedules.factor(
            self.run.craft.schedule, step=self.step, steps=self.steps, warmup=self.warmup
        )
        rows = self._rows(self.step)
        loss, norm = self.gradients.of(self._parts(rows), rows=len(rows))
        self.losses.took(step=self.step + 1, loss=loss, norm=norm)
        self.optimiser.step(factor=factor, scaler=self.gradients.scaler)
        self.average.update()
        self.step += 1
        self.progress.took(len(rows))
        if (
            self.step % max(1, self.steps // POINTS, self.losses.unread_at_most) == 0
            or self.step == self.steps
        ):
            self._point(
                loss=self.losses.mean(),
                learning_rate=self.run.learning_rate * factor,
                gradient_norm=self.losses.norm,
            )
        if self.progress.due:
            self.progress.tell(step=self.step, epoch=self.epoch, loss=float(loss))
        every = self.run.judge_every or self.steps_an_epoch
        if self.step % every == 0 or self.step == self.steps:
            self._look()

    def _abreast(self) -> Abreast | None:
        """Return what computes a step's halves side by side, on a processor where it may.

        Not with float16, whose scaled losses are added up one after the other.
        """
        if self.device != "cpu" or self.run.whole_batches or self.run.craft.compile == "always":
            return None
        if self.chosen.value == "fp16":
            return None
        return abreast(self.module, threads=int(self.work.placement.threads.value))

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
        whole = self.run.whole_batches

        def parts(max_rows: int) -> Iterator[tuple[int, Any]]:
            split = batches.split(
                rows,
                self.lengths_n,
                max_tokens=2**62 if whole else self.tokens_a_batch,
                max_rows=max_rows,
            )
            for places in split:
                yield len(places), self._batch([self.items[i] for i in places])

        return parts

    def _by(self, validation: Sequence[Item]) -> Judge | None:
        """Return what judges by validation items; None where there are none."""
        if not validation:
            return None

        def judged(module: nn.Module) -> dict[str, float]:
            while True:
                try:
                    with autocast(self.device, self.chosen):
                        return by_items(module, self._batches(validation))
                except (MemoryError, RuntimeError) as error:
                    if not is_memory(error):
                        raise
                self._judge_fewer()

        return judged

    def _judge_fewer(self) -> None:
        """Judge half of the rows at once from here on."""
        if self.judged_rows == 1:
            raise no_memory(self.run.name, rows=1, because="it is a single row")
        self.judged_rows //= 2
        if self.device == "cuda":
            torch.cuda.empty_cache()

    def _batch(self, items: Sequence[Item]) -> dict[str, torch.Tensor]:
        return sent(self.collate(items), device=self.device)

    def _batches(self, items: Sequence[Item]) -> Iterator[tuple[int, dict[str, torch.Tensor]]]:
        lengths_n = [self.length(item) for item in items]
        if self.gradients.halved:
            self.judged_rows = min(self.judged_rows, self.gradients.max_rows)
        limits = {"max_tokens": self.tokens_a_batch, "max_rows": self.judged_rows}
        for places in batches.split(range(len(items)), lengths_n, **limits):
            yield len(places), self._batch([items[i] for i in places])

    def _point(self, **measures: float) -> None:
        self.curve.append({"step": self.step, "epoch": self.epoch, **measures})
        self.tracking.log(self.step, {**measures, "rows_per_s": self.progress.rows_per_s})

    def _look(self) -> None:
        """Judge the averaged weights; keep them where they are the best so far."""
        if self.judge is None:
            return
        self.module.eval()
        with self.average.in_place(), torch.no_grad(), same_draws(self.run.seed):
            measures = self.judge(self.module)
            found = rank(measures, step=self.step)
            if found > self.best["rank"]:
                self.best = {"step": self.step, "rank": found}
                self.best_weights, self.waited = _copied(self.module), -1
        self.module.train()
        self.waited += 1
        self.plateau.look(rank(measures, step=0))  # a later step alone is no better
        self.stopped = bool(self.patience) and self.waited >= self.patience
        self._point(**{f"validation_{name}": value for name, value in measures.items()})
        epoch = f"{self.epoch:g}"
        self.work.say(progress("judged", name=self.run.name, epoch=epoch, told=told(measures)))

    def _save(self, kept: Checkpoints) -> None:
        self.losses.read()
        if self.best_weights is not None:
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
            "losses": self.losses.known,
        }
        kept.save(step=self.step, state=state)

    def _load(self, state: dict[str, Any]) -> None:
        self.module.load_state_dict(state["module"])
        self.optimiser.inner.load_state_dict(state["optimiser"])
        self.gradients.load(state["gradients"])
        self.average.load(state["average"])
        self.plateau = schedules.Plateau(**state["plateau"])
        self.waited, self.stopped = state["waited"], state["stopped"]
        self.best, self.curve, self.losses.known = state["best"], state["curve"], state["losses"]
        best, self.best_weights = self.best["step"], state["best_weights"]
        if "rank" not in self.best:  # a version that compared scores alone wrote it
            self.best = {"step": best, "rank": rank_in(self.curve, step=best)}
        if isinstance(state["plateau"]["best"], float):  # of such a version, too
            self.plateau.best = self.best["rank"]
        restore(state["random"])


def _copied(module: nn.Module) -> dict[str, torch.Tensor]:
    return {name: value.detach().cpu().clone() for name, value in module.state_dict().items()}
