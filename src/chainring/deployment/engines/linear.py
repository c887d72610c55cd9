"""Engine `linear.v1`: TF-IDF features times weights, with numpy alone.

Enters a folder with `vocabulary.json` and `linear.safetensors`, leaves a Predictor. A vector is
(1 + ln tf) · idf over `chainring.text.ngrams.features_of`, of Euclidean length one.
Axes: F features of the vocabulary, C labels.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from chainring.contracts.values import Input
from chainring.deployment.engines.text_predictor import TextPredictor
from chainring.deployment.model_folder import (
    Card,
    Floats,
    damaged,
    read_card,
    read_json,
    read_tensors,
)
from chainring.text.ngrams import features_of

VOCABULARY_FILE = "vocabulary.json"
WEIGHTS_FILE = "linear.safetensors"


def linear_predictor(folder: Path, *, threads: int = 0) -> TextPredictor:
    """Return the predictor of a linear model or form; `threads` changes nothing here."""
    card = read_card(folder)
    return TextPredictor(card, LinearEngine(folder, card))


class LinearEngine:
    """Holds the vocabulary and the weights of a linear model."""

    def __init__(self, folder: Path, card: Card) -> None:
        self._columns = _read_columns(folder / VOCABULARY_FILE)
        sizes = {"F": len(self._columns), "C": card.readout.classes}
        axes = {"idf": "F", "weights": "FC", "bias": "C"}
        arrays = read_tensors(folder / WEIGHTS_FILE, axes, sizes)
        self._idf_f, self._weights_fc, self._bias_c = arrays

    def logits(self, texts: Sequence[Input]) -> Floats:
        """Return logits of shape (texts, labels)."""
        return np.stack([self._logits_c(text) for text in texts])

    def close(self) -> None:
        """Nothing is held that has to be freed."""

    def _logits_c(self, text: Input) -> Floats:
        known = self._columns
        counts = Counter([known[name] for name in features_of(text) if name in known])
        if not counts:
            return self._bias_c
        columns = np.fromiter(counts.keys(), dtype=np.intp, count=len(counts))
        times = np.fromiter(counts.values(), dtype=np.float32, count=len(counts))
        vector = (1 + np.log(times)) * self._idf_f[columns]
        length = np.sqrt(vector @ vector)
        logits_c: Floats = (vector / length) @ self._weights_fc[columns] + self._bias_c
        return logits_c


def _read_columns(path: Path) -> dict[str, int]:
    names = read_json(path)
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise damaged(path, "expected a list of feature names")
    columns = {name: column for column, name in enumerate(names)}
    if len(columns) != len(names):
        raise damaged(path, "a feature name stands twice")
    return columns
