"""What a pre-training does where the recipe leaves it open: its size, learning rate and dropout.

Enter the settings and how much there is to learn from, leaves what is done:

    chosen = settled(options, flops=4.8e12, tokens=1_200_000, vocabulary=8000)
    chosen.learning_rate, chosen.dropout

The wider a network, the smaller the steps that it bears, soonest where the norms stand after each
sublayer (R. Xiong and others 2020, "On layer normalization in the Transformer architecture"): 1e-3
up to a width, from there as its inverse (G. Yang and others 2022, "Tensor Programs V"). GPT's 6e-4
at 768 is that of T. Brown and others 2020, table 2.1. T5's tables begin many times as large as all
else, so its rates go by the size of weights (`Run.by_size`), as its authors' optimiser has it, and
the one of most of them has no upper end (docs/decisions/0035-rates-of-t5.md).
"""

from __future__ import annotations

from dataclasses import dataclass

from chainring.contracts.said import Said
from chainring.training.base import Base
from chainring.training.card_words import BASES
from chainring.training.objectives.settings import ObjectiveName, PretrainSettings
from chainring.training.objectives.shape import Shape, fitting, shaped
from chainring.training.progress_sentences import progress

MAX_LEARNING_RATE = 1e-3
BASE_LEARNING_RATE = 1e-4
SPANS_BY_WIDTH = 0.4
"""At 64 what was found best here; at 768 2e-2 of a weight's size is 0.55 (P. Nawrot 2023, "nanoT5:
a PyTorch framework for pre-training and fine-tuning T5-style models")."""
RATE_BY_WIDTH: dict[ObjectiveName, float] = {
    "masked": 1e-3 * 128, "denoising": 1e-3 * 128,  # norms after each sublayer
    "causal": 6e-4 * 768, "spans": SPANS_BY_WIDTH,
}  # fmt: skip
"""The learning rate times the width."""
MANY_WEIGHTS_A_TOKEN = 0.6
"""What twenty passes feed, as `shape.MAX_WEIGHTS_A_TOKEN` tells: more learn by heart."""
DROPOUT = 0.1
NEIGHBOURS_WIDTH = 128
"""Of an encoder whose tokens begin by their neighbours, at least: their mean alone told 36.6, 41.2
and 42.8 % of short Chinese news with 64, 128 and 256 numbers a token (docs/log.md)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """The shape of a new network, None for a base's own; peak learning rate; dropout."""

    shape: Shape | None
    learning_rate: float
    dropout: float

    @property
    def told(self) -> Said:
        """All of it in a line."""
        rates = {"rate": f"{self.learning_rate:.3g}", "dropout": f"{self.dropout:g}"}
        if self.shape is None:
            return progress("shape of the base", **rates)
        return progress("shape", layers=self.shape.layers, hidden=self.shape.hidden, **rates)

    def name(self, base: Base | None) -> str:
        """Return what the network is called."""
        if self.shape is None:
            assert base is not None  # only a base brings its own shape
            return str(BASES.say("gone on", base=base.name))
        return str(BASES.say("own", layers=self.shape.layers, hidden=self.shape.hidden))

    def filled(self, options: PretrainSettings) -> PretrainSettings:
        """Return the settings with what they left open."""
        return options.model_copy(
            update={"learning_rate": self.learning_rate, "dropout": self.dropout}
        )


def settled(options: PretrainSettings, *, flops: float, tokens: int, vocabulary: int) -> Settled:
    """Return what is done: what the settings state, and what fits where they state nothing.

    Parameters
    ----------
    flops
        Floating point operations of the budget.
    tokens
        Tokens of one pass over the texts.
    """
    shape = None
    if not options.continue_from:
        shape = _shape(options, flops=flops, tokens=tokens, vocabulary=vocabulary)
    rate, dropout = options.learning_rate, options.dropout
    return Settled(
        shape=shape,
        learning_rate=_rate(options.objective, shape) if rate is None else rate,
        dropout=_dropout(options.objective, shape, tokens) if dropout is None else dropout,
    )


def by_neighbours(options: PretrainSettings) -> bool:
    """Return whether the tokens of a network begin by their neighbours."""
    is_new = not options.continue_from
    return is_new and options.objective == "masked" and options.embeddings == "neighbours"


def _shape(options: PretrainSettings, *, flops: float, tokens: int, vocabulary: int) -> Shape:
    found = fitting(
        flops,
        tokens=tokens,
        epochs=options.epochs,
        vocabulary=vocabulary,
        objective=options.objective,
    )
    width = max(found.hidden, NEIGHBOURS_WIDTH) if by_neighbours(options) else found.hidden
    layers, hidden = options.layers or found.layers, options.hidden or width
    return shaped(layers, hidden, options.heads)


def _rate(objective: ObjectiveName, shape: Shape | None) -> float:
    if shape is None:
        return BASE_LEARNING_RATE
    rate = RATE_BY_WIDTH[objective] / shape.hidden
    return rate if objective == "spans" else min(MAX_LEARNING_RATE, rate)


def size_of_rate(options: PretrainSettings, shape: Shape | None) -> float:
    """Return the size of weights that have the learning rate; 0: all of them have it."""
    return 0.0 if shape is None or options.objective != "spans" else float(shape.hidden**-0.5)


def _dropout(objective: ObjectiveName, shape: Shape | None, tokens: int) -> float:
    many = shape is not None and shape.size(objective) > MANY_WEIGHTS_A_TOKEN * tokens
    return DROPOUT if many else 0.0
