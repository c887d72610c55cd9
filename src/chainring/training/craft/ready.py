"""A module is made ready for training: it fits, lies on its device, and the craft is switched on.

tokens = make_ready(network, run, work, chosen=chosen, lengths_n=lengths_n, judged=True)
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn

from chainring.contracts.placement import Choice
from chainring.contracts.work import Work
from chainring.training.craft.abreast import HALVES
from chainring.training.craft.compiling import compile_layers, compiling
from chainring.training.craft.device import TOKENS_ON_A_PROCESSOR, set_products, tokens_at_once
from chainring.training.craft.dropout import quicken
from chainring.training.craft.memory import Need, limit_mib, require_batch, require_memory
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
    written: int = 0,
    longest_of_two: int = 0,
) -> int:
    """Prepare a module for training; say with which number type, and why.

    `written` are the tokens of the longest row that a decoder beside an encoder writes;
    `longest_of_two` those of the longest text where the two of a row are read one by one, else 0.

    Returns
    -------
    int
        How many tokens are computed at once.

    Raises
    ------
    RefusedError
        One row, or a batch that cannot be split, would not fit in memory, or its layers cannot be
        computed twice.
    """
    bits = 32 if chosen.value == "fp32" else 16
    longest = longest_of_two or max(lengths_n, default=0)
    one = Need.of(module, run.craft, longest=longest, bits=bits, judged=judged, written=written)
    room = limit_mib(work.placement)
    texts = 2 if longest_of_two else 1
    _require(one, run, items=len(lengths_n), texts=texts, limit_mib=room)
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
    return _tokens(one, run, work, device=device, memory_mib=room, items=len(lengths_n))


def _require(one: Need, run: Run, *, items: int, texts: int, limit_mib: float) -> None:
    """Raise RefusedError where not even one row fits, or a batch that cannot be split."""
    if not run.whole_batches:
        require_memory(one, name=run.name, limit_mib=limit_mib)
        return
    rows = min(run.rows_a_step, max(1, items))
    require_batch(
        one, rows=rows, texts=texts, setting="batch_size", name=run.name, limit_mib=limit_mib
    )


def _tokens(one: Need, run: Run, work: Work, *, device: str, memory_mib: float, items: int) -> int:
    """Return how many tokens are computed at once; say where memory makes them fewer."""
    sides = HALVES if int(work.placement.threads.value) >= HALVES else 1
    tokens = tokens_at_once(
        run.craft,
        one,
        device=device,
        memory_mib=memory_mib,
        sides=sides,
        max_rows=min(items, run.rows_a_step, sides * run.batch_size),
    )
    is_fewer = tokens < TOKENS_ON_A_PROCESSOR and not run.craft.tokens_a_batch
    if is_fewer and not run.whole_batches:
        told = {"tokens": f"{tokens:,}", "limit": f"{memory_mib:,.0f}"}
        work.say(progress("fewer tokens", name=run.name, **told))
    return tokens
