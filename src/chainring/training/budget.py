"""How many epochs fit the budget.

The estimate comes from counts alone (parameters, tokens, placement), never from a clock: a busy
machine, or a kill and another try, must not change the model. The nominal speeds were measured on
two cores with AMX (bfloat16) and AVX-512 (float32), short texts, MiniLM; a slower machine takes
longer than the budget by the same factor at every epoch, and says so in its time left.
"""

from __future__ import annotations

from chainring.contracts.placement import Placement

FLOPS_A_PARAMETER = 6
"""Forward 2, backward 4 a token: J. Kaplan and others 2020, "Scaling laws", section 2.1."""

GIGAFLOPS_A_CORE = {"bf16": 85.0, "fp32": 20.0}
NOMINAL_CORES = 2
GIGAFLOPS_GPU = 8000.0


def nominal_gigaflops(placement: Placement) -> float:
    """Return the assumed training speed; cores do not enter, since threads change no result."""
    if placement.device.value != "cpu":
        return GIGAFLOPS_GPU * placement.world_size
    return GIGAFLOPS_A_CORE.get(placement.precision.value, 20.0) * NOMINAL_CORES


def fitting_epochs(
    wanted: int, *, parameters: int, tokens: int, minutes: float, placement: Placement
) -> tuple[int, str]:
    """Return the epochs that should fit, at least 1 of those wanted, and the reason of a cut or ''.

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
    fitting = max(1, int(minutes * 60 / epoch_s))
    if wanted <= fitting:
        return wanted, ""
    return fitting, (
        f"{fitting} of {wanted} epochs: one takes about {epoch_s:.0f} s and the budget leaves "
        f"{minutes:.1f} min; raise training.budget_minutes for more"
    )
