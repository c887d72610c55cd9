"""Parity: how far a form answers like the trained model, on the model's golden texts.

Enters a predictor and what the trained model answered, leaves a Parity with the numbers and
whether they are within the tolerances of its tier. The cosine is taken of the logits (read back
from the probabilities): that of probabilities falls far at every near tie, where a hair decides,
and is blind to all labels but the best.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from chainring.contracts.forms import Parity
from chainring.contracts.predictor import Predictor
from chainring.deployment.model_folder import Floats, Golden

Doubles = NDArray[np.float64]
FLOOR = 1e-6
"""Probabilities below this count as this much: nobody reads them, and golden files round them."""
TINY = 1e-12


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
        "min_cosine": float(_cosines(_scores(found), _scores(golden.probabilities)).min()),
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


def _scores(probabilities: Floats) -> Doubles:
    """Return the logits behind probabilities, but for a shift and the temperature."""
    logs = np.log(np.maximum(probabilities.astype(np.float64), FLOOR))
    scores: Doubles = logs - logs.mean(axis=1, keepdims=True)
    return scores


def _cosines(first: Doubles, second: Doubles) -> Doubles:
    """Return the cosine of each pair of rows; a row without direction equals only its like."""
    dots = np.einsum("bc,bc->b", first, second)
    squares = np.einsum("bc,bc->b", first, first), np.einsum("bc,bc->b", second, second)
    lengths = np.sqrt(squares[0] * squares[1])
    alike = (np.maximum(*squares) < TINY).astype(np.float64)
    cosines: Doubles = np.where(lengths > TINY, dots / np.maximum(lengths, TINY), alike)
    return np.minimum(cosines, 1.0)


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
