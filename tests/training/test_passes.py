"""Few rows are gone over more often, unless the recipe says how often."""

from __future__ import annotations

import pytest

from chainring.training.passes import MIN_STEPS, passes, rows_a_step, run_of
from chainring.training.settings import EncoderSettings, TrainingSettings


@pytest.mark.parametrize("rows", [1, 8, 32, 160, 300, 640])
def test_few_rows_make_enough_steps(rows: int) -> None:
    options = EncoderSettings()
    steps = passes(options, rows) * -(-rows // rows_a_step(options, rows))
    assert MIN_STEPS <= steps


def test_many_rows_are_gone_over_four_times() -> None:
    assert passes(EncoderSettings(), 10_000) == 4


@pytest.mark.parametrize("epochs", [0, 1, 2, 30])
def test_the_recipe_decides_where_it_says_so(epochs: int) -> None:
    assert passes(EncoderSettings(epochs=epochs), 8) == epochs


def test_no_row_is_no_step() -> None:
    assert passes(EncoderSettings(), 0) == MIN_STEPS


@pytest.mark.parametrize(("rows", "size"), [(8, 16), (1_000, 20), (10_000, 64)])
def test_few_rows_make_small_batches(rows: int, size: int) -> None:
    assert run_of(TrainingSettings(), name="n", epochs=4, rows=rows).batch_size == size


@pytest.mark.parametrize(("epochs", "patience"), [(4, 2), (8, 2), (80, 20)])
def test_more_passes_are_waited_for_longer(epochs: int, patience: int) -> None:
    assert run_of(TrainingSettings(), name="n", epochs=epochs, rows=32).patience == patience
    told = TrainingSettings(encoder=EncoderSettings(epochs=epochs))
    assert run_of(told, name="n", epochs=epochs, rows=32).patience == told.encoder.patience
