"""How large a network a budget can teach, and the network: transformers' own configurations.

    shape = fitting(budget_flops, tokens=..., vocabulary=8000, objective="causal", epochs=20)
    model = new_model("causal", shape, vocabulary=8000, max_tokens=128, dropout=0.0, marks=marks)

The size is the largest of a ladder that sees enough: twenty tokens for each weight (J. Hoffmann and
others 2022, "Training compute-optimal large language models", table 3), or every epoch asked for
where the text is too short for that. However much time there is, a network has at most three
weights for each token of the text: beyond that it learns the text by heart. Tables of embeddings
are no weights here; scoring the vocabulary costs time and counts.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from chainring.training.budget import FLOPS_A_PARAMETER
from chainring.training.objectives.settings import ObjectiveName
from chainring.training.tokenisers.special import Marks

TOKENS_A_WEIGHT = 20
MAX_WEIGHTS_A_TOKEN = 3
"""Of the text, each token counted once. N. Muennighoff and others 2023, "Scaling data-constrained
language models": twenty passes are worth 11.9 (R*_D = 15.4), which feeds 0.6 weights a token, and
weights beyond about five times what is fed pay little (R*_N = 5.3)."""
WIDTH_A_HEAD = 64
FULL_SPEED_WIDTH = 384
"""The nominal speeds of `budget` were measured at this width; narrower products are slower."""
LADDER = (
    (2, 64), (2, 128), (3, 128), (4, 128), (4, 192), (4, 256), (6, 256), (6, 384), (8, 512),
    (12, 768), (24, 1024),
)  # fmt: skip
SCORED: dict[str, float] = {"masked": 0.15, "causal": 1.0, "spans": 0.21, "denoising": 1.0}
"""Tokens that are scored over the vocabulary, for each token that is read."""
DECODED: dict[str, float] = {"masked": 0.0, "causal": 0.0, "spans": 0.21, "denoising": 1.0}
"""Tokens that pass a decoder, for each token that is read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """Layers (of the encoder, and as many of a decoder), width and attention heads."""

    layers: int
    hidden: int
    heads: int

    def weights(self, objective: ObjectiveName) -> float:
        """Return the weights that a token passes on average, without tables."""
        layer = 12 * self.hidden**2
        decoder = (layer + 4 * self.hidden**2) * DECODED[objective]
        return self.layers * (layer + decoder)

    def size(self, objective: ObjectiveName) -> int:
        """Return all weights but tables."""
        decoder = 16 * self.hidden**2 if DECODED[objective] else 0
        return self.layers * (12 * self.hidden**2 + decoder)

    def flops(self, objective: ObjectiveName, *, vocabulary: int) -> float:
        """Return the work of one token, forward and backward, at the nominal speed."""
        scored = SCORED[objective] * vocabulary * self.hidden
        return FLOPS_A_PARAMETER * (self.weights(objective) + scored) * slower(self.hidden)


def slower(hidden: int) -> float:
    """Return by which factor products of this width are slower than the nominal ones."""
    return float(max(1.0, FULL_SPEED_WIDTH / hidden) ** 0.5)


def cost(model: Any, objective: ObjectiveName) -> float:
    """Return the weights that a token passes, counted in a network, as nominal ones."""
    head = model.get_output_embeddings()
    tables = {id(module.weight) for module in model.modules() if _is_table(module)}
    tables.add(id(head.weight))
    body = sum(w.numel() for w in model.parameters() if id(w) not in tables)
    if DECODED[objective]:
        decoder = sum(w.numel() for w in model.get_decoder().parameters() if id(w) not in tables)
        body += (DECODED[objective] - 1) * decoder
    hidden = int(model.config.hidden_size)
    return float(body + SCORED[objective] * head.weight.numel()) * slower(hidden)


def _is_table(module: Any) -> bool:
    from torch import nn

    return isinstance(module, nn.Embedding)


def shaped(layers: int, hidden: int, heads: int | None) -> Shape:
    """Return a shape; without heads, one for 64 of the width."""
    return Shape(layers=layers, hidden=hidden, heads=heads or max(2, hidden // WIDTH_A_HEAD))


def fitting(
    flops: float, *, tokens: int, epochs: int, vocabulary: int, objective: ObjectiveName
) -> Shape:
    """Return the largest shape that text and `flops` teach enough; the smallest where none does."""
    for layers, hidden in reversed(LADDER if epochs else ()):
        shape = shaped(layers, hidden, None)
        if shape.size(objective) > MAX_WEIGHTS_A_TOKEN * tokens:
            continue
        enough = min(TOKENS_A_WEIGHT * shape.weights(objective), epochs * tokens)
        if flops >= enough * shape.flops(objective, vocabulary=vocabulary):
            return shape
    return shaped(*LADDER[0], None)


def new_model(
    objective: ObjectiveName,
    shape: Shape,
    *,
    vocabulary: int,
    max_tokens: int,
    dropout: float,
    marks: Marks,
    pairs: bool = False,
) -> Any:
    """Return a network with random weights."""
    import transformers as hf

    marked = {"pad_token_id": marks.pad, "bos_token_id": marks.start, "eos_token_id": marks.end}
    if objective == "masked":
        config = hf.BertConfig(
            vocab_size=vocabulary,
            hidden_size=shape.hidden,
            num_hidden_layers=shape.layers,
            num_attention_heads=shape.heads,
            intermediate_size=4 * shape.hidden,
            max_position_embeddings=max_tokens,
            hidden_dropout_prob=dropout,
            attention_probs_dropout_prob=dropout,
            **marked,
        )
        return (hf.BertForPreTraining if pairs else hf.BertForMaskedLM)(config)
    if objective == "causal":
        config = hf.GPT2Config(
            vocab_size=vocabulary,
            n_embd=shape.hidden,
            n_layer=shape.layers,
            n_head=shape.heads,
            n_positions=max_tokens,
            resid_pdrop=dropout,
            embd_pdrop=dropout,
            attn_pdrop=dropout,
            **marked,
        )
        return hf.GPT2LMHeadModel(config)
    if objective == "spans":
        config = hf.T5Config(
            vocab_size=vocabulary,
            d_model=shape.hidden,
            d_kv=shape.hidden // shape.heads,
            d_ff=4 * shape.hidden,
            num_layers=shape.layers,
            num_heads=shape.heads,
            dropout_rate=dropout,
            decoder_start_token_id=marks.pad,
            **marked,
        )
        return hf.T5ForConditionalGeneration(config)
    config = hf.BartConfig(
        vocab_size=vocabulary,
        d_model=shape.hidden,
        encoder_layers=shape.layers,
        decoder_layers=shape.layers,
        encoder_attention_heads=shape.heads,
        decoder_attention_heads=shape.heads,
        encoder_ffn_dim=4 * shape.hidden,
        decoder_ffn_dim=4 * shape.hidden,
        max_position_embeddings=max_tokens + 8,
        dropout=dropout,
        attention_dropout=0.0,
        decoder_start_token_id=marks.end,
        forced_eos_token_id=marks.end,
        **marked,
    )
    return hf.BartForConditionalGeneration(config)
