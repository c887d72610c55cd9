from __future__ import annotations

from typing import get_args

import pytest

from chainring.training.objectives.settings import ObjectiveName, PretrainSettings
from chainring.training.objectives.shape import LADDER, cost, fitting, new_model, shaped
from chainring.training.tokenisers.special import Marks

MARKS = Marks(pad=0, start=2, end=3, mask=4, special=(0, 1, 2, 3, 4))


@pytest.mark.parametrize("objective", get_args(ObjectiveName))
def test_the_cost_that_a_size_is_chosen_by_is_that_of_the_network(objective: ObjectiveName) -> None:
    shape = shaped(4, 128, None)
    model = new_model(objective, shape, vocabulary=4000, max_tokens=128, dropout=0.0, marks=MARKS)
    stated = shape.flops(objective, vocabulary=4000) / 6
    assert stated == pytest.approx(cost(model, objective), rel=0.1)


def test_a_larger_budget_never_teaches_a_smaller_network() -> None:
    sizes = [
        fitting(10.0**power, tokens=10**7, epochs=20, vocabulary=8000, objective="causal")
        for power in range(9, 20)
    ]
    places = [LADDER.index((size.layers, size.hidden)) for size in sizes]
    assert places == sorted(places)
    assert places[0] == 0
    assert places[-1] == len(LADDER) - 1


def test_next_sentences_go_with_masks_only() -> None:
    with pytest.raises(ValueError, match="masked"):
        PretrainSettings(objective="causal", next_sentence=True)
