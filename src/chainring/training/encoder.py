"""Candidate encoder.v1: a transformer encoder, fine-tuned."""

from __future__ import annotations

from collections.abc import Sequence

from chainring.contracts.dataset import Row
from chainring.contracts.errors import RefusedError
from chainring.contracts.work import Work
from chainring.training.candidate import Trained
from chainring.training.settings import TrainingSettings


def encoder(
    train: Sequence[Row],
    validation: Sequence[Row],
    *,
    unlabelled: Sequence[Row],
    labels: Sequence[str],
    work: Work,
    settings: TrainingSettings,
) -> Trained:
    """Train the encoder candidate."""
    raise RefusedError("no base fits")
