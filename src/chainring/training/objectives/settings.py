"""What a recipe can say about pre-training, section `[training.pretrain]`.

PretrainSettings.model_validate({"objective": "causal", "epochs": 3})
"""

from __future__ import annotations

from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

ObjectiveName = Literal["masked", "causal", "spans", "denoising"]


class PretrainSettings(BaseModel):
    """A model from the project's own text, or a base that goes on learning from it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    objective: ObjectiveName = Field(
        default="masked",
        description="BERT, GPT, T5, or an encoder-decoder that mends texts; a ring needs 'masked'",
    )
    next_sentence: bool = Field(
        default=False, description="BERT's second task: whether a text follows another ('masked')"
    )
    whole_words: bool = Field(
        default=True, description="hide whole words, Chinese ones too ('masked')"
    )
    embeddings: Literal["neighbours", "random"] = Field(
        default="neighbours",
        description="first vectors of a new network's tokens: by their neighbours in the text "
        "('masked'), or random",
    )
    continue_from: str = Field(
        default="", description="base to go on from, with its tokeniser; empty: random weights"
    )
    layers: int | None = Field(
        default=None, ge=1, le=48, description="transformer layers; none: from the budget"
    )
    hidden: int | None = Field(
        default=None,
        ge=16,
        le=4096,
        description="width, a multiple of heads; none: from the budget",
    )
    heads: int | None = Field(
        default=None, ge=1, le=64, description="attention heads; none: one for 64 of the width"
    )
    vocabulary: int | None = Field(
        default=None, ge=100, le=200_000, description="if given, training.tokeniser.size"
    )
    max_tokens: int | None = Field(
        default=None, ge=8, le=8192, description="of a block; none: training.encoder.max_tokens"
    )
    epochs: int = Field(
        default=20,
        ge=0,
        le=10_000,
        description="passes over the texts, at most; 0: the tokens' first vectors alone",
    )
    learning_rate: float | None = Field(
        default=None,
        gt=0,
        lt=1,
        description="peak learning rate; none: 1e-3, lower where wide, of T5 0.4 / width and of "
        "its large tables in proportion; for a base 1e-4",
    )
    batch_size: int = Field(default=64, ge=1, le=4096, description="blocks a step")
    warmup_fraction: float = Field(
        default=0.1, ge=0, lt=1, description="share of steps that warm up"
    )
    weight_decay: float = Field(default=0.01, ge=0, le=1, description="decay of weights")
    dropout: float | None = Field(
        default=None,
        ge=0,
        lt=1,
        description="while it learns; none: 0.1 for a new network over 0.6 weights a token, else 0",
    )
    held_out: float = Field(
        default=0.02, ge=0, lt=1, description="share of the texts that only judges, by digest"
    )
    looks: int = Field(
        default=10, ge=1, le=1000, description="times that the held-out texts are looked at"
    )
    budget_share: float = Field(
        default=0.5, gt=0, lt=1, description="share of the budget that it may take in a turn"
    )

    @model_validator(mode="after")
    def _pairs_are_for_masked(self) -> Self:
        if self.next_sentence and self.objective != "masked":
            raise ValueError("next_sentence goes with objective = 'masked' only")
        return self

    @model_validator(mode="after")
    def _something_is_learnt(self) -> Self:
        begun = self.objective == "masked" and self.embeddings == "neighbours"
        if not self.epochs and (not begun or self.continue_from):
            raise ValueError(
                "epochs = 0 teaches nothing but first vectors: it goes with objective = 'masked', "
                "embeddings = 'neighbours' and no base to go on from"
            )
        return self
