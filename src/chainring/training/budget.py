"""How many epochs, or which share of one, fit the budget.

The estimate comes from counts alone (parameters, tokens, placement), never from a clock: a busy
machine, or a kill and another try, must not change the model. The nominal speeds were measured on
short texts with MiniLM: bfloat16 on a core with AMX, by an earlier loop; float32 on a core with
AVX2, where a step reached 60 on one core and a whole training on two, with its start and its
validations, 43 to 45 on each. A slower machine takes longer than the budget by the same factor, and
says so in its time left.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import TypeVar

from chainring.contracts.placement import Placement

T = TypeVar("T")
MIN_ITEMS = 100

FLOPS_A_PARAMETER = 6
"""Forward 2, backward 4 a token: J. Kaplan and others 2020, "Scaling laws", section 2.1."""

GIGAFLOPS_A_CORE = {"bf16": 85.0, "fp32": 43.0}
NOMINAL_CORES = 2
GIGAFLOPS_GPU = 8000.0


def nominal_gigaflops(placement: Placement) -> float:
    """Return the assumed training speed; cores do not enter, since threads change no result."""
    if placement.device.value != "cpu":
        return GIGAFLOPS_GPU * placement.world_size
    return GIGAFLOPS_A_CORE.get(placement.precision.value, GIGAFLOPS_A_CORE["fp32"]) * NOMINAL_CORES


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    """Epochs, and the share of the items that each of them sees; `because` says why it was cut."""

    epochs: int
    share: float = 1.0
    because: str = ""


def fit(wanted: int, *, parameters: int, tokens: int, minutes: float, placement: Placement) -> Fit:
    """Return the epochs that should fit; where not even one does, the share of one that does.

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
    """
    speed = nominal_gigaflops(placement) * 1e9
    epoch_s = max(1e-9, FLOPS_A_PARAMETER * parameters * tokens / speed)
    fitting = minutes * 60 / epoch_s
    if wanted <= fitting:
        return Fit(epochs=wanted)
    what = f"{int(fitting)}" if fitting >= 1 else f"{fitting:.1%} of one"
    because = (
        f"{what} of {wanted} epochs: one takes about {epoch_s:.0f} s and the budget leaves "
        f"{minutes:.1f} min; raise training.budget_minutes for more"
    )
    return Fit(epochs=max(1, int(fitting)), share=min(1.0, fitting), because=because)


def sample(items: Sequence[T], share: float, *, seed: int) -> Sequence[T]:
    """Return a random share of the items in their order, at least 100 where there are so many."""
    if share >= 1.0:
        return items
    count = min(len(items), max(MIN_ITEMS, round(share * len(items))))
    return [items[i] for i in sorted(Random(seed).sample(range(len(items)), count))]
