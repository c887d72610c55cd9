"""The same dropout with cheaper masks on a processor.

    quicken(network)        # every nn.Dropout of it draws 16 random bits an element
    with draws_of(generator): network(...)      # this thread's masks come from a generator

torch draws a float for each element, which took 18 % of a step with short texts; four elements
here share one draw of 64 bits. The chance is rounded to 1/65536, the scale follows the rounded
chance, and the state is torch's own generator unless another is named: seeds and checkpoints hold.
The attention of encoders, which drops inside a function of transformers, is quickened as well.

Axes: B batch, H heads, Q and K tokens that ask and that are asked, D width of a head.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import nn

_HALVES = 1 << 16
_mine = threading.local()
ATTENTION = "chainring_quick"
"""The name under which transformers knows the attention with quick masks."""


@contextmanager
def draws_of(generator: torch.Generator) -> Iterator[None]:
    """Draw the masks of this thread from a generator in here."""
    _mine.generator = generator
    try:
        yield
    finally:
        _mine.generator = None


class QuickDropout(nn.Dropout):  # type: ignore[misc]  # torch is read without its types
    """Dropout whose mask costs a quarter of a draw an element."""

    def forward(self, input: torch.Tensor) -> torch.Tensor:  # the name that nn.Dropout gives it
        """Return the input with a share `p` of it set to 0 and the rest scaled up, in training."""
        if not self.training or self.p == 0.0:
            return input
        return quick_dropout(input, self.p)


def quicken(module: nn.Module) -> None:
    """Give every dropout of a module that lies on a processor the cheaper masks."""
    for inner in module.modules():
        if type(inner) is nn.Dropout and not inner.inplace:
            inner.__class__ = QuickDropout
        if _drops_attention(inner):
            _quicken_attention(inner)


def _drops_attention(network: Any) -> bool:
    """Whether a module is an encoder of BERT's kind that drops attention by torch's own masks."""
    config: Any = getattr(network, "config", None)
    return (
        getattr(config, "model_type", "") in ("bert", "roberta", "xlm-roberta")
        and getattr(config, "_attn_implementation", "") == "sdpa"
        and not getattr(config, "is_decoder", False)
        and _attention_dropout(config) > 0
    )


def drops_by_torch(network: Any) -> bool:
    """Whether a network of BERT's kind drops attention by draws that no generator can be given."""
    config: Any = getattr(network, "config", None)
    is_quick = getattr(config, "_attn_implementation", "") == ATTENTION
    return not is_quick and _attention_dropout(config) > 0


def _attention_dropout(config: Any) -> float:
    return float(getattr(config, "attention_probs_dropout_prob", 0.0))


def _quicken_attention(network: Any) -> None:
    from transformers import AttentionInterface
    from transformers.masking_utils import AttentionMaskInterface, sdpa_mask

    AttentionInterface.register(ATTENTION, quick_attention)
    AttentionMaskInterface.register(ATTENTION, sdpa_mask)
    network.set_attn_implementation(ATTENTION)


def quick_attention(
    module: Any,
    query_bhqd: torch.Tensor,
    key_bhkd: torch.Tensor,
    value_bhkd: torch.Tensor,
    mask_b1qk: torch.Tensor | None,
    scaling: float | None = None,
    dropout: float = 0.0,
    **others: Any,
) -> tuple[torch.Tensor, None]:
    """Return what each token takes from the others, (B, Q, H, D), as transformers asks for it."""
    if dropout == 0.0:
        from transformers.integrations.sdpa_attention import sdpa_attention_forward

        handed = (module, query_bhqd, key_bhkd, value_bhkd, mask_b1qk)
        found: tuple[torch.Tensor, None] = sdpa_attention_forward(
            *handed, scaling=scaling, **others
        )
        return found
    scale = scaling if scaling is not None else query_bhqd.shape[-1] ** -0.5
    scores_bhqk = torch.matmul(query_bhqd * scale, key_bhkd.transpose(2, 3))
    if mask_b1qk is not None and mask_b1qk.dtype == torch.bool:
        scores_bhqk = scores_bhqk.masked_fill(~mask_b1qk, torch.finfo(scores_bhqk.dtype).min)
    elif mask_b1qk is not None:
        scores_bhqk = scores_bhqk + mask_b1qk
    shares_bhqk = quick_dropout(torch.softmax(scores_bhqk, dim=-1), dropout)
    return torch.matmul(shares_bhqk, value_bhkd).transpose(1, 2).contiguous(), None


def quick_dropout(values: torch.Tensor, chance: float) -> torch.Tensor:
    """Return values dropped with a chance rounded to 1/65536."""
    dropped = round(chance * _HALVES)
    result: torch.Tensor = _Dropped.apply(
        values, _kept(values, dropped), _HALVES / (_HALVES - dropped)
    )
    return result


def _kept(values: torch.Tensor, dropped: int) -> torch.Tensor:
    count = values.numel()
    generator = getattr(_mine, "generator", None)
    draws = torch.empty(-(-count // 4), dtype=torch.int64)
    draws.random_(-(2**63), None, generator=generator)
    return (draws.view(torch.int16)[:count] >= dropped - _HALVES // 2).view(values.shape)


class _Dropped(torch.autograd.Function):  # type: ignore[misc]
    @staticmethod
    def forward(context: Any, values: torch.Tensor, kept: torch.Tensor, scale: float) -> Any:
        context.save_for_backward(kept)
        context.scale = scale
        return (values * kept).mul_(scale)

    @staticmethod
    def backward(context: Any, gradient: torch.Tensor) -> Any:
        (kept,) = context.saved_tensors
        return (gradient * kept).mul_(context.scale), None, None
