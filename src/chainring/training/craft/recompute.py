"""Gradient checkpointing: layers keep what enters them and are computed again on the way back.

    recompute_layers(network, name="encoder")

T. Chen and others 2016, "Training deep nets with sublinear memory cost": memory for a third more
time. It is transformers' own; the networks inside a module that offer it are switched on.
"""

from __future__ import annotations

from typing import Any

from torch import nn

from chainring.contracts.errors import RefusedError


def recompute_layers(module: nn.Module, *, name: str) -> None:
    """Switch gradient checkpointing on; raise RefusedError where nothing inside offers it."""
    offering: list[Any] = [
        inner for inner in module.modules() if getattr(inner, "supports_gradient_checkpointing", 0)
    ]
    if not offering:
        raise RefusedError(
            f"{name}: this network cannot compute its layers twice; set gradient_checkpointing = "
            "false in [training.craft], and fewer tokens or a smaller base where memory is short"
        )
    network = offering[0]
    enable = getattr(network, "activation_checkpointing_enable", None)  # transformers since 5.2x
    (enable or network.gradient_checkpointing_enable)({"use_reentrant": False})
