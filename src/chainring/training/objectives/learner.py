"""A network that learns an objective: what the training loop and the held-out text ask of it.

`learner(**batch)["loss"]` is for the loop; a held-out figure is made of `learner.sums(**batch)`.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

IGNORED = -100
Sums = dict[str, torch.Tensor]


class Learner(nn.Module):  # type: ignore[misc]  # torch is read without its types
    """A transformers network under an objective; a subclass gives the sums of a batch."""

    def __init__(self, model: Any) -> None:
        super().__init__()
        self.model = model

    def sums(self, **batch: torch.Tensor) -> Sums:
        """Return at least `nll` (nats, summed), `predicted` (tokens) and `right` of a batch."""
        raise NotImplementedError

    def forward(self, **batch: torch.Tensor) -> dict[str, torch.Tensor]:
        """Return the mean loss of a batch, pairs' loss added, and of how many tokens it is one."""
        found = self.sums(**batch)
        loss = found["nll"] / found["predicted"]
        if "pair_nll" in found:
            loss = loss + found["pair_nll"] / found["pairs"]
        return {"loss": loss, "units": found["predicted"]}


def told(logits_kv: torch.Tensor, labels_k: torch.Tensor) -> Sums:
    """Return the sums over predicted tokens: their likelihood, their number, the right ones."""
    logits_kv = logits_kv.float()
    return {
        "nll": nn.functional.cross_entropy(logits_kv, labels_k, reduction="sum"),
        "predicted": torch.tensor(len(labels_k), device=labels_k.device),
        "right": (logits_kv.detach().argmax(-1) == labels_k).sum(),
    }
