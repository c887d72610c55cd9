"""What a recipe can say about writers; a user should need none of it.

Enters the sections `[training.seq2seq]`, `[training.decoder]`, `[training.answering]` and
`[training.preference]`.

    Seq2SeqSettings.model_validate({"layers": 3, "beams": 4})
"""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class WriterSettings(BaseModel):
    """What all writers share: their size, how they are trained, and how they write."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    base: str = Field(
        default="", description="folder or hub id of weights to start from; empty: random weights"
    )
    layers: int = Field(
        default=4, ge=1, le=48, description="layers, of each half where there are two"
    )
    hidden: int = Field(default=128, ge=16, le=4096, description="width; a multiple of heads")
    inner: int = Field(default=256, ge=16, le=16384, description="width inside a layer")
    heads: int = Field(default=4, ge=1, le=64, description="attention heads")
    vocabulary: int = Field(
        default=4000, ge=300, le=200_000, description="byte pairs of an own vocabulary, at most"
    )
    epochs: int = Field(default=40, ge=1, le=10_000, description="passes over the rows, at most")
    learning_rate: float | None = Field(
        default=None,
        gt=0,
        lt=1,
        description="peak learning rate; none: by what it starts from (0.003 from random weights, "
        "0.0003 from T5, 0.0005 from an encoder, 0.0001 from others)",
    )
    batch_size: int = Field(default=128, ge=1, le=4096, description="rows a step")
    warmup_fraction: float = Field(
        default=0.1, ge=0, lt=1, description="share of steps that warm up"
    )
    weight_decay: float = Field(default=1e-4, ge=0, le=1, description="weight decay")
    dropout: float = Field(
        default=0.2,
        ge=0,
        lt=1,
        description="dropout of an own network; a base keeps its own where none is given",
    )
    label_smoothing: float = Field(
        default=0.1, ge=0, lt=1, description="share of the target spread over all tokens"
    )
    patience: int = Field(
        default=4, ge=0, description="epochs without a better validation loss before stopping"
    )
    max_input_tokens: int = Field(
        default=256, ge=8, le=32_768, description="tokens that are read; the oldest are left out"
    )
    max_output_tokens: int = Field(
        default=128, ge=1, le=8192, description="tokens that are written, at most"
    )
    beams: int = Field(
        default=1, ge=1, le=64, description="continuations kept in beam search; 1: greedy"
    )
    length_penalty: float = Field(
        default=1.0,
        ge=-5,
        le=5,
        description="exponent of the length in beam search; above 1: longer",
    )
    no_repeat_tokens: int = Field(
        default=0,
        ge=0,
        le=64,
        description="runs of so many tokens are not written twice; 0: may be",
    )

    @property
    def dropout_of_a_base(self) -> float | None:
        """The dropout that the recipe gives a base; None: the base keeps its own."""
        return self.dropout if "dropout" in self.model_fields_set else None


class Seq2SeqSettings(WriterSettings):
    """Candidate seq2seq.v1: an encoder–decoder Transformer.

    The defaults are those of Transformer-Tiny (Z. Wu and others 2021, "Good for misconceived
    reasons", section 4), which suits some ten thousand rows.
    """

    architecture: Literal["m2m100", "marian", "t5"] = Field(
        default="m2m100",
        description="network from random weights: norms before each sublayer (m2m100), after it "
        "(marian), or that of T5",
    )
    beams: int = Field(
        default=5, ge=1, le=64, description="continuations kept in beam search; 1: greedy"
    )


class DecoderSettings(WriterSettings):
    """Candidate decoder.v1: a causal Transformer that continues a prompt or a conversation."""

    architecture: Literal["gpt2", "llama"] = Field(
        default="gpt2", description="configuration of a network from random weights"
    )
    learning_rate: float | None = Field(
        default=None,
        gt=0,
        lt=1,
        description="peak learning rate; none: 0.001 from random weights, 0.00005 from a base",
    )
    label_smoothing: float = Field(
        default=0.0, ge=0, lt=1, description="share of the target spread over all tokens"
    )


class PreferenceSettings(DecoderSettings):
    """Candidates dpo.v1 and kto.v1: a decoder that learns which texts people like better."""

    beta: float = Field(
        default=0.1, gt=0, le=10, description="how dear it is to move away from the start"
    )
    preference_epochs: int = Field(
        default=2, ge=1, le=1000, description="passes over the preferences"
    )
    preference_learning_rate: float | None = Field(
        default=None,
        gt=0,
        lt=1,
        description="peak learning rate with preferences; none: 0.0002, with a base 0.000005",
    )
    preference_batch_size: int = Field(default=16, ge=2, le=1024, description="preferences a step")


class AnsweringSettings(BaseModel):
    """Candidate qa.v1: passages are looked up, and the answer is read off one of them."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    answers: Literal["extracted", "written"] = Field(
        default="extracted",
        description="whether answers are read off a passage word for word, or worded by a decoder "
        "(`[training.decoder]`) that reads it",
    )
    prompt: str = Field(
        default="{passage}\n\n{question}",
        pattern=r"(?s)\{passage\}.*\{question\}",
        description="what a decoder is asked: `{passage}` and `{question}` stand for them; too "
        "long a prompt loses its beginning",
    )
    base: str = Field(
        default="minilm",
        min_length=1,
        description="encoder that reads: 'minilm', a folder, or a hub id",
    )
    passages: int = Field(
        default=3, ge=1, le=100, description="passages that are read for a question"
    )
    passage_characters: int = Field(
        default=600,
        ge=50,
        le=100_000,
        description="length of a passage, about; cut at sentences, finer where three quarters of "
        "`max_tokens` hold less",
    )
    epochs: int = Field(default=4, ge=1, le=1000, description="passes over the rows, at most")
    learning_rate: float = Field(default=1e-4, gt=0, lt=1, description="peak learning rate")
    batch_size: int = Field(default=32, ge=1, le=4096, description="rows a step")
    warmup_fraction: float = Field(
        default=0.1, ge=0, lt=1, description="share of steps that warm up"
    )
    weight_decay: float = Field(default=0.01, ge=0, le=1, description="weight decay")
    patience: int = Field(
        default=2, ge=0, description="epochs without a better validation loss before stopping"
    )
    max_tokens: int = Field(
        default=256,
        ge=16,
        le=8192,
        description="tokens of question and passage that are read; a base may hold fewer",
    )
    max_answer_tokens: int = Field(
        default=40, ge=1, le=1024, description="tokens of an answer, at most"
    )
