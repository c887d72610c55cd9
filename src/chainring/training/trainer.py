"""Training runs with transformers' Trainer: one line of progress, resumed after a kill.

Enters a module whose `forward` returns a loss, and items with token ids, leaves the module trained.
A checkpoint is written after every epoch; one that a kill left half written carries no mark and is
thrown away, so that the next try goes on from the last whole one and ends with the same weights.

    train(network, items, validation, run=Run(...), work=work)
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn
from transformers import (
    EarlyStoppingCallback,
    PrinterCallback,
    Trainer,
    TrainerCallback,
    TrainingArguments,
)

from chainring.contracts.placement import Placement
from chainring.contracts.work import Work

MARK = "whole"
SECONDS_A_LINE = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What one training run needs besides rows."""

    name: str
    epochs: int
    learning_rate: float
    batch_size: int
    warmup_fraction: float
    weight_decay: float
    seed: int
    patience: int = 0


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
    items: Sequence[dict[str, Any]],
    validation: Sequence[dict[str, Any]],
    *,
    run: Run,
    collate: Callable[[Sequence[dict[str, Any]]], dict[str, torch.Tensor]],
    work: Work,
) -> None:
    """Train `module` in place; with validation items, keep the best epoch and stop early."""
    folder = checkpoints(work, run.name)
    trainer = Trainer(
        module,
        _arguments(folder, run, work.placement, judged=bool(validation)),
        train_dataset=items,
        eval_dataset=validation or None,
        data_collator=collate,
        compute_metrics=_accuracy if validation else None,
        callbacks=[_Progress(work.say, run.name, rows=len(items)), _Mark()],
    )
    trainer.remove_callback(PrinterCallback)
    if validation and run.patience:
        trainer.add_callback(EarlyStoppingCallback(run.patience))
    last = last_checkpoint(folder)
    if last is not None:
        work.say(f"{run.name}: going on from {last.name}")
    trainer.train(resume_from_checkpoint=str(last) if last else None)
    module.to("cpu").eval()


def checkpoints(work: Work, name: str) -> Path:
    """Return the folder of a run's checkpoints, which survives a kill."""
    return work.scratch / f"{name}-checkpoints"


def last_checkpoint(folder: Path) -> Path | None:
    """Return the newest whole checkpoint, after throwing half-written ones away."""
    found = list(folder.glob("checkpoint-*"))
    for path in found:
        if not (path / MARK).exists():
            shutil.rmtree(path)
    whole = [path for path in found if path.exists()]
    return max(whole, key=lambda path: int(path.name.rpartition("-")[2]), default=None)


def _arguments(folder: Path, run: Run, placement: Placement, *, judged: bool) -> TrainingArguments:
    return TrainingArguments(
        str(folder),
        num_train_epochs=run.epochs,
        learning_rate=run.learning_rate,
        per_device_train_batch_size=run.batch_size,
        per_device_eval_batch_size=run.batch_size,
        warmup_steps=run.warmup_fraction,
        weight_decay=run.weight_decay,
        seed=run.seed,
        bf16=placement.precision.value == "bf16",
        use_cpu=placement.device.value == "cpu",
        train_sampling_strategy="group_by_length",
        remove_unused_columns=False,
        label_names=["labels"],
        eval_strategy="epoch" if judged else "no",
        save_strategy="epoch",
        save_total_limit=2,
        load_best_model_at_end=judged,
        metric_for_best_model="accuracy" if judged else None,
        restore_callback_states_from_checkpoint=True,
        logging_strategy="steps",
        logging_steps=10,
        disable_tqdm=True,
        report_to=[],
        dataloader_pin_memory=False,
    )


def _accuracy(answered: Any) -> dict[str, float]:
    return {"accuracy": float((answered.predictions.argmax(-1) == answered.label_ids).mean())}


class _Mark(TrainerCallback):  # type: ignore[misc]
    """Marks a checkpoint once all of it is written."""

    def on_save(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        (Path(args.output_dir) / f"checkpoint-{state.global_step}" / MARK).touch()


class _Progress(TrainerCallback):  # type: ignore[misc]
    """Says loss, rate and time left every ten seconds, and the accuracy after each epoch."""

    def __init__(self, say: Callable[[str], None], name: str, *, rows: int) -> None:
        self.say, self.name, self.rows = say, name, rows
        self.started = self.said = time.monotonic()
        self.first_step = 0

    def on_train_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        self.started = self.said = time.monotonic()
        self.first_step = state.global_step

    def on_log(self, args: Any, state: Any, control: Any, logs: Any = None, **_: Any) -> None:
        now, steps = time.monotonic(), state.global_step - self.first_step
        if "loss" not in (logs or {}) or now - self.said < SECONDS_A_LINE or not steps:
            return
        self.said = now
        step_s = (now - self.started) / steps
        rate = self.rows * state.num_train_epochs / state.max_steps / step_s
        left_s = (state.max_steps - state.global_step) * step_s
        self.say(
            f"{self.name}: epoch {state.epoch:.1f} of {state.num_train_epochs:g}, loss "
            f"{float(logs['loss']):.3f}, {rate:.0f} rows/s, {left_s:.0f} s left"
        )

    def on_evaluate(self, args: Any, state: Any, control: Any, metrics: Any, **_: Any) -> None:
        accuracy = metrics.get("eval_accuracy")
        if accuracy is not None:
            self.say(f"{self.name}: epoch {state.epoch:.0f}, {accuracy:.1%} right on validation")
