"""Two texts through one encoder, each for itself: the loss of a bi-encoder.

    towers = Towers(encoder)
    towers(**collate(items))["loss"]

The second texts of a batch are the choices of each pair that goes together, its own one being right
(M. Henderson and others 2017, "Efficient natural language response suggestion for Smart Reply",
section 4.4); left out of the choices are second texts of the same first text, and other copies of
the pair's own second text, of which a list of answers has many. To that we add the logistic loss of
every pair's own cosine, so that pairs which do not go together, though they look like it, teach as
well.

Axes: B pairs of a batch, T tokens, H width of the encoder.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import nn

from chainring.training.heads import pooled

SCALE = 20.0
"""Logits are cosines times this: N. Reimers and I. Gurevych's value in Sentence-Transformers."""


class Towers(nn.Module):  # type: ignore[misc]  # torch is read without its types
    """The encoder with mean pooling, and where on the cosine the two kinds of pairs part."""

    def __init__(self, encoder: nn.Module) -> None:
        super().__init__()
        self.encoder = encoder
        self.middle = nn.Parameter(torch.tensor(0.5))

    def part_at(self, cosine: float) -> None:
        """Begin with the two kinds parted at a cosine.

        Its own steps are as small as the learning rate, and mean-pooled cosines of an encoder that
        learnt hidden words alone lie near 0.9: begun at 0.5, every pair would seem to go together.
        """
        with torch.no_grad():
            self.middle.fill_(cosine)

    def embed(self, input_ids: Any, attention_mask: Any) -> Any:
        """Return the mean of the states, shape (B, H)."""
        found = self.encoder(input_ids=input_ids, attention_mask=attention_mask)
        return pooled(found.last_hidden_state, attention_mask)

    def forward(
        self,
        input_ids: Any,
        attention_mask: Any,
        pair_ids: Any,
        pair_mask: Any,
        together: Any,
        texts: Any,
        seconds: Any,
        weights: Any,
    ) -> dict[str, Any]:
        """Return the loss.

        Parameters
        ----------
        together
            Shape (B,): 1.0 where both texts go together, else 0.0.
        texts, seconds
            Shape (B,): numbers of the first and the second texts; equal texts have equal ones.
        weights
            Shape (B,): how much each pair counts.
        """
        first = nn.functional.normalize(self.embed(input_ids, attention_mask).float(), dim=1)
        second = nn.functional.normalize(self.embed(pair_ids, pair_mask).float(), dim=1)
        cosines_bb = first @ second.T
        own_b = cosines_bb.diagonal()
        each = nn.functional.binary_cross_entropy_with_logits
        loss_b = each(SCALE * (own_b - self.middle), together, reduction="none")
        place_b = torch.arange(len(texts), device=texts.device)
        same_bb = (texts[:, None] == texts[None, :]) | (seconds[:, None] == seconds[None, :])
        others_bb = same_bb & (place_b[:, None] != place_b[None, :])
        choices_bb = (SCALE * cosines_bb).masked_fill(others_bb, -torch.inf)
        chosen_b = nn.functional.cross_entropy(choices_bb, place_b, reduction="none")
        return {"loss": (weights * (loss_b + together * chosen_b)).mean()}


def collate_pairs(items: Sequence[Mapping[str, Any]], *, pad: int) -> dict[str, torch.Tensor]:
    """Return a padded batch of pairs."""
    batch: dict[str, torch.Tensor] = {}
    for name, mask in (("input_ids", "attention_mask"), ("pair_ids", "pair_mask")):
        longest = max(len(item[name]) for item in items)
        rows = [[*item[name], *[pad] * (longest - len(item[name]))] for item in items]
        batch[name] = torch.tensor(rows)
        batch[mask] = torch.tensor(
            [[int(t < len(item[name])) for t in range(longest)] for item in items]
        )
    batch["together"] = torch.tensor([float(item["together"]) for item in items])
    batch["weights"] = torch.tensor([float(item["weights"]) for item in items])
    batch["texts"] = torch.tensor([int(item["text"]) for item in items])
    batch["seconds"] = torch.tensor([int(item["second"]) for item in items])
    return batch
