"""A module is made ready for training: it fits, lies on its device, and the craft is switched on.

make_ready(network, run, work, chosen=chosen, longest=128, judged=True)
"""

from __future__ import annotations

import torch
from torch import nn

from chainring.contracts.placement import Choice
from chainring.contracts.work import Work
from chainring.training.craft.dropout import quicken
from chainring.training.craft.memory import Need, limit_mib, require_memory
from chainring.training.craft.recompute import recompute_layers
from chainring.training.craft.run import Run


def make_ready(
    module: nn.Module, run: Run, work: Work, *, chosen: Choice, longest: int, judged: bool
) -> None:
    """Prepare a module for training; say with which number type, and why.

    Raises
    ------
    RefusedError
        It would not fit in memory, or its layers cannot be computed twice.
    """
    bits = 32 if chosen.value == "fp32" else 16
    need = Need.of(module, run.craft, longest=longest, bits=bits, judged=judged)
    require_memory(need, name=run.name, limit_mib=limit_mib(work.placement))
    work.say(f"{run.name}: {chosen.value} ({chosen.because})")
    torch.use_deterministic_algorithms(run.craft.deterministic)
    device = work.placement.device.value
    module.to(device).train()
    if device == "cpu":
        quicken(module)
    if run.craft.gradient_checkpointing:
        recompute_layers(module, name=run.name)
