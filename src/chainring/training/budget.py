"""How many epochs, or which share of one, fit the budget.

The estimate comes from counts alone (parameters, tokens, placement), never from a clock: a busy
machine, or a kill and another try, must not change the model. The nominal speeds were measured on
short texts with MiniLM: bfloat16 on a core with AMX, by an earlier loop; float32 on a core with
AVX2, where a step reached 60 on one core and a whole training on two, with its start and its
validations, 43 to 45 on each. A slower machine takes longer than the budget by the same factor, and
says so in its time left.

A GPU's bfloat16 is an A100's, a third of its data sheet (312 TFLOP/s). Steps of pre-training on an
H200, compiled and in full batches, reached 286 (BERT-base) and 340 TFLOP/s (GPT-2 124M) by the
count of here, 29 and 34 % of its data sheet; transformers' Trainer 195 and 153
(docs/benchmarks/gpu.md). Float32 was measured on no card: its speed is a guess for older ones,
which have no bfloat16. Where a batch holds but the rows of a step, a small network waits for its
launches: it is thought to pass no more tokens than BERT-base. Two small translators passed about
88,000 and 110,000 a second, beside fourteen other runs (docs/benchmarks/translation.md).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import TypeVar

from chainring.contracts.placement import Placement
from chainring.training.sentences import say

T = TypeVar("T")
MIN_ITEMS = 100
MIN_STEPS, MIN_BATCH_SIZE = 50, 16
"""Where a training was cut: fewer rows make a step, but not fewer than so many."""

FLOPS_A_PARAMETER = 6
"""Forward 2, backward 4 a token: J. Kaplan and others 2020, "Scaling laws", section 2.1."""

GIGAFLOPS_A_CORE = {"bf16": 85.0, "fp32": 43.0}
NOMINAL_CORES = 2
GIGAFLOPS_GPU = {"bf16": 100_000.0, "fp32": 8_000.0}
TOKENS_A_SECOND_GPU = 188_000.0
"""At most, where batches are not full: those of BERT-base (88.5 million weights) at full speed."""


def nominal_gigaflops(placement: Placement) -> float:
    """Return the assumed training speed; cores do not enter, since threads change no result."""
    if placement.device.value != "cpu":
        full = GIGAFLOPS_GPU.get(placement.precision.value, GIGAFLOPS_GPU["fp32"])
        return full * placement.world_size
    return GIGAFLOPS_A_CORE.get(placement.precision.value, GIGAFLOPS_A_CORE["fp32"]) * NOMINAL_CORES


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    """Epochs, and the share of the items that each of them sees; `because` says why it was cut.

    Only a pre-training's last epoch may be a part of one. An epoch of all items should take so many
    `epoch_minutes`.
    """

    epochs: float
    share: float = 1.0
    because: str = ""
    epoch_minutes: float = 0.0

    def minutes(self, epochs: float) -> float:
        """Return what so many epochs of the share of the items should take."""
        return epochs * self.share * self.epoch_minutes


def fit(
    wanted: int,
    *,
    parameters: int,
    tokens: int,
    minutes: float,
    placement: Placement,
    packed: bool = False,
) -> Fit:
    """Return the epochs that should fit; where not even one does, the share of one that does.

    They are whole, so that every row teaches as often as another; a packed text may end within one.

    Parameters
    ----------
    wanted
        Epochs asked for; 0 stays 0.
    parameters
        Weights that every token passes (without the embedding tables).
    tokens
        Tokens of one epoch.
    minutes
        Time that may be spent.
    placement
        Device and precision decide on the nominal speed.
    packed
        Whether batches are full whatever the rows of a step, as in pre-training.
    """
    speed = nominal_gigaflops(placement) * 1e9
    epoch_s = max(1e-9, FLOPS_A_PARAMETER * parameters * tokens / speed)
    if placement.device.value != "cpu" and not packed:
        epoch_s = max(epoch_s, tokens / (TOKENS_A_SECOND_GPU * placement.world_size))
    fitting = minutes * 60 / epoch_s
    if wanted <= fitting:
        return Fit(epochs=wanted, epoch_minutes=epoch_s / 60)
    epochs: float = max(1, int(fitting))
    if packed and fitting > 1:
        epochs = int(100 * fitting) / 100
    because = say(
        "budget",
        epochs=f"{epochs:g}" if fitting >= 1 else say("part of one", share=f"{fitting:.1%}"),
        wanted=wanted,
        seconds=f"{epoch_s:.0f}",
        minutes=f"{minutes:.1f}",
    )
    share = min(1.0, fitting)
    return Fit(epochs=epochs, share=share, because=because, epoch_minutes=epoch_s / 60)


def sample(items: Sequence[T], share: float, *, seed: int) -> Sequence[T]:
    """Return a random share of the items in their order, at least 100 where there are so many."""
    if share >= 1.0:
        return items
    count = min(len(items), max(MIN_ITEMS, round(share * len(items))))
    return [items[i] for i in sorted(Random(seed).sample(range(len(items)), count))]


def rows_a_step(asked: int, *, rows: int, fitting: Fit, accumulation: int = 1) -> int:
    """Return the rows of a batch as asked, or fewer where the budget left too few steps.

    A step adds up `accumulation` batches.

    >>> [rows_a_step(128, rows=rows, fitting=Fit(epochs=1, because="cut")) for rows in (100, 3000)]
    [16, 60]
    """
    if not fitting.because:
        return asked
    a_step = max(MIN_BATCH_SIZE, int(fitting.epochs * rows) // MIN_STEPS)
    return min(asked, max(1, a_step // accumulation))
