"""What a training will take of memory, told before it starts.

    need = Need.of(network, craft, width=4, longest=512, judged=True)
    need.mib                                        # 1830.2
    require_memory(need, name="encoder", limit_mib=16_000)

Weights, gradients and the optimiser's states are counted; what a row keeps for its way back is
estimated by V. Korthikanti and others 2022, "Reducing activation recomputation in large transformer
models", equation 2: tokens × width × (34 + 5 × heads × tokens / width) bytes a layer in 16 bits,
twice that in 32; recomputed, a layer keeps only what enters it. The layers of a decoder see what
is read as well. A table of logits counts with its copy and its slopes in 32 bits. A network without
a configuration counts by its weights alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

import torch
from torch import nn

from chainring.contracts.errors import RefusedError
from chainring.contracts.placement import Placement
from chainring.contracts.said import joined
from chainring.training.craft.settings import CraftSettings
from chainring.training.craft.sizes import sizes_of
from chainring.training.sentences import say

MIB = 2**20
USABLE = 0.9
BYTES_A_LOGIT = 12
_STATES = {"adamw": 2.0, "adam": 2.0, "sgd": 1.0, "adafactor": 0.0}
"""Numbers that the optimiser keeps a weight; Adafactor's are sums of rows and columns."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """What a training needs; `longest` is the tokens of its longest row, `bits` of its products.

    So many `rows` are computed at once at least: one, or a batch that is never split. A decoder
    beside an encoder writes `written` of the tokens: all, where a text is its own target.
    """

    weights: int
    trained: int
    layers: int
    hidden: int
    heads: int
    longest: int
    bits: int
    judged: bool
    craft: CraftSettings
    rows: int = 1
    decoder_layers: int = 0
    written: int = 0
    logits: float = 0.0

    @classmethod
    def of(
        cls,
        module: nn.Module,
        craft: CraftSettings,
        *,
        longest: int,
        bits: int,
        judged: bool,
        written: int = 0,
    ) -> Self:
        """Return the need of a network with rows up to `longest` tokens."""
        sizes = sizes_of(module)
        return cls(
            weights=sum(weight.numel() for weight in module.parameters()),
            trained=sum(weight.numel() for weight in module.parameters() if weight.requires_grad),
            layers=sizes.layers,
            hidden=sizes.hidden,
            heads=sizes.heads,
            longest=longest,
            bits=bits,
            judged=judged,
            craft=craft,
            decoder_layers=sizes.decoder_layers,
            written=(written or longest) if sizes.decoder_layers else 0,
            logits=sizes.logits,
        )

    @property
    def fixed_mib(self) -> float:
        """Weights, gradients, states, averages and the best weights so far, all in 32 bits."""
        craft = self.craft
        copies = 1.0 + _STATES[craft.optimiser] + bool(craft.ema)
        return 4 * (self.weights * (1 + self.judged) + self.trained * copies) / MIB

    @property
    def row_mib(self) -> float:
        """What the longest row keeps for its way back, so many times as rows are never parted."""
        read = self.longest - self.written or self.longest
        reads = self._layer(read, sees=read)
        writes = self._layer(self.written, sees=read + self.written)
        if self.craft.gradient_checkpointing:
            entering = self.layers * read + self.decoder_layers * self.written
            layers = entering * self.hidden * self.bits / 8 + max(reads, writes)
        else:
            layers = self.layers * reads + self.decoder_layers * writes
        scored = self.written or self.longest
        return self.rows * (layers + scored * self.logits * BYTES_A_LOGIT) / MIB

    def _layer(self, tokens: int, *, sees: int) -> float:
        """Return the bytes that a layer keeps of tokens which attend to as many as they see."""
        return tokens * (34 * self.hidden + 5 * self.heads * sees) * self.bits / 16

    @property
    def mib(self) -> float:
        """What is needed with as few rows at a time as can be."""
        return self.fixed_mib + self.row_mib

    def with_craft(self, **changes: Any) -> Need:
        """Return the need with other settings of `[training.craft]`."""
        return replace(self, craft=self.craft.model_copy(update=changes))


def require_memory(
    need: Need, *, name: str, limit_mib: float, fewer: Sequence[tuple[str, Need]] = ()
) -> None:
    """Raise RefusedError where not even one row fits, with what would; 0 MiB: unknown, no limit.

    `fewer` names settings of smaller batches that are never split, with what they need.
    """
    room = USABLE * limit_mib
    if not limit_mib or need.mib <= room:
        return
    fitting = [told for told, other in (*fewer, *_others(need)) if other.mib <= room]
    told = joined(fitting, en=", or ", zh="，或 ")
    raise RefusedError(
        say(
            "too large" if need.rows == 1 else "batch too large",
            name=name,
            rows=need.rows,
            mib=f"{need.mib:,.0f}",
            tokens=need.longest,
            fixed=f"{need.fixed_mib:,.0f}",
            row=f"{need.row_mib:,.0f}",
            room=f"{room:,.0f}",
            limit=f"{limit_mib:,.0f}",
            instead=say("would fit", fitting=told) if fitting else say("smaller base"),
        )
    )


def require_batch(
    one: Need, *, rows: int, texts: int, setting: str, name: str, limit_mib: float
) -> None:
    """Raise RefusedError where a batch that is never split does not fit, with what would.

    Of smaller batches that is the largest half, or half of it, and so on.

    `one` is the need with a single text; a row has so many `texts`, read one by one. `setting` is
    how the size of a batch is named.
    """

    def of(rows_at_once: int) -> Need:
        return replace(one, rows=texts * rows_at_once)

    sizes = [rows >> by for by in range(1, rows.bit_length() - 1)]
    offered = [(f"{setting} = {size}", of(size)) for size in sizes]
    fewer = [pair for pair in offered if pair[1].mib <= USABLE * limit_mib][:1]
    require_memory(of(rows), name=name, limit_mib=limit_mib, fewer=fewer)


def limit_mib(placement: Placement) -> float:
    """Return the memory of the device in MiB; 0: unknown."""
    if placement.device.value == "cuda":
        return float(torch.cuda.mem_get_info()[1] / MIB)
    return float(placement.memory_mib)


def _others(need: Need) -> list[tuple[str, Need]]:
    tokens = need.longest // 2
    less = "[training.craft] "
    return [
        (say("shorter rows", tokens=tokens), _shorter(need, tokens)),
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


def _shorter(need: Need, tokens: int) -> Need:
    return replace(need, longest=tokens, written=need.written * tokens // max(1, need.longest))
