"""An encoder with the head of a task: its loss, its answers in batches, its items.

    headed = Headed(encoder, form="several", classes=12, dropout=0.1)
    headed(input_ids, attention_mask, labels=labels)["loss"]

======  ====================================  ===================================================
form    the head reads                        the loss
======  ====================================  ===================================================
one     the mean of the states                cross entropy
several the mean of the states                −y log σ(x) − (1 − y) log(1 − σ(x)), mean of labels
number  the mean of the states                squared error of the standardised target
tags    the state of each token               -log p of the chain of classes, mean of tokens
======  ====================================  ===================================================

Axes: B batch, T tokens, H width of the encoder, C classes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from torch import nn

from chainring.contracts.tasks import Form
from chainring.contracts.values import Input
from chainring.stats.readout import Transitions
from chainring.training.chain import NO_TEXT, chain_loss_b
from chainring.training.craft.halving import Halving
from chainring.training.tokens import CHUNK, token_batches

TOKENS_A_BATCH = 8192

Item = dict[str, Any]


class Headed(nn.Module):  # type: ignore[misc]  # torch is read without its types
    """The encoder, dropout and one linear layer; `segments` tells it which text a token is of.

    Each row's loss counts with its weight; weights are given with mean 1, so that the learning rate
    keeps its meaning. With `smoothing` e the target of one label has 1 − e + e / C at the true
    label and e / C at each other one: C. Szegedy and others 2016, "Rethinking the Inception
    architecture", section 7.
    """

    def __init__(
        self,
        encoder: nn.Module,
        *,
        form: Form,
        classes: int,
        dropout: float,
        smoothing: float = 0.0,
    ) -> None:
        super().__init__()
        self.encoder, self.form, self.smoothing = encoder, form, smoothing
        self.dropout = nn.Dropout(dropout)
        self.head = nn.Linear(int(encoder.config.hidden_size), classes)
        if form == "tags":
            self.transitions_cc = nn.Parameter(torch.zeros(classes, classes))
        else:  # what is not known yet is said with no opinion
            nn.init.zeros_(self.head.bias)

    def begin_chain(self, transitions_cc: Any) -> None:
        """Set how well one class of a token follows another, before training."""
        with torch.no_grad():
            self.transitions_cc.copy_(torch.as_tensor(transitions_cc))

    @property
    def classes(self) -> int:
        """The number of logits of a text or token."""
        return int(self.head.out_features)

    @property
    def transitions(self) -> Transitions:
        """How well one class of a token follows another, in four decimals; none without tags."""
        if self.form != "tags":
            return ()
        rows = self.transitions_cc.detach().float().cpu().tolist()
        return tuple(tuple(round(one, 4) for one in row) for row in rows)

    def states(self, input_ids: Any, attention_mask: Any, token_type_ids: Any = None) -> Any:
        """Return what the head reads: shape (B, H), of tags (B, T, H)."""
        segments = {} if token_type_ids is None else {"token_type_ids": token_type_ids}
        found = self.encoder(input_ids=input_ids, attention_mask=attention_mask, **segments)
        states_bth = found.last_hidden_state
        return states_bth if self.form == "tags" else pooled(states_bth, attention_mask)

    def logits(self, input_ids: Any, attention_mask: Any, token_type_ids: Any = None) -> Any:
        """Return logits of shape (B, C), of tags (B, T, C)."""
        return self.head(self.dropout(self.states(input_ids, attention_mask, token_type_ids)))

    def forward(
        self,
        input_ids: Any,
        attention_mask: Any,
        token_type_ids: Any = None,
        labels: Any = None,
        weights: Any = None,
    ) -> dict[str, Any]:
        """Return logits, and the loss where labels are given; of tags also its number of tokens."""
        logits = self.logits(input_ids, attention_mask, token_type_ids)
        if labels is None:
            return {"logits": logits}
        if self.form == "tags":
            units = (labels != NO_TEXT).sum()
            loss_b = chain_loss_b(logits.float(), labels, self.transitions_cc.float())
            loss_b = loss_b if weights is None else loss_b * weights
            return {"loss": loss_b.sum() / units.clamp(min=1), "units": units, "logits": logits}
        loss_b = self._loss_b(logits.float(), labels)
        loss = loss_b.mean() if weights is None else (loss_b * weights).mean()
        return {"loss": loss, "logits": logits}

    def _loss_b(self, logits_bc: Any, labels: Any) -> Any:
        if self.form == "number":
            return (logits_bc[:, 0] - labels) ** 2
        if self.form == "several":
            each = nn.functional.binary_cross_entropy_with_logits
            return each(logits_bc, labels, reduction="none").mean(1)
        return nn.functional.cross_entropy(
            logits_bc, labels, reduction="none", label_smoothing=self.smoothing
        )


def pooled(states_bth: Any, attention_mask: Any) -> Any:
    """Return the mean of the states over the mask, shape (B, H)."""
    mask_bt1 = attention_mask.unsqueeze(-1).to(states_bth.dtype)
    return (states_bth * mask_bt1).sum(1) / mask_bt1.sum(1)


def items_of(tokenizer: Any, texts: Sequence[Input], *, segments: bool) -> list[Item]:
    """Return the ids of each text or pair, of pairs with the segment of each token."""
    return [
        {"input_ids": one.ids, "token_type_ids": one.type_ids}
        if segments
        else {"input_ids": one.ids}
        for start in range(0, len(texts), CHUNK)
        for one in tokenizer.encode_batch(list(texts[start : start + CHUNK]))
    ]


def collate(items: Sequence[Item], *, pad: int) -> dict[str, torch.Tensor]:
    """Return a padded batch; labels may be a number, a row of them, or one a token."""
    longest = max(len(item["input_ids"]) for item in items)
    batch = {
        "input_ids": _padded(items, "input_ids", longest, pad),
        "attention_mask": torch.tensor(
            [[int(t < len(item["input_ids"])) for t in range(longest)] for item in items]
        ),
    }
    if "token_type_ids" in items[0]:
        batch["token_type_ids"] = _padded(items, "token_type_ids", longest, 0)
    if "labels" in items[0]:
        batch["labels"] = _labels(items, longest)
    if "weights" in items[0]:
        batch["weights"] = torch.tensor([item["weights"] for item in items], dtype=torch.float32)
    return batch


def _labels(items: Sequence[Item], longest: int) -> torch.Tensor:
    first = items[0]["labels"]
    if isinstance(first, list):
        return _padded(items, "labels", longest, NO_TEXT)
    return torch.tensor(np.array([item["labels"] for item in items]))


def _padded(items: Sequence[Item], name: str, longest: int, pad: int) -> torch.Tensor:
    rows = [item[name] for item in items]
    return torch.tensor([[*row, *[pad] * (longest - len(row))] for row in rows])


def in_batches(
    function: Callable[..., torch.Tensor],
    items: Sequence[Item],
    *,
    pad: int,
    device: str = "cpu",
) -> list[Any]:
    """Return `function` of each item as float32, padding taken off where it answers by token."""
    rows: list[Any] = [None] * len(items)

    def answer(places: Sequence[int]) -> Any:
        bare = [
            {name: items[i][name] for name in items[i] if name.endswith("_ids")} for i in places
        ]
        batch = {name: value.to(device) for name, value in collate(bare, pad=pad).items()}
        return function(**batch).float().cpu().numpy()

    with torch.inference_mode():
        batches = token_batches([one["input_ids"] for one in items], max_tokens=TOKENS_A_BATCH)
        for places, answers in Halving().answered(batches, answer):
            for place, one in zip(places, answers, strict=True):
                length = len(items[place]["input_ids"])
                rows[place] = one[:length] if one.ndim == 2 else one
    return rows
