"""Settings of the deployment link: the recipe's `[deployment]` section.

Enters a mapping from the recipe, leaves a frozen model; every field has a default that suits one
machine with a few cores.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

Tier = Literal["exact", "default", "light", "fast"]


class ParitySettings(BaseModel):
    """How near a form must answer to the trained model, on its golden texts.

    `exact` computes in float32 like training and differs by rounding only. `bf16` keeps 8 bits of
    mantissa, which moves probabilities by about a hundredth. `light` rounds weights and activations
    to 8 bits; its probabilities move by tenths where two labels are near, so that it is held to
    its labels first and to a looser cosine of logits (the smallest of a fine MiniLM was 0.988 on
    3,080 questions of its field, and 0.948 on an empty text or one in a language it never learnt).
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    exact_max_difference: float = Field(
        default=1e-3, gt=0, le=0.1, description="largest difference of one probability, exact form"
    )
    bf16_min_cosine: float = Field(
        default=0.998,
        ge=0,
        le=1,
        description="smallest cosine of the logits, bf16 form",
    )
    bf16_min_agreement: float = Field(
        default=0.995,
        ge=0,
        le=1,
        description="share of golden texts with the same label, bf16 form",
    )
    light_min_cosine: float = Field(
        default=0.9,
        ge=0,
        le=1,
        description="smallest cosine of the logits, light and fast forms",
    )
    light_min_agreement: float = Field(
        default=0.98,
        ge=0,
        le=1,
        description="share of golden texts with the same label, light and fast forms",
    )
    written_float32_min_likeness: float = Field(
        default=0.98,
        ge=0,
        le=1,
        description="mean likeness of what is written, letter by letter, float32 form of writers",
    )
    written_float32_min_same: float = Field(
        default=0.9,
        ge=0,
        le=1,
        description="share of golden texts with the same output, float32 form of writers",
    )
    written_int8_min_likeness: float = Field(
        default=0.9,
        ge=0,
        le=1,
        description="mean likeness of what is written, letter by letter, int8 form of writers",
    )
    written_int8_min_same: float = Field(
        default=0.5,
        ge=0,
        le=1,
        description="share of golden texts with the same output, int8 form of writers",
    )


class DeploymentSettings(BaseModel):
    """How a model is made servable and how it is served."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    host: str = Field(default="127.0.0.1", description="address to listen on")
    port: int = Field(
        default=8000, ge=0, le=65535, description="port to listen on; 0 takes a free one"
    )
    tier: Tier = Field(
        default="default",
        description="exact: float32; default: bf16 where the processor has it, else float32 (of a "
        "model that writes: 8 bits); light: 8-bit weights where they pass, else default; fast: 8 "
        "bits calibrated on your own texts where they pass, else default",
    )
    threads: int = Field(
        default=0, ge=0, le=1024, description="threads of inference; 0: the placement's"
    )
    max_queue: int = Field(
        default=512, ge=1, le=100_000, description="texts that may wait; more get 429"
    )
    standing_queue: int = Field(
        default=72,
        ge=1,
        le=100_000,
        description="texts that may wait for longer than a second; beyond them only a burst is let "
        "in, the others get 429",
    )
    max_wait_s: float = Field(
        default=10.0,
        gt=0,
        description="longest wait for a model that is free again; who would wait longer gets 429",
    )
    timeout_s: float = Field(
        default=30.0, gt=0, le=3600, description="longest time for one request; then it gets 503"
    )
    workers: int = Field(
        default=1,
        ge=1,
        le=256,
        description="processes that answer behind the one port, each with the model in memory",
    )
    cors_origins: tuple[str, ...] = Field(
        default=(),
        description="web sites whose pages may call this server: https://shop.example; `*`: all",
    )
    tls_certificate: Path | None = Field(
        default=None, description="PEM file of the certificate chain; with tls_key: HTTPS"
    )
    tls_key: Path | None = Field(default=None, description="PEM file of the certificate's key")
    max_body_bytes: int = Field(default=1_000_000, ge=1_000, description="largest request body")
    max_characters: int = Field(default=20_000, ge=1, description="longest text")
    max_texts: int = Field(default=256, ge=1, le=100_000, description="most texts of one request")
    batch_tokens: int = Field(
        default=2048,
        ge=16,
        le=1_000_000,
        description="tokens, padding included, of one run of the model",
    )
    drain_s: float = Field(
        default=10.0, ge=0, description="how long a stopping server answers what waits"
    )
    reload_s: float = Field(
        default=1.0, gt=0, description="how often a server looks for a new champion"
    )
    articles: Path | None = Field(
        default=None,
        description="JSON lines with title, text, label, language: a help article per label",
    )
    parity: ParitySettings = Field(
        default=ParitySettings(), description="how near a form must be to the trained model"
    )
    speed_rounds: int = Field(
        default=5, ge=1, le=99, description="interleaved timing runs of each form"
    )
    slower_margin: float = Field(
        default=0.1,
        ge=0,
        lt=1,
        description="a form this share slower than the one before it is refused",
    )

    @model_validator(mode="after")
    def _fits_queue(self) -> Self:
        if self.max_texts > self.max_queue:
            raise ValueError(
                f"max_texts: {self.max_texts} is more than max_queue ({self.max_queue}), "
                "so that a full request could never be answered"
            )
        return self

    @model_validator(mode="after")
    def _names_sites(self) -> Self:
        if (self.tls_certificate is None) != (self.tls_key is None):
            raise ValueError("tls_certificate and tls_key: name both, or none")
        for origin in self.cors_origins:
            scheme, _, rest = origin.partition("://")
            if origin != "*" and (scheme not in ("http", "https") or not rest or "/" in rest):
                raise ValueError(
                    f"cors_origins: {origin!r} is no origin; write https://shop.example, without a "
                    "path or a slash at its end"
                )
        return self
