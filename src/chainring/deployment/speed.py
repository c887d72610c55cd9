"""Speed of several predictors beside each other on this machine.

Enters loaded predictors and texts, leaves texts per second by round. Rounds are interleaved, so
that a disturbance hits all forms alike, and compared round by round.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Mapping, Sequence

from chainring.contracts.predictor import Predictor

TEXTS = 64
Rates = dict[str, list[float]]


def rates(predictors: Mapping[str, Predictor], texts: Sequence[str], *, rounds: int) -> Rates:
    """Return for each predictor its texts per second in each round, after one round of warming."""
    sample = list(texts[:: max(1, len(texts) // TEXTS)][:TEXTS])
    for predictor in predictors.values():
        predictor.probabilities(sample)
    measured: Rates = {name: [] for name in predictors}
    for _ in range(rounds):
        for name, predictor in predictors.items():
            started = time.perf_counter()
            predictor.probabilities(sample)
            measured[name].append(len(sample) / (time.perf_counter() - started))
    return measured


def median_ratio(first: Sequence[float], second: Sequence[float]) -> float:
    """Return the median over rounds of how many times as fast the first was as the second."""
    return statistics.median(a / b for a, b in zip(first, second, strict=True))
