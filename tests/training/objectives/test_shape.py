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
        fitting(10.0**power, tokens=2 * 10**8, epochs=20, vocabulary=8000, objective="causal")
        for power in range(9, 20)
    ]
    places = [LADDER.index((size.layers, size.hidden)) for size in sizes]
    assert places == sorted(places)
    assert places[0] == 0
    assert places[-1] == len(LADDER) - 1


@pytest.mark.parametrize(
    ("tokens", "largest"),
    [(300_000, (4, 128)), (1_200_000, (4, 256)), (5_000_000, (6, 384)), (50_000_000, (12, 768))],
)
def test_much_time_makes_no_network_that_the_text_is_too_short_for(
    tokens: int, largest: tuple[int, int]
) -> None:
    found = fitting(1e22, tokens=tokens, epochs=20, vocabulary=8000, objective="masked")
    assert (found.layers, found.hidden) == largest


@pytest.mark.parametrize(("tokens", "epochs"), [(10**8, 20), (1_000_000, 3)])
def test_a_network_is_taken_from_the_work_on_that_teaches_it_enough(
    tokens: int, epochs: int
) -> None:
    weights, scored = 3 * 12 * 128**2, 8000 * 128
    seen = min(20 * weights, epochs * tokens)  # twenty tokens a weight, or all that there is
    work = seen * 6 * (weights + scored) * (384 / 128) ** 0.5  # narrow products are slower
    found = [
        fitting(some * work, tokens=tokens, epochs=epochs, vocabulary=8000, objective="causal")
        for some in (0.999, 1.001)
    ]
    assert [(one.layers, one.hidden) for one in found] == [(2, 128), (3, 128)]


@pytest.mark.parametrize("objective", get_args(ObjectiveName))
def test_all_weights_but_tables_count_where_the_text_bounds_a_network(
    objective: ObjectiveName,
) -> None:
    shape = shaped(4, 128, None)
    model = new_model(objective, shape, vocabulary=40, max_tokens=16, dropout=0.0, marks=MARKS)
    tables = {p for name, p in model.named_parameters() if p.ndim == 2 and p.shape[0] < 100}
    weights = sum(p.numel() for p in model.parameters() if p not in tables)
    assert shape.size(objective) == pytest.approx(weights, rel=0.05)
    few = fitting(1e22, tokens=weights // 4, epochs=20, vocabulary=40, objective=objective)
    assert few.size(objective) < shape.size(objective)


def test_next_sentences_go_with_masks_only() -> None:
    with pytest.raises(ValueError, match="masked"):
        PretrainSettings(objective="causal", next_sentence=True)
