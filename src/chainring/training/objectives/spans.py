"""T5: spans of a text are hidden, each behind a sentinel, and told in their order.

    input    我想<extra_id_0>，包裹还<extra_id_1>到。[SEP]
    target   <extra_id_0>退货<extra_id_1>没有<extra_id_2>[SEP]

C. Raffel and others 2020, "Exploring the limits of transfer learning", section 3.1.4: 15 % of the
tokens, three a span on average. Documents are joined, `[SEP]` after each, and cut into stretches of
one length, which all give inputs of one length and targets of one length: no place is padding.
Attention is not kept within a document here: relative positions and attention from target to input
would each need a mask of its own, and `[SEP]` tells where a document ends (as in the paper).
"""

from __future__ import annotations

from collections.abc import Sequence

import torch

from chainring.training.objectives.documents import Document
from chainring.training.objectives.learner import IGNORED, Learner, Sums, asked, at
from chainring.training.objectives.packing import Item, padded
from chainring.training.tokenisers.special import Marks

HIDDEN_SHARE = 0.15
MEAN_SPAN = 3.0


class SpanLearner(Learner):
    """T5ForConditionalGeneration or BartForConditionalGeneration."""

    def sums(self, **batch: torch.Tensor) -> Sums:
        """Return the likelihoods of the targets' tokens; when it judges, of hidden ones alone.

        Sentinels, the end and what stands in the input as it is in the target are easily told.
        """
        logits_btv = self.model(
            input_ids=batch["input_ids"],
            attention_mask=batch["attention_mask"],
            labels=batch["labels"],
            use_cache=False,
        ).logits
        places_k, asked_k = batch["places"], batch["asked"]
        if not self.training:
            hidden_k = batch["hidden"].flatten()[places_k]
            places_k, asked_k = places_k[hidden_k], asked_k[hidden_k]
        return self.told(at(places_k, logits_btv), asked_k)


def stretches(documents: Sequence[Document], *, max_tokens: int, end: int) -> list[Item]:
    """Return all documents, joined, in stretches of one length; the rest is the last stretch."""
    joined = [token for one in documents for token in (*one.ids, end)]
    cut = [joined[i : i + max_tokens] for i in range(0, len(joined), max_tokens)]
    return [{"input_ids": ids} for ids in cut if len(ids) > MEAN_SPAN]


def corrupted(
    items: Sequence[Item], *, sentinels: Sequence[int], marks: Marks
) -> dict[str, torch.Tensor]:
    """Return a batch of inputs with hidden spans, and targets."""
    made = []
    for item in items:
        source, target, hidden = [], [], []
        for number, (kept, gone) in enumerate(spans(len(item["input_ids"]), len(sentinels) - 1)):
            source += [*item["input_ids"][kept], sentinels[number]]
            target += [sentinels[number], *item["input_ids"][gone]]
            hidden += [False, *(token != marks.end for token in item["input_ids"][gone])]
            last = number
        made.append(
            {
                "input_ids": [*source, marks.end],
                "labels": [*target, sentinels[last + 1], marks.end],
                "hidden": [*hidden, False, False],
            }
        )
    return sequences(made, marks=marks)


def sequences(made: Sequence[Item], *, marks: Marks) -> dict[str, torch.Tensor]:
    """Return a batch of inputs and targets, padded, and which tokens of the targets are hidden.

    Where nothing but the end of a document is, all of them count.
    """
    for one in made:
        one["hidden"] = one["hidden"] if any(one["hidden"]) else [True] * len(one["labels"])
    ids_bt = padded(made, "input_ids", marks.pad)
    labels_bt = padded(made, "labels", IGNORED)
    return {
        "input_ids": ids_bt,
        "attention_mask": (ids_bt != marks.pad).long(),
        "labels": labels_bt,
        "hidden": padded(made, "hidden", 0).bool(),
        **asked(labels_bt),
    }


def spans(length: int, most: int) -> list[tuple[slice, slice]]:
    """Return pairs of a stretch that stays and the span after it that is hidden, at random."""
    gone = min(max(round(HIDDEN_SHARE * length), 1), length - 1)
    count = min(max(round(gone / MEAN_SPAN), 1), most, length - gone)
    pairs, place = [], 0
    for kept, hidden in zip(_parts(length - gone, count), _parts(gone, count), strict=True):
        pairs.append((slice(place, place + kept), slice(place + kept, place + kept + hidden)))
        place += kept + hidden
    return pairs


def _parts(total: int, count: int) -> list[int]:
    """Return `count` random lengths of at least 1 that make up the total."""
    cuts = sorted((torch.randperm(total - 1)[: count - 1] + 1).tolist())
    return [b - a for a, b in zip([0, *cuts], [*cuts, total], strict=True)]
