"""The peak learning rate of a writer where the recipe names none: by what it starts from.

    peak(options, kind="t5", has_base=True)          # 3e-4

A rate that teaches random weights wipes out what a base has learnt. The rates for bases are those
of their papers and of transformers' examples: T5's own with Adam, 5e-5 for decoders (A. Radford and
others 2018 took 6.25e-5), 1e-4 for translators; an encoder with a new decoder stands between.
"""

from __future__ import annotations

from typing import Any

from chainring.training.generators.settings import (
    DecoderSettings,
    PreferenceSettings,
    WriterSettings,
)

RANDOM_PAIR, RANDOM_DECODER = 3e-3, 1e-3
BASES = {"t5": 3e-4, "mt5": 3e-4, "encoder-decoder": 5e-4}
"""By `model_type` of an encoder–decoder; of another one 1e-4."""
BASE_PAIR, BASE_DECODER = 1e-4, 5e-5
PREFERENCE, BASE_PREFERENCE = 2e-4, 5e-6


def peak(options: WriterSettings, *, kind: str, has_base: bool) -> float:
    """Return the rate of teaching what to write; `kind` is the network's `model_type`."""
    if options.learning_rate is not None:
        return options.learning_rate
    if isinstance(options, DecoderSettings):
        return BASE_DECODER if has_base else RANDOM_DECODER
    return BASES.get(kind, BASE_PAIR) if has_base else RANDOM_PAIR


def size_of_rate(config: Any, *, has_base: bool) -> float:
    """Return the size of weights that have the rate; 0: all have it. T5's tables begin large."""
    return 0.0 if has_base or config.model_type != "t5" else float(config.d_model**-0.5)


def preference_peak(options: PreferenceSettings) -> float:
    """Return the rate of learning from preferences."""
    if options.preference_learning_rate is not None:
        return options.preference_learning_rate
    return BASE_PREFERENCE if options.base else PREFERENCE
