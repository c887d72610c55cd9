"""The dropout of a network of transformers, under every name that its kinds have for it.

    set_dropouts(config, 0.1)

BART and T5 drop by numbers that no module holds, so that it is set before the network is made.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

DROPOUTS_OF_BERT = ("hidden_dropout_prob", "attention_probs_dropout_prob")
DROPOUTS = (
    *("dropout", "dropout_rate", "attention_dropout", "activation_dropout"),
    *DROPOUTS_OF_BERT,
    *("resid_pdrop", "embd_pdrop", "attn_pdrop"),
)


def set_dropouts(config: Any, dropout: float, *, names: Sequence[str] = DROPOUTS) -> None:
    """Set what a configuration has of these names, also in both halves of an encoder–decoder."""
    for half in (config, getattr(config, "encoder", None), getattr(config, "decoder", None)):
        for name in names:
            if getattr(half, name, None) is not None:
                setattr(half, name, dropout)
