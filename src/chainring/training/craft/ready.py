"""A module is made ready for training: it fits, lies on its device, and the craft is switched on.

tokens = make_ready(network, run, work, chosen=chosen, lengths_n=lengths_n, judged=True)
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn

from chainring.contracts.placement import Choice
from chainring.contracts.work import Work
from chainring.training.craft.compiling import compile_layers, compiling
from chainring.training.craft.device import set_products, tokens_at_once
from chainring.training.craft.dropout import quicken
from chainring.training.craft.memory import Need, limit_mib, require_memory
from chainring.training.craft.recompute import recompute_layers
from chainring.training.craft.run import Run
from chainring.training.progress_sentences import progress


def make_ready(
    module: nn.Module,
    run: Run,
    work: Work,
    *,
    chosen: Choice,
    lengths_n: Sequence[int],
    judged: bool,
) -> int:
    """Prepare a module for training; say with which number type, and why.

    Returns
    -------
    int
        How many tokens are computed at once.

    Raises
    ------
    RefusedError
        It would not fit in memory, or its layers cannot be computed twice.
    """
    bits = 32 if chosen.value == "fp32" else 16
    need = Need.of(module, run.craft, longest=max(lengths_n, default=0), bits=bits, judged=judged)
    room = limit_mib(work.placement)
    require_memory(need, name=run.name, limit_mib=room)
    told = {"precision": chosen.value, "because": chosen.because}
    work.say(progress("precision", name=run.name, **told))
    torch.use_deterministic_algorithms(run.craft.deterministic)
    device = work.placement.device.value
    set_products(device, chosen)
    module.to(device).train()
    if device == "cpu":
        quicken(module)
    if run.craft.gradient_checkpointing:
        recompute_layers(module, name=run.name)
    built = compiling(module, run, device=device, epochs=run.epochs, lengths_n=lengths_n)
    if built.value == "layers":
        work.say(progress("compiled", name=run.name, because=built.because))
        compile_layers(module)
    return tokens_at_once(run.craft, need, device=device, memory_mib=room)
