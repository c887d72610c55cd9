"""Float32, bfloat16 or float16 for the matrix products of training, and why.

    chosen = precision(placement, "auto")      # Choice("bf16", because="avx512_bf16 found")
    with autocast("cpu", chosen): ...

The weights and the optimiser stay in float32. float16 has small exponents: its loss is scaled up,
and a step whose gradients overflow is left out, as in P. Micikevicius and others 2018, "Mixed
precision training", section 3.2.
"""

from __future__ import annotations

from typing import Any

import torch

from chainring.contracts.placement import Choice, Placement
from chainring.training.progress_sentences import progress

_TYPES = {"bf16": torch.bfloat16, "fp16": torch.float16}


def precision(placement: Placement, asked: str) -> Choice:
    """Return the number type of the products with its reason."""
    if asked == "auto":
        return placement.precision
    return Choice(value=asked, because=progress("asked"))


def autocast(device: str, chosen: Choice) -> Any:
    """Return the context in which products are made; it does nothing for fp32."""
    kind = _TYPES.get(chosen.value)
    return torch.autocast(device, kind or torch.bfloat16, enabled=kind is not None)


def loss_scaler(device: str, chosen: Choice) -> Any:
    """Return what scales the loss of float16; None for the others."""
    return torch.amp.GradScaler(device) if chosen.value == "fp16" else None
