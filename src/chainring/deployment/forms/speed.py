"""Speed of several predictors beside each other on this machine.

Enters loaded predictors and texts, leaves texts per second by round. Rounds are interleaved, so
that a disturbance hits all forms alike, and compared round by round.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Mapping, Sequence

from chainring.contracts.predictor import Predictor
from chainring.contracts.request import Request
from chainring.contracts.values import Input

TEXTS = 64
Rates = dict[str, list[float]]


def rates(
    predictors: Mapping[str, Predictor],
    texts: Sequence[Input],
    *,
    rounds: int,
    writes: bool = False,
) -> Rates:
    """Return for each predictor its texts per second in each round, after one round of warming.

    A model that `writes` is asked for answers, the others for probabilities.
    """
    sample = list(texts[:: max(1, len(texts) // TEXTS)][:TEXTS])
    for predictor in predictors.values():
        _ask(predictor, sample, writes)
    measured: Rates = {name: [] for name in predictors}
    for _ in range(rounds):
        for name, predictor in predictors.items():
            started = time.perf_counter()
            _ask(predictor, sample, writes)
            measured[name].append(len(sample) / (time.perf_counter() - started))
    return measured


def _ask(predictor: Predictor, sample: Sequence[Input], writes: bool) -> None:
    if not writes:
        predictor.probabilities(sample)
        return
    pairs = (text if isinstance(text, tuple) else (text, "") for text in sample)
    predictor.predict([Request(text=text, pair=pair) for text, pair in pairs])


def median_ratio(first: Sequence[float], second: Sequence[float]) -> float:
    """Return the median over rounds of how many times as fast the first was as the second."""
    return statistics.median(a / b for a, b in zip(first, second, strict=True))
