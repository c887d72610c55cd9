"""What a recipe can say about training and judging; a user should need none of it.

Enters the sections `[training]` and `[evaluation]` of chainring.toml, leave frozen settings.

    TrainingSettings.model_validate({"budget_minutes": 10, "encoder": {"epochs": 3}})
"""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from chainring.contracts.dataset import Task
from chainring.contracts.tasks import TASKS
from chainring.training.craft.settings import CraftSettings
from chainring.training.generators.settings import (
    AnsweringSettings,
    DecoderSettings,
    PreferenceSettings,
    Seq2SeqSettings,
)
from chainring.training.objectives.settings import PretrainSettings
from chainring.training.tokenisers.settings import TokeniserSettings


class _Settings(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class LinearSettings(_Settings):
    """Candidate linear.v1: TF-IDF of words and characters, logistic regression."""

    c: float = Field(default=10.0, gt=0, le=1e4, description="inverse strength of the L2 penalty")
    min_df: int = Field(default=2, ge=1, description="rows a feature must occur in, at least")
    max_features: int = Field(
        default=200_000, ge=10, le=5_000_000, description="most frequent features kept, at most"
    )


class EncoderSettings(_Settings):
    """Candidate encoder.v1: a transformer encoder with mean pooling and one linear layer."""

    base: str = Field(
        default="minilm",
        min_length=1,
        description="'minilm' (the offline English package), a folder, or a hub id",
    )
    epochs: int | None = Field(
        default=None,
        ge=0,
        le=1000,
        description="passes over the rows; none: 4, of tags 12, more where rows are few; "
        "0: head only",
    )
    learning_rate: float | None = Field(
        default=None,
        gt=0,
        lt=1,
        description="peak learning rate; none: 2e-4 for MiniLM, more the narrower a base is",
    )
    batch_size: int = Field(default=64, ge=1, le=4096, description="rows a step")
    max_tokens: int = Field(
        default=128, ge=8, le=8192, description="tokens of a text that are read"
    )
    warmup_fraction: float = Field(
        default=0.1, ge=0, lt=1, description="share of steps that warm up"
    )
    weight_decay: float = Field(default=0.01, ge=0, le=1, description="decay of AdamW")
    layer_decay: float = Field(
        default=0.9, gt=0, le=1, description="factor of the learning rate from a layer to the lower"
    )
    label_smoothing: float = Field(
        default=0.1,
        ge=0,
        lt=1,
        description="share of the target spread over all labels; where a row has one label, not in "
        "biencoder.v1",
    )
    dropout: float = Field(
        default=0.1, ge=0, lt=1, description="dropout before the head and in the base"
    )
    patience: int = Field(
        default=2, ge=1, description="epochs without a better validation before stopping"
    )
    class_weights: Literal["auto", "none", "balanced"] = Field(
        default="auto",
        description="'auto' balances when the largest class has over 3 x the smallest, and never "
        "where the gate goes by cost; where a row has one label, not in biencoder.v1",
    )


class TrainingSettings(_Settings):
    """Which candidates compete, and how long they may take."""

    candidates: tuple[str, ...] = Field(
        default=(),
        description="simpler ones first: they win ties; empty: those of the task",
    )
    budget_minutes: float = Field(
        default=5.0,
        gt=0,
        description="the dial: epochs and pre-training are cut until they should fit",
    )
    seed: int = Field(default=0, ge=0, lt=2**31, description="the same seed gives the same model")
    pass_on_below: float | None = Field(
        default=None,
        ge=0,
        le=1,
        description="answers less sure than this go to a person; none: chosen on validation",
    )
    craft: CraftSettings = CraftSettings()
    linear: LinearSettings = LinearSettings()
    encoder: EncoderSettings = EncoderSettings()
    tokeniser: TokeniserSettings = TokeniserSettings()
    pretrain: PretrainSettings = PretrainSettings()
    seq2seq: Seq2SeqSettings = Seq2SeqSettings()
    decoder: DecoderSettings = DecoderSettings()
    preference: PreferenceSettings = PreferenceSettings()
    answering: AnsweringSettings = AnsweringSettings()

    def competing(self, task: Task) -> tuple[str, ...]:
        """Return the candidates that compete for a task."""
        return self.candidates or TASKS[task].candidates


class EvaluationSettings(_Settings):
    """How a form is judged."""

    min_jaccard: float = Field(
        default=0.8, gt=0, le=1, description="likeness from which a row counts as seen in training"
    )
    level: float = Field(default=0.95, gt=0, lt=1, description="confidence of the intervals")
