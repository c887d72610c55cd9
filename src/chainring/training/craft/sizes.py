"""How large a network is, by what its configuration says, in both halves where it has two.

sizes_of(network).decoder_layers        # 6; 0 where there is no second half
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from torch import nn


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizes:
    """Layers, width and heads; `logits` is how many a token leaves, on average."""

    layers: int = 0
    decoder_layers: int = 0
    hidden: int = 0
    heads: int = 0
    logits: float = 0.0


def sizes_of(module: nn.Module) -> Sizes:
    """Return the sizes of the first network inside that has a configuration; else all are 0.

    A module that makes a table of logits says with `logits_a_token` how many.
    """
    logits = float(getattr(module, "logits_a_token", 0.0))
    configs: list[Any] = [getattr(inner, "config", None) for inner in module.modules()]
    for config in configs:
        if hasattr(config, "encoder") and hasattr(config, "decoder"):  # two networks joined
            return _joined(config, logits)
        if hasattr(config, "num_hidden_layers"):
            return Sizes(
                layers=int(config.num_hidden_layers),
                decoder_layers=_decoder_layers(config),
                hidden=int(getattr(config, "hidden_size", 0)),
                heads=int(getattr(config, "num_attention_heads", 0)),
                logits=logits,
            )
    return Sizes()


def _joined(config: Any, logits: float) -> Sizes:
    halves = (config.encoder, config.decoder)
    return Sizes(
        layers=int(config.encoder.num_hidden_layers),
        decoder_layers=int(config.decoder.num_hidden_layers),
        hidden=max(int(half.hidden_size) for half in halves),
        heads=max(int(half.num_attention_heads) for half in halves),
        logits=logits,
    )


def _decoder_layers(config: Any) -> int:
    if not getattr(config, "is_encoder_decoder", False):
        return 0
    named = ("decoder_layers", "num_decoder_layers", "num_hidden_layers")
    return next(int(found) for name in named if (found := getattr(config, name, None)))
