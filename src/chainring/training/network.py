"""The encoder with mean pooling and one linear layer, and its answers in batches.

    network = Network(encoder, labels=20, dropout=0.1)
    network(input_ids, attention_mask)["logits"]

Axes: B batch, T tokens, H width of the encoder, C labels, N texts.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from torch import nn

from chainring.training.craft.halving import Halving
from chainring.training.tokens import collate, token_batches

TOKENS_A_BATCH = 8192


class Network(nn.Module):  # type: ignore[misc]  # torch is read without its types
    """Mean of the last hidden states over the mask, dropout, linear layer.

    Each row's cross entropy counts with its weight; weights are given with mean 1, so that the
    learning rate keeps its meaning. With `label_smoothing` e the target has 1 − e + e / C at the
    true label and e / C at each other one: C. Szegedy and others 2016, "Rethinking the Inception
    architecture", section 7.
    """

    def __init__(
        self, encoder: nn.Module, *, labels: int, dropout: float, label_smoothing: float = 0.0
    ) -> None:
        super().__init__()
        self.label_smoothing = label_smoothing
        self.encoder = encoder
        self.dropout = nn.Dropout(dropout)
        self.head = nn.Linear(int(encoder.config.hidden_size), labels)

    def pooled(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
        """Return features of shape (B, H)."""
        hidden = self.encoder(input_ids=input_ids, attention_mask=attention_mask)
        states_bth = hidden.last_hidden_state
        mask_bt1 = attention_mask.unsqueeze(-1).to(states_bth.dtype)
        return (states_bth * mask_bt1).sum(1) / mask_bt1.sum(1)

    def logits(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
        """Return logits of shape (B, C)."""
        return self.head(self.dropout(self.pooled(input_ids, attention_mask)))

    def forward(
        self,
        input_ids: torch.Tensor,
        attention_mask: torch.Tensor,
        labels: torch.Tensor | None = None,
        weights: torch.Tensor | None = None,
    ) -> dict[str, torch.Tensor]:
        """Return logits of shape (B, C), and the loss where labels are given."""
        logits_bc = self.logits(input_ids, attention_mask)
        if labels is None:
            return {"logits": logits_bc}
        loss_b = nn.functional.cross_entropy(
            logits_bc.float(), labels, reduction="none", label_smoothing=self.label_smoothing
        )
        loss = loss_b.mean() if weights is None else (loss_b * weights).mean()
        return {"loss": loss, "logits": logits_bc}


def in_batches(
    network: Network,
    function: Callable[[torch.Tensor, torch.Tensor], torch.Tensor],
    ids: Sequence[list[int]],
    *,
    pad: int,
) -> Any:
    """Return `function(input_ids, attention_mask)` of all texts as float32, shape (N, ...)."""
    network.eval()
    device = next(network.parameters()).device
    rows: list[Any] = [None] * len(ids)

    def answer(places: Sequence[int]) -> Any:
        batch = collate([{"input_ids": ids[i]} for i in places], pad=pad)
        inputs = (batch["input_ids"].to(device), batch["attention_mask"].to(device))
        return function(*inputs).float().cpu().numpy()

    with torch.inference_mode():
        batches = token_batches(ids, max_tokens=TOKENS_A_BATCH)
        for places, answers in Halving().answered(batches, answer):
            for place, one in zip(places, answers, strict=True):
                rows[place] = one
    return np.stack(rows)
