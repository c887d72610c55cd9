"""What TRL's loop is watched by: lines, a curve, and a refusal where the loss is no number.

watch = Watch("dpo", epochs=2, steps=40, rows_a_step=16, say=work.say)
trainer.add_callback(watch)          # of transformers; its log is taken step by step
watch.curve                          # as that of our own loop
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from transformers import TrainerCallback

from chainring.training.craft.losses import Losses
from chainring.training.craft.progress import POINTS, Curve, Progress
from chainring.training.trainer import SECONDS_A_LINE


class Watch(TrainerCallback):  # type: ignore[misc]  # transformers is read without its types
    """Takes the numbers of every step; raises RefusedError where a loss is no number."""

    def __init__(
        self,
        name: str,
        *,
        epochs: int,
        steps: int,
        rows_a_step: int,
        say: Callable[[str], None],
    ) -> None:
        self.losses = Losses(name, device="cpu")  # TRL has the number read already
        self.progress = Progress(say, name, epochs=epochs, steps=steps, every_s=SECONDS_A_LINE)
        self.rows_a_step, self.steps = rows_a_step, steps
        self.curve: Curve = []

    def on_log(self, args: Any, state: Any, control: Any, logs: Any = None, **_: Any) -> None:
        """Take a step's loss, rate and norm; the last log of a training has no loss."""
        if "loss" not in logs:
            return
        step, epoch = state.global_step, float(state.epoch)
        loss, norm = (torch.tensor(float(logs.get(key, 0.0))) for key in ("loss", "grad_norm"))
        self.losses.took(step=step, loss=loss, norm=norm)
        self.progress.took(self.rows_a_step)
        if step % max(1, self.steps // POINTS) == 0 or step == self.steps:
            self.curve.append(
                {
                    "step": step,
                    "epoch": epoch,
                    "loss": self.losses.mean(),
                    "learning_rate": float(logs["learning_rate"]),
                    "gradient_norm": self.losses.norm,
                }
            )
        if self.progress.due:
            self.progress.tell(step=step, epoch=epoch, loss=float(loss))
