"""How a decoder stands to pairs of texts: which of two it finds likelier.

    likelihoods = preferred(network, tokeniser, rows, settings=settings)     # shape (rows, 2)
    (likelihoods[:, 0] > likelihoods[:, 1]).mean()                            # preference accuracy

Axes: N rows, B batch, T tokens, V vocabulary.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from chainring.contracts.dataset import Row
from chainring.training.generators.loss import IGNORED
from chainring.training.generators.modules import collate
from chainring.training.generators.settings import WriterSettings
from chainring.training.generators.tokens import decoder_items
from chainring.training.generators.writer import rejected_of
from chainring.training.tokens import token_batches

TOKENS_A_BATCH = 4096


def preferred(
    network: Any,
    tokeniser: Any,
    rows: Sequence[Row],
    *,
    settings: WriterSettings,
    mean: bool = False,
) -> NDArray[np.float64]:
    """Return the log-likelihood of the chosen and the rejected text of each row, shape (N, 2).

    That is the sum over the tokens of the text, the mark of its end included, given the prompt; or
    their `mean`, for which a longer text is not the less likely.
    """
    others = [replace(row, target=rejected_of(row)) for row in rows]
    both = []
    for some in (rows, others):
        items = decoder_items(some, tokeniser=tokeniser, settings=settings)
        sizes_n = np.array([sum(label != IGNORED for label in one["labels"]) for one in items])
        both.append(likelihoods(network, items) / (sizes_n if mean else 1.0))
    return np.stack(both, axis=1)


def likelihoods(network: Any, items: Sequence[dict[str, Any]]) -> NDArray[np.float64]:
    """Return the log-likelihood of the tokens of each item that have labels, shape (N,)."""
    network.eval()
    found_n = np.zeros(len(items))
    ids = [item["input_ids"] for item in items]
    with torch.inference_mode():
        for places in token_batches(ids, max_tokens=TOKENS_A_BATCH):
            told_b = _likelihoods(network, [items[i] for i in places])
            found_n[places] = told_b.double().cpu().numpy()
    return found_n


def _likelihoods(network: Any, items: Sequence[dict[str, Any]]) -> Any:
    device = next(network.parameters()).device
    batch = {name: value.to(device) for name, value in collate(items, pad=0).items()}
    asked = {name: batch[name] for name in ("input_ids", "attention_mask")}
    logits_btv = network(**asked, use_cache=False).logits[:, :-1].float()
    told_bt = torch.nn.functional.cross_entropy(
        logits_btv.transpose(1, 2), batch["labels"][:, 1:], ignore_index=IGNORED, reduction="none"
    )
    return -told_bt.sum(1)
