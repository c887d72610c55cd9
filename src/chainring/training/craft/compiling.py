"""The layers of a network compiled by torch, where a long training earns the time back.

    chosen = compiling(network, run, device="cuda", lengths_n=lengths_n)   # Choice("layers", ...)
    compile_layers(network)

All layers of a network are one program, so one is compiled and the others use it: about a third of
the time that the whole network takes. It pays where rows have one length (a new length is a new
program) and the work is much; a processor's layers run no faster for it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from torch import nn

from chainring.contracts.placement import Choice
from chainring.training.craft.run import Run
from chainring.training.progress_sentences import progress

LAYERS = {"bert": "BertLayer", "gpt2": "GPT2Block"}
"""Kinds of networks whose layers were seen to compile to one program, and what they are called."""
MIN_SHARE_OF_ONE_LENGTH = 0.9
MIN_FLOPS = 3e16
"""About two minutes of an H100: a third of them is saved, half a minute is spent."""
FLOPS_A_WEIGHT = 6


def compiling(
    module: nn.Module, run: Run, *, device: str, epochs: float, lengths_n: Sequence[int]
) -> Choice:
    """Return 'layers' or 'none', and why."""
    asked = run.craft.compile
    if asked != "auto":
        because = progress("asked")
        return Choice(value="layers" if asked == "always" else "none", because=because)
    if device == "cpu":
        return Choice(value="none", because=progress("no gain"))
    if not any(type(layer).__name__ in LAYERS.values() for layer in layers_of(module)):
        return Choice(value="none", because=progress("not tried"))
    longest = max(lengths_n, default=0)
    share = sum(length == longest for length in lengths_n) / max(1, len(lengths_n))
    if share < MIN_SHARE_OF_ONE_LENGTH:
        return Choice(value="none", because=progress("lengths differ"))
    weights = sum(weight.numel() for weight in module.parameters())
    flops = float(FLOPS_A_WEIGHT) * weights * sum(lengths_n) * epochs
    if flops < MIN_FLOPS:
        return Choice(value="none", because=progress("short training"))
    return Choice(value="layers", because=progress("long training"))


def compile_layers(module: nn.Module) -> None:
    """Let each layer be compiled when it is first computed."""
    for layer in layers_of(module):
        layer.compile()


def layers_of(module: nn.Module) -> list[Any]:
    """Return the layers of the networks inside whose kind is known, and what says `compiles`."""
    kinds = {
        LAYERS.get(str(getattr(getattr(inner, "config", None), "model_type", "")))
        for inner in module.modules()
    }
    return [
        inner
        for inner in module.modules()
        if type(inner).__name__ in kinds or getattr(inner, "compiles", False) is True
    ]
