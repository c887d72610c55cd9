"""What one training run needs besides rows.

Run(name="encoder", epochs=4, learning_rate=1e-4, batch_size=64, warmup_fraction=0.1,
weight_decay=0.01, seed=0, craft=settings.craft)
"""

from __future__ import annotations

from dataclasses import dataclass, field

from chainring.training.craft.settings import CraftSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """Epochs, rates and craft of a run; its name stands in lines, curves and checkpoints.

    The last epoch may be a part of one. `patience` counts validations since the one whose weights
    are kept (the best; of equals the one of the lower loss, without losses the latest) before it
    stops; 0: never. `judge_every` counts steps between validations; 0: after each epoch. With
    `whole_batches` no batch is split, for losses that compare the rows of a batch with each other.
    `by_size` is the size of weights (root mean square) that have the rate, others one in proportion
    (N. Shazeer and M. Stern 2018, section 8), as T5 asks for; 0: all weights have the same one.
    """

    name: str
    epochs: float
    learning_rate: float
    batch_size: int
    warmup_fraction: float
    weight_decay: float
    seed: int
    layer_decay: float = 1.0
    by_size: float = 0.0
    patience: int = 0
    judge_every: int = 0
    whole_batches: bool = False
    craft: CraftSettings = field(default_factory=CraftSettings)

    @property
    def rows_a_step(self) -> int:
        """Rows whose gradients make one step."""
        return self.batch_size * self.craft.accumulation
