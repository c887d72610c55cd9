"""A base is taught gently, random weights quickly, and the recipe decides where it says so."""

from __future__ import annotations

import pytest
from transformers import MarianConfig, T5Config

from chainring.training.generators.rates import peak, preference_peak, size_of_rate
from chainring.training.generators.settings import (
    DecoderSettings,
    PreferenceSettings,
    Seq2SeqSettings,
    WriterSettings,
)


@pytest.mark.parametrize(
    ("options", "kind", "random", "base"),
    [
        (Seq2SeqSettings(), "m2m_100", 3e-3, 1e-4),
        (Seq2SeqSettings(), "t5", 3e-3, 3e-4),
        (Seq2SeqSettings(), "mt5", 3e-3, 3e-4),
        (Seq2SeqSettings(), "encoder-decoder", 3e-3, 5e-4),
        (DecoderSettings(), "gpt2", 1e-3, 5e-5),
        (PreferenceSettings(), "llama", 1e-3, 5e-5),
        (DecoderSettings(learning_rate=0.02), "gpt2", 0.02, 0.02),
    ],
)
def test_the_peak_hangs_on_what_it_starts_from(
    options: WriterSettings, kind: str, random: float, base: float
) -> None:
    assert peak(options, kind=kind, has_base=False) == random
    assert peak(options, kind=kind, has_base=True) == base


def test_preferences_move_a_base_less() -> None:
    assert preference_peak(PreferenceSettings()) == 2e-4
    assert preference_peak(PreferenceSettings(base="models/gpt")) == 5e-6
    assert preference_peak(PreferenceSettings(preference_learning_rate=0.01)) == 0.01


def test_rates_of_a_new_t5_go_by_size_and_those_of_a_base_or_another_network_do_not() -> None:
    t5, marian = T5Config(d_model=64), MarianConfig(d_model=64)
    assert size_of_rate(t5, has_base=False) == 0.125
    assert size_of_rate(t5, has_base=True) == size_of_rate(marian, has_base=False) == 0.0
