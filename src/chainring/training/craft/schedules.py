"""The learning rate of every step: warm-up, then linear, cosine, constant, or by plateau.

    factor("cosine", step=50, steps=100, warmup=0)      # 0.5

A factor multiplies the peak rate. `step` counts from 0 the steps made before. With warm-up of W
steps the factor is step / W before step W (W is never 1, which would be a step without rate);
after it, with the share p = (step − W) / (steps − W): linear 1 − p, cosine (1 + cos πp) / 2
(I. Loshchilov and F. Hutter 2017, "SGDR", equation 5, one cycle), constant and plateau 1.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any

PLATEAU_FACTOR = 0.5
PLATEAU_PATIENCE = 1
MIN_PATIENCE_ON_PLATEAU = 2 * (PLATEAU_PATIENCE + 1) + 1
"""Validations without gain before a stop: two halvings, and one at the rate of the second."""


def patience(schedule: str, asked: int) -> int:
    """Return the validations without gain before a training stops; 0: it never does.

    By plateau it waits until lower rates were tried.

    >>> patience("linear", 2), patience("plateau", 2), patience("plateau", 0)
    (2, 5, 0)
    """
    return max(asked, MIN_PATIENCE_ON_PLATEAU) if asked and schedule == "plateau" else asked


def warmup_steps(fraction: float, steps: int) -> int:
    """Return the steps of warm-up, rounded up as transformers does; none where it would be one.

    A step of rate 0 would be all of it, and all of a training of one step.

    >>> [warmup_steps(0.1, steps) for steps in (1, 10, 11, 30)]
    [0, 0, 2, 3]
    """
    found = math.ceil(fraction * steps)
    return found if found > 1 else 0


def factor(name: str, *, step: int, steps: int, warmup: int) -> float:
    """Return by what the peak learning rate is multiplied in a step.

    >>> [factor("linear", step=s, steps=4, warmup=2) for s in range(5)]
    [0.0, 0.5, 1.0, 0.5, 0.0]
    """
    if step < warmup:
        return step / warmup
    share = min(1.0, (step - warmup) / max(1, steps - warmup))
    if name == "linear":
        return 1.0 - share
    if name == "cosine":
        return 0.5 * (1.0 + math.cos(math.pi * share))
    return 1.0


@dataclass(slots=True)
class Plateau:
    """Halves the rate where the weights got no better for more than one validation.

    Looked at once a validation: a schedule that steps on the loss of every batch takes the noise
    of batches for a plateau and has used up its rate within an epoch.
    """

    best: tuple[float, float] = (-math.inf, -math.inf)
    waited: int = 0
    factor: float = 1.0

    def look(self, rank: tuple[float, float]) -> None:
        """Take a score and what decides between equals, the higher the better."""
        if rank > self.best:
            self.best, self.waited = rank, 0
            return
        self.waited += 1
        if self.waited > PLATEAU_PATIENCE:
            self.factor, self.waited = self.factor * PLATEAU_FACTOR, 0

    def state(self) -> dict[str, Any]:
        """Return what a checkpoint keeps."""
        return asdict(self)
