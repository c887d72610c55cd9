"""BERT: hidden tokens are told, whole words at a time, and which text follows which.

J. Devlin and others 2019, "BERT", section 3.1: 15 % of the tokens are chosen, of which 80 % are
masked, 10 % replaced by any and 10 % left; the two losses are added. Whole words are chosen, in
Chinese as well (Y. Cui and others 2021, "Pre-training with whole word masking for Chinese BERT"),
which makes guessing 裹 from 包 no task. The vocabulary is scored at the chosen places only, which
saves half of the time with a small encoder.

Axes: B batch, T tokens, W words, K chosen tokens, H width, V vocabulary.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, TypeAlias

import torch
from torch import nn

from chainring.training.objectives.attention import seen
from chainring.training.objectives.learner import IGNORED, Learner, Sums, asked, at
from chainring.training.objectives.packing import Item, packed, padded
from chainring.training.tokenisers.special import Marks

Batch: TypeAlias = dict[str, Any]
CHOSEN_SHARE, MASKED_SHARE, REPLACED_SHARE = 0.15, 0.8, 0.1


class MaskedLearner(Learner):
    """BertForMaskedLM or BertForPreTraining, scored at the chosen places."""

    def sums(self, **batch: torch.Tensor) -> Sums:
        """Return likelihoods of the chosen tokens and, where pairs are told apart, of those."""
        labels = batch if "places" in batch else batch | asked(batch["labels"])
        encoder = self.model.base_model
        inputs = {
            name: batch[name]
            for name in ("input_ids", "token_type_ids", "position_ids")
            if name in batch
        }
        hidden = encoder(attention_mask=seen(self.model, batch), **inputs)
        states_kh = at(labels["places"], hidden.last_hidden_state)
        sums = self.told(self._scores(states_kh), labels["asked"])
        if "follows" in batch:
            logits_b2 = self.model.cls.seq_relationship(hidden.pooler_output)
            pairs = self.told(logits_b2, 1 - batch["follows"])  # 0 is "it follows", as in BERT
            names = {"nll": "pair_nll", "predicted": "pairs", "right": "pairs_right"}
            sums |= {names[name]: value for name, value in pairs.items()}
        return sums

    def of_a_step(self, parts: Iterator[tuple[int, Batch]]) -> Iterator[tuple[int, Batch]]:
        """Yield the batches of a step; where pairs are told apart, each knows the tokens a pair."""
        if not hasattr(getattr(self.model, "cls", None), "seq_relationship"):
            yield from parts
            return
        made = list(parts)
        tokens = sum(len(batch["asked"]) for _, batch in made)
        for rows, batch in made:
            yield rows, {**batch, "tokens_a_pair": tokens / sum(rows for rows, _ in made)}

    def _scores(self, states_kh: torch.Tensor) -> Any:
        head: nn.Module | None = getattr(self.model, "cls", None)
        if head is not None:
            return head.predictions(states_kh)
        return self.model.lm_head(states_kh)  # of the RoBERTa kind


def hidden(items: Sequence[Item], *, vocabulary: int, marks: Marks) -> dict[str, torch.Tensor]:
    """Return a batch in which chosen words are hidden, with the hidden tokens as labels."""
    batch = packed(items, pad=marks.pad)
    ids_bt = batch["input_ids"]
    words_bt = padded(items, "words", 0) if items[0]["words"] else _each_its_own(ids_bt)
    chosen_bt = chosen(words_bt, free_bt=~torch.isin(ids_bt, torch.tensor(marks.special)))
    fate_bt = torch.rand(ids_bt.shape)
    other_bt = torch.randint(vocabulary, ids_bt.shape)
    replaced_bt = chosen_bt & (fate_bt >= MASKED_SHARE) & (fate_bt < MASKED_SHARE + REPLACED_SHARE)
    masked_bt = torch.where(chosen_bt & (fate_bt < MASKED_SHARE), marks.mask or 0, ids_bt)
    batch["input_ids"] = torch.where(replaced_bt, other_bt, masked_bt)
    batch["labels"] = torch.where(chosen_bt, ids_bt, IGNORED)
    return batch | asked(batch["labels"]) | pair_inputs(items)


def pair_inputs(items: Sequence[Item]) -> dict[str, torch.Tensor]:
    """Return what a batch of sentence pairs has besides: types of tokens, and the truth."""
    if "follows" not in items[0]:
        return {}
    return {
        "token_type_ids": padded(items, "types", 0),
        "follows": torch.tensor([int(item["follows"]) for item in items]),
    }


def chosen(words_bt: torch.Tensor, *, free_bt: torch.Tensor) -> torch.Tensor:
    """Return which tokens are to be told: whole words in random order, up to 15 % of a row.

    A row whose every word is longer than that gives one word.
    """
    draws_bw = torch.rand(len(words_bt), int(words_bt.max()) + 1)
    drawn_bt = draws_bw.gather(1, words_bt).masked_fill(~free_bt, torch.inf)
    # a word with a mark or an unknown token in it is told without that token
    ordered_bt = drawn_bt.sort(dim=1).values
    wanted_b1 = (CHOSEN_SHARE * free_bt.sum(1, keepdim=True)).round().long().clamp(min=1)
    limit_b1 = ordered_bt.gather(1, wanted_b1.clamp(max=words_bt.shape[1] - 1))
    # the word on the limit is told as often as tokens were left for it, so that 15 % are told
    inside_bt = drawn_bt < limit_b1
    edge_bt = (drawn_bt == limit_b1) & free_bt
    missing_b1 = wanted_b1 - inside_bt.sum(1, keepdim=True)
    odds_b1 = missing_b1 / edge_bt.sum(1, keepdim=True).clamp(min=1)
    none_b1 = ~inside_bt.any(1, keepdim=True)
    taken_b1 = (torch.rand(odds_b1.shape) < odds_b1) | none_b1
    return (inside_bt | (edge_bt & taken_b1)) & free_bt


def _each_its_own(ids_bt: torch.Tensor) -> torch.Tensor:
    return torch.arange(ids_bt.shape[1]).expand(ids_bt.shape)
