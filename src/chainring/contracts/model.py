"""Model: weights and everything needed to use them; its folder serves by itself."""

from __future__ import annotations

from dataclasses import dataclass, field

from chainring.contracts.dataset import Task


@dataclass(frozen=True, slots=True, kw_only=True)
class Ancestor:
    """A model that this one came from. `role`: base, teacher, member or champion."""

    name: str
    digest: str
    role: str
    licence: str = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rival:
    """One candidate of the turn as it stood on validation; `because` says why it won or lost."""

    part: str
    accuracy: float
    low: float
    high: float
    rows: int
    per_language: dict[str, float] = field(default_factory=dict)
    cpu_s: float = 0.0
    won: bool = False
    because: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """A light handle: facts and the address of the model folder.

    The folder holds `model.json` (kind, labels, threshold, preparation), and by kind:
    `linear`: linear.safetensors and vocabulary.json; `encoder`: encoder/ (safetensors,
    tokenizer.json, config.json as the wider ecosystem opens them) and head.safetensors;
    `biencoder` the same, its head reading the features of two embeddings; `generator`: what its
    engine reads. `limits` are sentences on what it cannot do.
    """

    app: str
    address: str
    task: Task
    kind: str
    part: str
    labels: tuple[str, ...]
    languages: tuple[str, ...]
    threshold: float
    dataset: str
    training: str
    settings: str
    seed: int
    rivals: tuple[Rival, ...] = ()
    ancestors: tuple[Ancestor, ...] = ()
    capabilities: tuple[str, ...] = ()
    versions: dict[str, str] = field(default_factory=dict)
    cpu_s: float = 0.0
    privacy_epsilon: float | None = None
    limits: tuple[str, ...] = ()
