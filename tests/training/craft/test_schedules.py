from __future__ import annotations

import math
from typing import Any

import pytest
from tests.training.craft.conftest import Trained, toy_run

from chainring.training.craft.schedules import Plateau, patience, warmup_steps

STEPS, WARMUP = 15, 3


def closed_form(schedule: str, step: int) -> float:
    if step < WARMUP:
        return step / WARMUP
    share = (step - WARMUP) / (STEPS - WARMUP)
    return {"linear": 1 - share, "cosine": (1 + math.cos(math.pi * share)) / 2, "constant": 1.0}[
        schedule
    ]


@pytest.mark.parametrize("schedule", ["linear", "cosine", "constant"])
def test_the_learning_rate_of_each_step_is_the_closed_form(trained: Trained, schedule: str) -> None:
    run = toy_run(warmup_fraction=0.2, learning_rate=0.4, craft={"schedule": schedule})
    _, curve = trained(run)
    expected = [0.4 * closed_form(schedule, step) for step in range(STEPS)]
    assert [point["learning_rate"] for point in curve] == pytest.approx(expected)


def test_transformers_own_schedules_have_the_same_rates(trained: Trained) -> None:
    import torch
    from transformers import get_scheduler

    for schedule in ("linear", "cosine"):
        optimiser = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.4)
        theirs: Any = get_scheduler(
            schedule, optimiser, num_warmup_steps=WARMUP, num_training_steps=STEPS
        )
        rates = []
        for _ in range(STEPS):
            rates.append(theirs.get_last_lr()[0])
            optimiser.step()
            theirs.step()
        run = toy_run(warmup_fraction=0.2, learning_rate=0.4, craft={"schedule": schedule})
        _, curve = trained(run)
        assert [point["learning_rate"] for point in curve] == pytest.approx(rates)


def test_warmup_is_rounded_up() -> None:
    assert [warmup_steps(f, 15) for f in (0.0, 0.1, 0.2)] == [0, 2, 3]


@pytest.mark.parametrize(("fraction", "steps"), [(0.01, 15), (0.1, 10), (0.1, 1), (0.99, 1)])
def test_a_warmup_of_one_step_which_would_have_no_rate_is_left_out(
    fraction: float, steps: int
) -> None:
    assert warmup_steps(fraction, steps) == 0


@pytest.mark.parametrize("schedule", ["linear", "cosine", "constant", "plateau"])
def test_a_training_of_one_step_has_its_full_rate(trained: Trained, schedule: str) -> None:
    run = toy_run(
        epochs=1,
        batch_size=64,
        warmup_fraction=0.1,
        learning_rate=0.4,
        craft={"schedule": schedule},
    )
    _, curve = trained(run)
    assert [point["learning_rate"] for point in curve] == [0.4]


def test_a_plateau_halves_the_rate_after_a_second_validation_that_is_no_better() -> None:
    plateau, factors = Plateau(), []
    for score in (0.5, 0.6, 0.6, 0.5, 0.7, 0.7, 0.7):
        plateau.look((score, 0.0))
        factors.append(plateau.factor)
    assert factors == [1, 1, 1, 0.5, 0.5, 0.5, 0.25]


def test_a_lower_loss_of_the_same_score_is_better_on_a_plateau_schedule_too(
    trained: Trained,
) -> None:
    run = toy_run(epochs=5, learning_rate=0.4, craft={"schedule": "plateau"})
    left = iter((0.9, 0.7, 0.5, 0.6, 0.5))
    _, curve = trained(run, judge=lambda _: {"accuracy": 0.8, "loss": next(left)})
    rates = [point["learning_rate"] for point in curve if "learning_rate" in point]
    assert rates == pytest.approx([0.4] * 25)


def test_a_training_whose_score_stays_falls_to_lower_rates_by_epochs_not_by_batches(
    trained: Trained,
) -> None:
    run = toy_run(epochs=5, learning_rate=0.4, craft={"schedule": "plateau"})
    _, curve = trained(run, judge=lambda _: {"accuracy": 0.5})
    rates = [point["learning_rate"] for point in curve if "learning_rate" in point]
    assert rates == pytest.approx([0.4] * 15 + [0.2] * 10)


def test_a_plateau_is_trained_at_halved_rates_before_patience_stops_it(trained: Trained) -> None:
    run = toy_run(epochs=20, learning_rate=0.4, patience=2, craft={"schedule": "plateau"})
    _, curve = trained(run, judge=lambda _: {"accuracy": 0.5, "loss": 0.5})
    rates = [point["learning_rate"] for point in curve if "learning_rate" in point]
    assert sorted(set(rates), reverse=True) == pytest.approx([0.4, 0.2, 0.1])
    assert curve[-1]["epoch"] == 6


@pytest.mark.parametrize("asked", [0, 7])
def test_a_longer_patience_or_none_stays_on_a_plateau_schedule(asked: int) -> None:
    assert patience("plateau", asked) == asked
    assert patience("linear", 2) == 2


@pytest.mark.parametrize(
    ("name", "values"),
    [("accuracy", (0.1, 0.2, 0.3, 0.4, 0.5)), ("loss", (0.5, 0.4, 0.3, 0.2, 0.1))],
)
def test_a_training_that_gets_better_keeps_its_rate_on_a_plateau_schedule(
    trained: Trained, name: str, values: tuple[float, ...]
) -> None:
    run = toy_run(epochs=5, learning_rate=0.4, craft={"schedule": "plateau"})
    left = iter(values)
    _, curve = trained(run, judge=lambda _: {name: next(left)})
    rates = [point["learning_rate"] for point in curve if "learning_rate" in point]
    assert rates == pytest.approx([0.4] * 25)
