"""A network that learns an objective: what the training loop and the held-out text ask of it.

`learner(**batch)["loss"]` is for the loop; a held-out figure is made of `learner.sums(**batch)`.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

IGNORED = -100
HIDING = ("bert", "roberta", "xlm-roberta", "t5")
HIDDEN_SHARE = 0.2
"""At most: 15 % are hidden, and in T5 a sentinel stands before each span."""
Sums = dict[str, Any]


class Learner(nn.Module):  # type: ignore[misc]  # torch is read without its types
    """A transformers network under an objective; a subclass gives the sums of a batch."""

    def __init__(self, model: Any) -> None:
        super().__init__()
        self.model = model
        self.likelihood = Likelihood()

    @property
    def logits_a_token(self) -> float:
        """The logits that are kept of a token, on average: BERT's kind and T5 tell hidden ones."""
        hides = self.model.config.model_type in HIDING
        return len(self.model.get_output_embeddings().weight) * (HIDDEN_SHARE if hides else 1.0)

    def sums(self, **batch: torch.Tensor) -> Sums:
        """Return at least `nll` (nats, summed) and `predicted` (tokens); `right` when it judges."""
        raise NotImplementedError

    def forward(self, tokens_a_pair: float = 0.0, **batch: torch.Tensor) -> dict[str, Any]:
        """Return the mean loss of a batch, pairs' loss added, and of how many tokens it is one.

        Batches are added up by their tokens. That the pairs of a step weigh alike, `tokens_a_pair`
        tells how many tokens it asks for a pair; 0: the batch is the whole step.
        """
        found = self.sums(**batch)
        nll = found["nll"]
        if "pair_nll" in found:
            nll = nll + found["pair_nll"] * (tokens_a_pair or found["predicted"] / found["pairs"])
        return {"loss": nll / found["predicted"], "units": found["predicted"]}

    def told(self, logits_kv: torch.Tensor, labels_k: torch.Tensor) -> Sums:
        """Return the sums over predicted tokens: their likelihood, their number, the right ones."""
        found: Sums = {"nll": self.likelihood(logits_kv, labels_k), "predicted": len(labels_k)}
        if not self.training:
            found["right"] = (logits_kv.argmax(-1) == labels_k).sum()
        return found


class Likelihood(nn.Module):  # type: ignore[misc]
    """The nats of labels, summed, computed in float32; compiled it is one pass over the logits."""

    compiles = True

    def forward(self, logits_kv: torch.Tensor, labels_k: torch.Tensor) -> torch.Tensor:
        """Return the sum over the rows."""
        nats: torch.Tensor = nn.functional.cross_entropy(
            logits_kv.float(), labels_k, reduction="sum"
        )
        return nats


def asked(labels_bt: torch.Tensor) -> dict[str, torch.Tensor]:
    """Return the places of a batch that have labels, counted through its rows, and these labels.

    They are looked for where the batch is made: a GPU asked for them would have to be waited for.
    """
    places_k = (labels_bt != IGNORED).flatten().nonzero().squeeze(1)
    return {"places": places_k, "asked": labels_bt.flatten()[places_k]}


def at(places_k: torch.Tensor, table_btn: torch.Tensor) -> torch.Tensor:
    """Return the rows of a table of states or logits at some places, (K, N)."""
    return table_btn.flatten(0, 1).index_select(0, places_k)
