"""GPT: each token is told from those before it.

A. Radford and others 2019, "Language models are unsupervised multitask learners". A block holds
pieces of documents that do not see each other; each begins with `[CLS]`, from which its first token
is told, and ends with `[SEP]`: so every token of a text is told exactly once, and the sum of the
likelihoods is that of the text (a long text's pieces each start anew, which the figure bears).

Axes: B batch, T tokens, K predicted tokens, H width, V vocabulary.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch

from chainring.training.objectives.attention import seen
from chainring.training.objectives.learner import IGNORED, Learner, Sums, asked, at
from chainring.training.objectives.packing import EMPTY, Item, packed


class CausalLearner(Learner):
    """GPT2LMHeadModel (or LlamaForCausalLM), scored where a token of the same piece follows."""

    def sums(self, **batch: torch.Tensor) -> Sums:
        """Return the likelihoods of all next tokens."""
        hidden = self.model.base_model(
            input_ids=batch["input_ids"],
            position_ids=batch["position_ids"],
            attention_mask=seen(self.model, batch, causal=True),
            use_cache=False,
        )
        states_kh = at(batch["places"], hidden.last_hidden_state)
        return self.told(self.model.get_output_embeddings()(states_kh), batch["asked"])


def following(items: Sequence[Item], *, pad: int) -> dict[str, torch.Tensor]:
    """Return a batch whose labels are the next tokens of the same piece."""
    batch = packed(items, pad=pad)
    segments_bt = batch["segments"]
    labels_bt = torch.full_like(batch["input_ids"], IGNORED)
    same_bt = (segments_bt[:, 1:] == segments_bt[:, :-1]) & (segments_bt[:, 1:] != EMPTY)
    labels_bt[:, :-1] = torch.where(same_bt, batch["input_ids"][:, 1:], IGNORED)
    return batch | {"labels": labels_bt, **asked(labels_bt)}
