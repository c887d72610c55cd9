"""Few rows are gone over more often, unless the recipe says how often."""

from __future__ import annotations

import pytest

from chainring.training.passes import PASSES_OF_TAGS, passes, peak, rows_a_step, run_of
from chainring.training.settings import EncoderSettings, TrainingSettings


@pytest.mark.parametrize("rows", [1, 8, 32, 100, 160, 300, 640])
def test_few_rows_are_gone_over_until_they_made_160_steps_and_no_longer(rows: int) -> None:
    options = EncoderSettings()
    steps, made = -(-rows // rows_a_step(options, rows)), passes(options, rows)
    assert steps * made >= 160
    assert made == 4 or steps * (made - 1) < 160


def test_many_rows_are_gone_over_four_times() -> None:
    assert passes(EncoderSettings(), 10_000) == 4


def test_of_tags_many_rows_are_gone_over_twelve_times_and_few_no_more_often() -> None:
    assert passes(EncoderSettings(), 10_000, least=PASSES_OF_TAGS) == 12
    assert passes(EncoderSettings(), 8, least=PASSES_OF_TAGS) == passes(EncoderSettings(), 8)
    assert passes(EncoderSettings(epochs=2), 10_000, least=PASSES_OF_TAGS) == 2


@pytest.mark.parametrize("epochs", [0, 1, 2, 30])
def test_the_recipe_decides_where_it_says_so(epochs: int) -> None:
    assert passes(EncoderSettings(epochs=epochs), 8) == epochs


def test_a_pass_over_no_row_counts_as_one_step() -> None:
    assert passes(EncoderSettings(), 0) == 160


@pytest.mark.parametrize(("rows", "size"), [(8, 16), (1_000, 20), (10_000, 64)])
def test_few_rows_make_small_batches(rows: int, size: int) -> None:
    assert run_of(TrainingSettings(), name="n", epochs=4, rows=rows, width=384).batch_size == size


@pytest.mark.parametrize(("epochs", "patience"), [(4, 2), (8, 2), (80, 20)])
def test_more_passes_are_waited_for_longer(epochs: int, patience: int) -> None:
    assert (
        run_of(TrainingSettings(), name="n", epochs=epochs, rows=32, width=384).patience == patience
    )
    told = TrainingSettings(encoder=EncoderSettings(epochs=epochs))
    assert (
        run_of(told, name="n", epochs=epochs, rows=32, width=384).patience == told.encoder.patience
    )


@pytest.mark.parametrize(
    ("width", "rate"), [(16, 2e-3), (64, 1.2e-3), (384, 2e-4), (768, 1e-4), (1024, 7.5e-5)]
)
def test_the_narrower_an_encoder_the_larger_its_steps(width: int, rate: float) -> None:
    assert peak(EncoderSettings(), width=width) == pytest.approx(rate)
    run = run_of(TrainingSettings(), name="n", epochs=4, rows=32, width=width)
    assert run.learning_rate == pytest.approx(rate)


def test_a_rate_of_the_recipe_stands_for_every_width() -> None:
    assert peak(EncoderSettings(learning_rate=3e-5), width=64) == 3e-5


def test_a_run_takes_from_the_recipe_what_does_not_hang_on_its_rows() -> None:
    told = {"warmup_fraction": 0.3, "weight_decay": 0.2, "layer_decay": 0.8}
    settings = TrainingSettings.model_validate(
        {"seed": 7, "encoder": told, "craft": {"ema": 0.9}},
    )
    run = run_of(settings, name="n", epochs=5, rows=32, width=384, whole_batches=True)
    assert {name: getattr(run, name) for name in told} == told
    assert (run.name, run.epochs, run.seed, run.whole_batches) == ("n", 5, 7, True)
    assert run.craft.ema == 0.9
    assert not run_of(settings, name="n", epochs=5, rows=32, width=384).whole_batches
