"""Parity: how far a form answers like the trained model, on the model's golden texts.

Enters a predictor and what the trained model answered, leaves a Parity with the numbers and
whether they are within the tolerances of its tier.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from chainring.contracts.forms import Parity
from chainring.contracts.predictor import Predictor
from chainring.deployment.model_folder import Floats, Golden


@dataclass(frozen=True, slots=True, kw_only=True)
class Tolerances:
    """What a form may differ by, and why so much.

    `tie`: a label whose golden probability is this near to the best one's agrees with it, since
    rounding alone decides between them.
    """

    because: str
    tie: float
    max_difference: float = 1.0
    min_cosine: float = 0.0
    min_agreement: float = 1.0


def parity(predictor: Predictor, golden: Golden, *, tolerances: Tolerances) -> Parity:
    """Return how the predictor's probabilities compare with the trained model's.

    Parameters
    ----------
    predictor
        The loaded form; it prepares the texts itself.
    golden
        Texts and probabilities of the trained model.
    tolerances
        Bounds of the form's tier.
    """
    found = np.asarray(predictor.probabilities(golden.texts), dtype=np.float32)
    if found.shape != golden.probabilities.shape or not np.isfinite(found).all():
        return _no_answer(golden, found)
    numbers = {
        "min_cosine": float(_cosines(found, golden.probabilities).min()),
        "max_difference": float(np.abs(found - golden.probabilities).max()),
        "label_agreement": float(_agrees(found, golden.probabilities, tolerances.tie).mean()),
    }
    faults = _faults(numbers, tolerances)
    return Parity(
        rows=len(golden.texts),
        within=not faults,
        because="; ".join(faults) or f"within tolerance: {tolerances.because}",
        **numbers,
    )


def _cosines(found: Floats, golden: Floats) -> Floats:
    dots = np.einsum("bc,bc->b", found, golden, dtype=np.float64)
    lengths = np.linalg.norm(found, axis=1) * np.linalg.norm(golden, axis=1)
    cosines: Floats = np.minimum(dots / lengths, 1.0).astype(np.float32)
    return cosines


def _agrees(found: Floats, golden: Floats, tie: float) -> Floats:
    rows = np.arange(len(found))
    behind: Floats = golden.max(axis=1) - golden[rows, found.argmax(axis=1)]
    return (behind <= tie).astype(np.float32)


def _faults(numbers: dict[str, float], tolerances: Tolerances) -> list[str]:
    checks = (
        ("cosine", numbers["min_cosine"], ">=", tolerances.min_cosine),
        ("largest difference", numbers["max_difference"], "<=", tolerances.max_difference),
        ("label agreement", numbers["label_agreement"], ">=", tolerances.min_agreement),
    )
    return [
        f"{name} {value:.6g} is not {side} {bound:.6g} ({tolerances.because})"
        for name, value, side, bound in checks
        if not (value >= bound if side == ">=" else value <= bound)
    ]


def _no_answer(golden: Golden, found: Floats) -> Parity:
    expected = golden.probabilities.shape
    return Parity(
        rows=len(golden.texts),
        min_cosine=0.0,
        max_difference=1.0,
        label_agreement=0.0,
        within=False,
        because=f"expected finite probabilities of shape {expected}, found {found.shape}"
        + ("" if np.isfinite(found).all() else ", some not finite"),
    )
