"""An encoder that reads an answer off a passage: two scores a token, where it begins and ends.

    network = SpanNetwork(encoder)
    network(**collate(items, pad=0))["loss"]

J. Devlin and others 2019, "BERT", section 4.2 and 4.3: a passage without the answer has its span at
the first token.

Axes: B batch, T tokens, H width.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import nn

from chainring.training.generators.modules import weights_of


class SpanNetwork(nn.Module):  # type: ignore[misc]  # torch is read without its types
    """An encoder and one linear layer over its last hidden states."""

    def __init__(self, encoder: nn.Module) -> None:
        super().__init__()
        self.encoder = encoder
        self.head = nn.Linear(int(encoder.config.hidden_size), 2)

    def forward(
        self,
        input_ids: torch.Tensor,
        attention_mask: torch.Tensor,
        token_type_ids: torch.Tensor,
        places: torch.Tensor,
        weights: torch.Tensor | None = None,
    ) -> dict[str, torch.Tensor]:
        """Return the mean loss, each row's taken as often as it weighs.

        `places` has first and last token of the answer, shape (B, 2); `weights` has shape (B,).
        """
        states_bth = self.encoder(
            input_ids=input_ids, attention_mask=attention_mask, token_type_ids=token_type_ids
        ).last_hidden_state
        scores_bt2 = self.head(states_bth).float()
        outside_bt1 = (attention_mask == 0)[..., None]
        scores_bt2 = scores_bt2.masked_fill(outside_bt1, torch.finfo(torch.float32).min)
        loss_b2 = nn.functional.cross_entropy(scores_bt2, places, reduction="none")
        return {"loss": (loss_b2 if weights is None else loss_b2 * weights[:, None]).mean()}


def collate(items: Sequence[Mapping[str, Any]], *, pad: int) -> dict[str, torch.Tensor]:
    """Return a padded batch."""
    width = max(len(item["input_ids"]) for item in items)
    ids_bt = torch.full((len(items), width), pad)
    types_bt, mask_bt = torch.zeros_like(ids_bt), torch.zeros_like(ids_bt)
    for b, item in enumerate(items):
        count = len(item["input_ids"])
        ids_bt[b, :count] = torch.tensor(item["input_ids"])
        types_bt[b, :count] = torch.tensor(item["types"])
        mask_bt[b, :count] = 1
    return {
        "input_ids": ids_bt,
        "attention_mask": mask_bt,
        "token_type_ids": types_bt,
        "places": torch.tensor([item["places"] for item in items]),
        **weights_of(items),
    }


def items_of(
    tokenizer: Any,
    asked: Sequence[tuple[str, str]],
    answers: Sequence[tuple[int, int] | None],
    *,
    weights: Sequence[float] | None = None,
) -> list[dict[str, Any]]:
    """Return an item for each question and passage, none where the answer is cut off.

    Parameters
    ----------
    asked
        Pairs of a question and a passage.
    answers
        Where in the passage the answer stands, in characters; None where it does not.
    weights
        What each counts in the loss; None: all count 1.
    """
    encodings = tokenizer.encode_batch(list(asked))
    return [
        {"input_ids": one.ids, "types": one.type_ids, "places": places, "weight": weight}
        for one, span, weight in zip(
            encodings, answers, weights or [1.0] * len(answers), strict=True
        )
        if (places := token_places(one.offsets, one.sequence_ids, span)) is not None
    ]


def token_places(
    offsets: Sequence[tuple[int, int]],
    sequences: Sequence[int | None],
    span: tuple[int, int] | None,
) -> list[int] | None:
    """Return the first and last token of a span of the second text; (0, 0) where there is none.

    None where not all of the span is among the tokens, because the text was cut before its end.
    """
    if span is None:
        return [0, 0]
    passage = [t for t, sequence in enumerate(sequences) if sequence == 1]
    inside = [t for t in passage if offsets[t][0] < span[1] and span[0] < offsets[t][1]]
    whole = inside and offsets[passage[-1]][1] >= span[1]
    return [inside[0], inside[-1]] if whole else None
