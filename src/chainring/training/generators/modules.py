"""A writer as one module that gives its loss, and its batches.

    module = Writing(network, smoothing=0.1)
    module(**collate(items, pad=0))["loss"]

Axes: B batch, T tokens, D width, N tokens that count.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import nn

from chainring.training.generators.loss import IGNORED, counted, token_loss

SLICED = ("m2m_100", "marian", "bart", "gpt2", "llama")
"""Networks whose output is their last hidden state times one matrix, with a bias or without:
the loss goes in slices."""


class Writing(nn.Module):  # type: ignore[misc]  # torch is read without its types
    """A network of transformers and the mean loss of the tokens it should write.

    The loss of each token is taken as often as its row weighs; weights have a mean of 1 over all
    rows of a training, so that a batch of heavy rows pulls more than one of light ones.
    """

    def __init__(self, network: nn.Module, *, smoothing: float = 0.0) -> None:
        super().__init__()
        self.network = network
        self.smoothing = smoothing

    @property
    def logits_a_token(self) -> float:
        """The logits that are kept of a token: none where the loss goes in slices."""
        network: Any = self.network
        if network.config.model_type in SLICED:
            return 0.0
        return float(len(network.get_output_embeddings().weight))

    def forward(
        self,
        input_ids: torch.Tensor,
        attention_mask: torch.Tensor,
        labels: torch.Tensor,
        weights: torch.Tensor | None = None,
    ) -> dict[str, Any]:
        """Return the loss and how many tokens it is the mean of; `weights` has shape (B,)."""
        smoothing = self.smoothing if self.training else 0.0
        counts_n = None
        if self.network.config.model_type in SLICED:
            hidden_btd, targets_bt = self._states(input_ids, attention_mask, labels)
            hidden_nd, targets_n = counted(hidden_btd, targets_bt)
            counts_n = _by_token(weights, targets_bt)
            weight_vd = self.network.get_output_embeddings().weight
            bias = getattr(self.network, "final_logits_bias", None)  # of Marian and BART
            bias_v = None if bias is None else bias.flatten()
            loss = token_loss(
                hidden_nd, weight_vd, targets_n,
                bias_v=bias_v, counts_n=counts_n, smoothing=smoothing,
            )  # fmt: skip
        else:
            logits_btv, targets_bt = self._logits(input_ids, attention_mask, labels)
            logits_nv, targets_n = counted(logits_btv, targets_bt)
            counts_n = _by_token(weights, targets_bt)
            loss_n = nn.functional.cross_entropy(
                logits_nv.float(), targets_n, label_smoothing=smoothing, reduction="none"
            )
            loss = (loss_n if counts_n is None else loss_n * counts_n).mean()
        return {"loss": loss, "units": len(targets_n)}

    def _states(self, ids_bt: Any, mask_bt: Any, labels_bt: Any) -> tuple[Any, Any]:
        inner: Any = self.network.base_model
        more, targets_bt = self._asked(ids_bt, labels_bt)
        found = inner(input_ids=ids_bt, attention_mask=mask_bt, use_cache=False, **more)
        return self._aligned(found.last_hidden_state), targets_bt

    def _logits(self, ids_bt: Any, mask_bt: Any, labels_bt: Any) -> tuple[Any, Any]:
        more, targets_bt = self._asked(ids_bt, labels_bt)
        found = self.network(input_ids=ids_bt, attention_mask=mask_bt, use_cache=False, **more)
        return self._aligned(found.logits), targets_bt

    def _asked(self, ids_bt: Any, labels_bt: Any) -> tuple[dict[str, Any], Any]:
        """Return what the network takes besides, and the targets of its outputs."""
        config: Any = self.network.config
        if not config.is_encoder_decoder:
            return {}, labels_bt[:, 1:]
        start = config.decoder_start_token_id
        shifted_bt = labels_bt.roll(1, dims=1).masked_fill(
            labels_bt.roll(1, dims=1) == IGNORED, config.pad_token_id
        )
        shifted_bt[:, 0] = start
        return {"decoder_input_ids": shifted_bt}, labels_bt

    def _aligned(self, outputs: Any) -> Any:
        """Return the outputs that have a target: of a decoder all but the last."""
        return outputs if self.network.config.is_encoder_decoder else outputs[:, :-1]


def _by_token(weights_b: Any, targets_bt: Any) -> Any:
    """Return the weight of each token that counts, shape (N,); None: all are 1."""
    if weights_b is None:
        return None
    return weights_b[:, None].expand_as(targets_bt)[targets_bt != IGNORED]


def collate(items: Sequence[Mapping[str, Any]], *, pad: int) -> dict[str, torch.Tensor]:
    """Return a padded batch: ids and mask of shape (B, T), labels filled up with IGNORED.

    Weights of rows, shape (B,), are there where one is not 1.
    """
    ids_bt = _filled([item["input_ids"] for item in items], pad)
    lengths_b1 = torch.tensor([[len(item["input_ids"])] for item in items])
    mask_bt = (torch.arange(ids_bt.shape[1])[None] < lengths_b1).long()
    labels_bt = _filled([item["labels"] for item in items], IGNORED)
    batch = {"input_ids": ids_bt, "attention_mask": mask_bt, "labels": labels_bt}
    return batch | weights_of(items)


def weights_of(items: Sequence[Mapping[str, Any]]) -> dict[str, torch.Tensor]:
    """Return `weights` of a batch, shape (B,); nothing where every row weighs 1."""
    weights = [float(item.get("weight", 1.0)) for item in items]
    return {} if set(weights) == {1.0} else {"weights": torch.tensor(weights)}


def weighed(items: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return the items of a training with weights of mean 1."""
    mean = sum(item["weight"] for item in items) / max(1, len(items))
    return [{**item, "weight": item["weight"] / mean} for item in items]


def _filled(rows: Sequence[Sequence[int]], value: int) -> torch.Tensor:
    table_bt = torch.full((len(rows), max(len(row) for row in rows)), value)
    for b, row in enumerate(rows):
        table_bt[b, : len(row)] = torch.tensor(row)
    return table_bt
