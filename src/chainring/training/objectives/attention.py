"""Packed pieces attend to themselves alone: by a mask, or on a GPU by a kernel that skips the rest.

    fit_attention(model, device="cuda", chosen=chosen)      # Choice("pieces", because=...)
    model.base_model(attention_mask=seen(model, batch, causal=True), ...)

The kernel is torch's attention over sequences of any length (T. Dao 2024, "FlashAttention-2"). It
is told where pieces end and never computes what a mask would throw away. A network of transformers
hands whatever stands in the place of a mask of four axes on to its attention as it is; so that
place carries the ends, which also keeps transformers from looking for padding, a wait in each step.

Axes: B batch, H heads, T tokens, D width of a head, P pieces.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib.util import find_spec
from typing import Any

import torch

from chainring.contracts.placement import Choice
from chainring.contracts.said import Said
from chainring.training.objectives.packing import attention
from chainring.training.progress_sentences import progress

PIECES = "chainring_pieces"
KINDS = ("bert", "gpt2")
MIN_CAPABILITY = (8, 0)
HEAD_WIDTHS = range(8, 257, 8)


def fit_attention(model: Any, *, device: str, chosen: Choice) -> Choice:
    """Let a network attend by the kernel of pieces where it can; return 'pieces' or 'mask'."""
    obstacle = _obstacle(model, device, chosen)
    if obstacle:
        return Choice(value="mask", because=obstacle)
    from transformers import AttentionInterface

    AttentionInterface.register(PIECES, by_pieces)
    model.set_attn_implementation(PIECES)
    return Choice(value="pieces", because=progress("pieces on gpu", precision=chosen.value))


def with_masks(model: Any) -> None:
    """Take the kernel of pieces out again: what is written or served attends by masks."""
    if model.config._attn_implementation == PIECES:
        model.set_attn_implementation("sdpa")


def seen(model: Any, batch: Mapping[str, torch.Tensor], *, causal: bool = False) -> torch.Tensor:
    """Return what tells a network which tokens see each other: ends of pieces, or a mask."""
    if model.config._attn_implementation == PIECES:
        return batch["ends"].view(1, 1, 1, -1)
    return attention(batch["segments"], causal=causal)


def by_pieces(
    module: Any,
    query_bhtd: torch.Tensor,
    key_bhtd: torch.Tensor,
    value_bhtd: torch.Tensor,
    ends_111p: torch.Tensor,
    scaling: float | None = None,
    dropout: float = 0.0,
    **_: Any,
) -> tuple[torch.Tensor, None]:
    """Return what each token takes from its piece, (B, T, H, D), as transformers asks for it."""
    from torch.nn.attention.varlen import varlen_attn

    assert dropout == 0.0, "the kernel knows no dropout; fit_attention leaves such networks alone"
    rows, heads, longest, width = query_bhtd.shape
    ends_p = ends_111p.view(-1)
    flat = [
        table.transpose(1, 2).reshape(rows * longest, heads, width)
        for table in (query_bhtd, key_bhtd, value_bhtd)
    ]
    window = (-1, 0) if module.is_causal else (-1, -1)
    found = varlen_attn(*flat, ends_p, ends_p, longest, longest, scale=scaling, window_size=window)
    return found.view(rows, longest, heads, width), None


def _obstacle(model: Any, device: str, chosen: Choice) -> Said | None:
    """Return why the kernel cannot be used; None where it can."""
    config = model.config
    if device == "cpu":
        return progress("no kernel")
    if chosen.value == "fp32":
        return progress("kernel of 16 bits")
    if config.model_type not in KINDS:
        return progress("own attention", kind=config.model_type)
    dropout = getattr(config, "attn_pdrop", getattr(config, "attention_probs_dropout_prob", 0.0))
    if dropout:
        return progress("attention dropout")
    if config.hidden_size // config.num_attention_heads not in HEAD_WIDTHS:
        return progress("odd heads")
    if torch.cuda.is_available() and torch.cuda.get_device_capability() < MIN_CAPABILITY:
        return progress("old gpu")
    is_there = find_spec("torch.nn.attention.varlen") is not None
    return None if is_there else progress("old torch")
