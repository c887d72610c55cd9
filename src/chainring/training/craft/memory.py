"""What a training will take of memory, told before it starts.

    need = Need.of(network, craft, width=4, longest=512, judged=True)
    need.mib                                        # 1830.2
    require_memory(need, name="encoder", limit_mib=16_000)

Weights, gradients and the optimiser's states are counted; what a row keeps for its way back is
estimated by V. Korthikanti and others 2022, "Reducing activation recomputation in large transformer
models", equation 2: tokens × width × (34 + 5 × heads × tokens / width) bytes a layer in 16 bits,
twice that in 32; recomputed, a layer keeps only what enters it. A network without a configuration
counts by its weights alone.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Self

import torch
from torch import nn

from chainring.contracts.errors import RefusedError
from chainring.contracts.placement import Placement
from chainring.contracts.said import joined
from chainring.training.craft.settings import CraftSettings
from chainring.training.sentences import say

MIB = 2**20
USABLE = 0.9
_STATES = {"adamw": 2.0, "adam": 2.0, "sgd": 1.0, "adafactor": 0.0}
"""Numbers that the optimiser keeps a weight; Adafactor's are sums of rows and columns."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """What a training needs; `longest` is the tokens of its longest row, `bits` of its products."""

    weights: int
    trained: int
    layers: int
    hidden: int
    heads: int
    longest: int
    bits: int
    judged: bool
    craft: CraftSettings

    @classmethod
    def of(
        cls, module: nn.Module, craft: CraftSettings, *, longest: int, bits: int, judged: bool
    ) -> Self:
        """Return the need of a network with rows up to `longest` tokens."""
        config = _config(module)
        return cls(
            weights=sum(weight.numel() for weight in module.parameters()),
            trained=sum(weight.numel() for weight in module.parameters() if weight.requires_grad),
            layers=int(getattr(config, "num_hidden_layers", 0)),
            hidden=int(getattr(config, "hidden_size", 0)),
            heads=int(getattr(config, "num_attention_heads", 0)),
            longest=longest,
            bits=bits,
            judged=judged,
            craft=craft,
        )

    @property
    def fixed_mib(self) -> float:
        """Weights, gradients, states, averages and the best weights so far, all in 32 bits."""
        craft = self.craft
        copies = 1.0 + _STATES[craft.optimiser] + bool(craft.ema)
        return 4 * (self.weights * (1 + self.judged) + self.trained * copies) / MIB

    @property
    def row_mib(self) -> float:
        """What the longest row keeps for its way back."""
        whole = self.longest * (34 * self.hidden + 5 * self.heads * self.longest) * self.bits / 16
        if self.craft.gradient_checkpointing:
            entering = self.longest * self.hidden * self.bits / 8
            return (self.layers * entering + whole) / MIB
        return self.layers * whole / MIB

    @property
    def mib(self) -> float:
        """What is needed with one row at a time."""
        return self.fixed_mib + self.row_mib

    def with_craft(self, **changes: Any) -> Need:
        """Return the need with other settings of `[training.craft]`."""
        return replace(self, craft=self.craft.model_copy(update=changes))


def require_memory(need: Need, *, name: str, limit_mib: float) -> None:
    """Raise RefusedError where not even one row fits, with what would; 0 MiB: unknown, no limit."""
    room = USABLE * limit_mib
    if not limit_mib or need.mib <= room:
        return
    fitting = [told for told, other in _others(need) if other.mib <= room]
    told = joined(fitting, en=", or ", zh="，或 ")
    raise RefusedError(
        say(
            "too large",
            name=name,
            mib=f"{need.mib:,.0f}",
            tokens=need.longest,
            fixed=f"{need.fixed_mib:,.0f}",
            row=f"{need.row_mib:,.0f}",
            room=f"{room:,.0f}",
            limit=f"{limit_mib:,.0f}",
            instead=say("would fit", fitting=told) if fitting else say("smaller base"),
        )
    )


def limit_mib(placement: Placement) -> float:
    """Return the memory of the device in MiB; 0: unknown."""
    if placement.device.value == "cuda":
        return float(torch.cuda.mem_get_info()[1] / MIB)
    return float(placement.memory_mib)


def _others(need: Need) -> list[tuple[str, Need]]:
    tokens = need.longest // 2
    less = "[training.craft] "
    return [
        (say("shorter rows", tokens=tokens), replace(need, longest=tokens)),
        (
            less + "gradient_checkpointing = true",
            need.with_craft(gradient_checkpointing=True),
        ),
        (less + "optimiser = 'adafactor'", need.with_craft(optimiser="adafactor")),
        (
            less + "optimiser = 'adafactor', ema = 0 and gradient_checkpointing = true",
            need.with_craft(optimiser="adafactor", ema=0.0, gradient_checkpointing=True),
        ),
    ]


def _config(module: nn.Module) -> Any:
    found = (getattr(inner, "config", None) for inner in module.modules())
    return next((config for config in found if hasattr(config, "num_hidden_layers")), None)
