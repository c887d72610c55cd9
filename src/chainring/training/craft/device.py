"""What training does otherwise on a GPU: transfers that wait for nothing, products, tokens at once.

    batch = sent(collate(items), device="cuda")          # pinned, copied while the GPU computes
    set_products("cuda", chosen)                         # the float32 products that are left
    tokens_at_once(craft, need, device="cuda", memory_mib=80_000)    # 65536

A GPU works behind the processor that tells it what to do. Whatever asks it for a number (`float`,
a mask as an index, a copy from pageable memory) waits until all told so far is done, so the loop
asks once in many steps.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch

from chainring.contracts.placement import Choice
from chainring.training.craft.memory import USABLE, Need
from chainring.training.craft.settings import CraftSettings

TOKENS_ON_A_PROCESSOR = 8192
MAX_TOKENS_ON_A_GPU = 2**16
"""Steps of BERT's size fill an H100 from here on; more only takes memory."""
ROOM = 0.5
"""Share of the memory that a batch may keep: logits and work spaces are not in the estimate."""


def sent(batch: Mapping[str, torch.Tensor], *, device: str) -> dict[str, torch.Tensor]:
    """Return the batch on the device; to a GPU it is copied in the background."""
    if device == "cpu":
        return dict(batch)
    return {name: value.pin_memory().to(device, non_blocking=True) for name, value in batch.items()}


def set_products(device: str, chosen: Choice) -> None:
    """Let a GPU make float32 products in TF32, unless float32 was chosen for all of them.

    With 16 bits for most products the few in float32 need no more than TF32's 10; where a recipe
    asks for fp32 it means all 23.
    """
    if device != "cpu":
        torch.set_float32_matmul_precision("highest" if chosen.value == "fp32" else "high")


def tokens_at_once(
    craft: CraftSettings,
    need: Need,
    *,
    device: str,
    memory_mib: float,
    sides: int = 1,
    max_rows: int = 2**62,
) -> int:
    """Return how many tokens are computed at once: as asked, or as many as the device holds.

    On a processor that is the usual number or, halved until it fits, less: `sides` batches may be
    computed side by side, of no more than `max_rows` together. Without known memory (0 MiB) it is
    the usual number.
    """
    if craft.tokens_a_batch:
        return craft.tokens_a_batch
    if device == "cpu":
        tokens = TOKENS_ON_A_PROCESSOR
        while memory_mib and tokens > need.longest > 0:
            rows = min(max_rows, sides * (tokens // need.longest))
            if need.fixed_mib + rows * need.row_mib <= USABLE * memory_mib:
                break
            tokens //= 2
        return tokens
    room = ROOM * (memory_mib - need.fixed_mib)
    rows = int(room / need.row_mib) if need.row_mib > 0 else MAX_TOKENS_ON_A_GPU
    return min(MAX_TOKENS_ON_A_GPU, max(TOKENS_ON_A_PROCESSOR, rows * need.longest))
