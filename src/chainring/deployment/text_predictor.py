"""TextPredictor: turns raw texts into answers around an engine that turns them into logits.

Enters requests, leaves answers; preparation (normalise, then redact where the model was trained
so) happens here and nowhere else, so that what is served is prepared as what was trained.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

import numpy as np

from chainring.contracts.dataset import OUT_OF_SCOPE
from chainring.contracts.errors import InputError
from chainring.contracts.prediction import Answer
from chainring.contracts.predictor import PredictSettings
from chainring.contracts.request import Request
from chainring.deployment.model_folder import Card, Floats
from chainring.text.normalise import normalise
from chainring.text.redact import RULES, redact

DEFAULT = PredictSettings()


class Engine(Protocol):
    """What runs the weights. Texts arrive prepared."""

    def logits(self, texts: Sequence[str]) -> Floats:
        """Return logits of shape (texts, labels)."""
        ...

    def close(self) -> None:
        """Free what is held."""
        ...


def prepare(text: str, *, redacted: bool, rules: str = RULES) -> str:
    """Return a text as the model sees it: normalised, and without personal data if `redacted`.

    `rules` are those of the model's own time: what is served is prepared as what was trained.
    """
    clean = normalise(text)
    return redact(clean, rules=rules).text if redacted else clean


def softmax(logits: Floats, temperature: float) -> Floats:
    """Return float32 probabilities of rows of logits divided by `temperature`."""
    scaled = logits.astype(np.float64) / temperature
    powers = np.exp(scaled - scaled.max(axis=1, keepdims=True))
    result: Floats = (powers / powers.sum(axis=1, keepdims=True)).astype(np.float32)
    return result


class TextPredictor:
    """A loaded form behind the Predictor contract; `embed` only when its engine can."""

    def __init__(self, card: Card, engine: Engine) -> None:
        self.card = card
        self.labels = card.labels
        self.threshold = card.threshold
        self._engine = engine
        self._embed: Callable[[Sequence[str]], Floats] | None = getattr(engine, "embed", None)
        self.capabilities = frozenset({"embed"} if self._embed else ())

    def predict(
        self, requests: Sequence[Request], *, settings: PredictSettings = DEFAULT
    ) -> list[Answer]:
        """Return one answer a request, in order."""
        texts = self._prepared([request.text for request in requests])
        table = self._probabilities(texts)
        best = np.argsort(-table, axis=1, kind="stable")[:, : max(1, settings.top_k)]
        return [
            self._answer(text, [(self.labels[c], float(table[r, c])) for c in best[r]])
            for r, text in enumerate(texts)
        ]

    def probabilities(self, texts: Sequence[str]) -> Floats:
        """Return float32 probabilities of shape (texts, labels)."""
        return self._probabilities(self._prepared(texts))

    def embed(self, texts: Sequence[str]) -> Floats:
        """Return mean-pooled hidden states, float32 of shape (texts, hidden).

        Raises
        ------
        InputError
            When this form has no `embed` among its capabilities.
        """
        if self._embed is None:
            raise InputError(
                "this form cannot embed texts; serve an encoder (candidate encoder.v1) instead"
            )
        return self._embed(self._prepared(texts))

    def close(self) -> None:
        """Free what the engine holds."""
        self._engine.close()

    def _prepared(self, texts: Sequence[str]) -> list[str]:
        card = self.card
        return [prepare(text, redacted=card.redact, rules=card.rules) for text in texts]

    def _probabilities(self, texts: Sequence[str]) -> Floats:
        if not texts:
            return np.zeros((0, len(self.labels)), dtype=np.float32)
        return softmax(self._engine.logits(texts), self.card.temperature)

    def _answer(self, text: str, ranked: list[tuple[str, float]]) -> Answer:
        label, confidence = ranked[0]
        return Answer(
            label=label,
            confidence=confidence,
            passed_on=confidence < self.threshold or label == OUT_OF_SCOPE,
            text=text,
            scores=dict(ranked),
        )
