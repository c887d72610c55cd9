"""The engine of a bi-encoder: both texts are embedded each for itself, a small head compares them.

Enters prepared pairs, leaves logits; because a text's embedding does not hang on the other text,
`embed` serves to search as well.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from chainring.contracts.values import Input
from chainring.deployment.engines.encoder import EncoderEngine, Run, Tokens
from chainring.deployment.engines.text_predictor import TextPredictor
from chainring.deployment.model_folder import Card, Floats, read_tensors
from chainring.stats.likeness import pair_features

HEAD_FILE = "head.safetensors"
KIND = "biencoder"


@dataclass(frozen=True, slots=True)
class BiencoderEngine:
    """Compares embeddings that another engine makes. Axes: C labels, F features of a pair."""

    inner: EncoderEngine
    weight_cf: Floats
    bias_c: Floats

    def logits(self, texts: Sequence[Input]) -> Floats:
        """Return logits of shape (pairs, labels); a text alone is compared with nothing."""
        pairs = [text if isinstance(text, tuple) else (text, "") for text in texts]
        first, second = zip(*pairs, strict=True)
        unique = list(dict.fromkeys([*first, *second]))
        place = {text: i for i, text in enumerate(unique)}
        table = self.inner.embed(unique)
        features_nf = pair_features(
            table[[place[text] for text in first]], table[[place[text] for text in second]]
        )
        result: Floats = features_nf @ self.weight_cf.T + self.bias_c
        return result

    def embed(self, texts: Sequence[str]) -> Floats:
        """Return embeddings of shape (texts, hidden)."""
        return self.inner.embed(texts)

    def close(self) -> None:
        """Free what the inner engine holds."""
        self.inner.close()


def encoder_predictor(card: Card, folder: Path, tokens: Tokens, run: Run) -> TextPredictor:
    """Return the predictor of an encoder or bi-encoder, whatever runtime `run` is of."""
    engine = EncoderEngine(tokens, run, pairs=bool(card.facts.get("segments")))
    if card.kind != KIND:
        return TextPredictor(card, engine)
    axes = {"weight": "CF", "bias": "C"}
    weight, bias = read_tensors(folder / HEAD_FILE, axes, {"C": card.readout.classes})
    return TextPredictor(card, BiencoderEngine(engine, weight, bias))


def logits_of(card: Card) -> int | None:
    """Return how many logits the runtime gives a text; of a bi-encoder it is not looked at."""
    return None if card.kind == KIND else card.readout.classes
