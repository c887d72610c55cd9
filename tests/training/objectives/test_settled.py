from __future__ import annotations

from typing import Any

import pytest

from chainring.training.objectives.settings import PretrainSettings
from chainring.training.objectives.settled import Settled, settled, size_of_rate


def chosen(*, tokens: int = 10**9, **options: Any) -> Settled:
    return settled(PretrainSettings(**options), flops=1e18, tokens=tokens, vocabulary=8000)


@pytest.mark.parametrize(
    ("objective", "hidden", "rate"),
    [
        ("masked", 64, 1e-3),
        ("masked", 128, 1e-3),
        ("masked", 256, 5e-4),
        ("denoising", 512, 2.5e-4),
        ("masked", 768, 1.667e-4),
        ("causal", 384, 1e-3),
        ("causal", 768, 6e-4),
        ("spans", 64, 6.25e-3),
        ("spans", 1024, 3.906e-4),
    ],
)
def test_a_wider_network_learns_at_a_lower_rate(objective: str, hidden: int, rate: float) -> None:
    found = chosen(objective=objective, hidden=hidden, layers=2)
    assert found.learning_rate == pytest.approx(rate, rel=1e-3)


def test_rates_of_a_new_t5_go_by_the_size_of_weights() -> None:
    found = chosen(objective="spans", hidden=64, layers=2)
    options = PretrainSettings(objective="spans")
    assert size_of_rate(options, found.shape) == 0.125
    assert size_of_rate(options, None) == 0.0
    assert size_of_rate(PretrainSettings(objective="causal"), found.shape) == 0.0


def test_a_base_goes_on_at_its_own_low_rate_and_keeps_its_size() -> None:
    found = chosen(continue_from="minilm", hidden=64, tokens=10)
    assert (found.shape, found.learning_rate, found.dropout) == (None, 1e-4, 0.0)


def test_a_network_with_many_weights_for_its_text_learns_with_dropout() -> None:
    weights = 2 * 12 * 64**2
    few, many = (
        chosen(layers=2, hidden=64, tokens=round(weights / share)) for share in (0.59, 0.61)
    )
    assert (few.dropout, many.dropout) == (0.0, 0.1)


@pytest.mark.parametrize("continue_from", ["", "minilm"])
def test_what_the_recipe_states_holds(continue_from: str) -> None:
    found = chosen(
        continue_from=continue_from, learning_rate=2e-3, dropout=0.0, hidden=768, layers=3, heads=6,
        tokens=10,
    )  # fmt: skip
    assert (found.learning_rate, found.dropout) == (2e-3, 0.0)
    if found.shape:
        assert (found.shape.layers, found.shape.hidden, found.shape.heads) == (3, 768, 6)


def test_a_network_is_as_large_as_all_epochs_can_be_paid_for() -> None:
    few, many = (
        settled(PretrainSettings(epochs=n), flops=1e15, tokens=5_000_000, vocabulary=8000).shape
        for n in (1, 20)
    )
    assert few is not None
    assert many is not None
    assert (few.layers, few.hidden) > (many.layers, many.hidden)


def test_the_settings_are_filled_with_what_was_left_open() -> None:
    options = PretrainSettings(epochs=3, hidden=64)
    found = Settled(shape=None, learning_rate=5e-4, dropout=0.2).filled(options)
    assert (found.learning_rate, found.dropout) == (5e-4, 0.2)
    assert found.model_dump(exclude={"learning_rate", "dropout"}) == options.model_dump(
        exclude={"learning_rate", "dropout"}
    )
