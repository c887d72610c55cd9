from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from tests.training.conftest import make_placement

from chainring.contracts.placement import Choice, Placement
from chainring.training.budget import Fit, fit, rows_a_step, sample
from chainring.training.craft.batches import steps_of

SMALL: dict[str, Any] = {"parameters": 10_000_000, "tokens": 200_000}


def test_a_wide_budget_cuts_nothing_and_gives_no_reason() -> None:
    found = fit(5, **SMALL, minutes=60, placement=make_placement())
    assert (found.epochs, found.share, found.because) == (5, 1.0, "")


def test_a_narrow_budget_cuts_the_epochs_and_says_so() -> None:
    found = fit(50, **SMALL, minutes=10, placement=make_placement())
    assert (1 <= found.epochs < 50, found.share) == (True, 1.0)
    assert "budget_minutes" in found.because


def test_where_no_epoch_fits_a_share_of_one_is_left() -> None:
    whole = fit(10**6, **SMALL, minutes=600, placement=make_placement()).epochs
    found = fit(5, **SMALL, minutes=600 / whole / 10, placement=make_placement())
    assert found.epochs == 1
    assert found.share == pytest.approx(0.1, rel=0.05)
    assert "% of one" in found.because


@pytest.mark.parametrize("share", [0.3, 1.005, 1.9, 2.5, 12.1])
def test_a_pre_training_leaves_nothing_of_its_budget(share: float) -> None:
    one = minutes_of_an_epoch(make_placement(), **SMALL, packed=True)
    found = fit(50, **SMALL, minutes=share * one, placement=make_placement(), packed=True)
    assert found.epochs * found.share == pytest.approx(share, abs=0.01)
    assert found.share == pytest.approx(min(1.0, share), rel=0.01)
    assert ("% of one" if share < 1 else f"{found.epochs:g} of 50") in found.because


def test_no_epoch_stays_none() -> None:
    found = fit(0, **SMALL, minutes=1e-9, placement=make_placement())
    assert (found.epochs, found.because, found.minutes(0)) == (0, "", 0.0)


def test_what_a_cut_training_should_take_is_its_budget_and_half_of_its_epochs_half_of_it() -> None:
    one = minutes_of_an_epoch(make_placement(), **SMALL)
    for minutes in (4 * one, one / 4):
        found = fit(50, **SMALL, minutes=minutes, placement=make_placement())
        assert found.minutes(found.epochs) == pytest.approx(minutes, rel=0.01)
        assert found.minutes(found.epochs / 2) == pytest.approx(minutes / 2, rel=0.01)


@pytest.mark.parametrize("minutes", [20, 60, 200])
def test_bfloat16_fits_more_epochs_than_float32(minutes: float) -> None:
    fast, slow = (
        fit(10**6, **SMALL, minutes=minutes, placement=make_placement(precision)).epochs
        for precision in ("bf16", "fp32")
    )
    assert fast > slow


def on_cards(precision: str, *, cards: int = 1) -> Placement:
    cuda = Choice(value="cuda", because="test")
    return dataclasses.replace(make_placement(precision), device=cuda, world_size=cards)


def minutes_of_an_epoch(
    placement: Placement, *, parameters: int, tokens: int, packed: bool = False
) -> float:
    """Return the minutes that one epoch is thought to take."""
    found = fit(
        10**9,
        parameters=parameters,
        tokens=tokens,
        minutes=1000,
        placement=placement,
        packed=packed,
    )
    return 1000 / found.epochs


@pytest.mark.parametrize(
    ("weights", "tokens_per_s"), [(88_540_000, 539_022), (123_568_000, 457_988)]
)
def test_a_card_is_thought_at_most_three_times_slower_than_bert_and_gpt_2_were_on_an_h200(
    weights: int, tokens_per_s: int
) -> None:
    thought = minutes_of_an_epoch(
        on_cards("bf16"), parameters=weights, tokens=tokens_per_s * 6, packed=True
    )
    assert 1.0 < 10 * thought < 3.5


def test_a_small_network_passes_no_more_tokens_on_a_card_than_bert_does() -> None:
    small, bert = (
        minutes_of_an_epoch(on_cards("bf16"), parameters=weights, tokens=10**6)
        for weights in (3_000_000, 88_540_000)
    )
    assert small == pytest.approx(bert, rel=0.1)


def test_the_full_batches_of_a_pre_training_are_faster_the_smaller_the_network() -> None:
    small, large = (
        minutes_of_an_epoch(on_cards("bf16"), parameters=weights, tokens=10**6, packed=True)
        for weights in (3_000_000, 30_000_000)
    )
    assert large == pytest.approx(10 * small, rel=0.01)


def test_two_cards_are_twice_as_fast_and_float32_is_slower() -> None:
    size: dict[str, Any] = {"parameters": 85_000_000, "tokens": 10**6}
    one = minutes_of_an_epoch(on_cards("bf16"), **size)
    assert minutes_of_an_epoch(on_cards("bf16", cards=2), **size) == pytest.approx(one / 2, rel=0.1)
    assert minutes_of_an_epoch(on_cards("fp32"), **size) > 2 * one


def test_a_sample_has_its_share_in_order_and_the_same_each_time() -> None:
    items = list(range(10_000))
    found = list(sample(items, 0.25, seed=3))
    assert len(found) == 2500
    assert found == sorted(set(found)) == list(sample(items, 0.25, seed=3))
    assert found != list(sample(items, 0.25, seed=4))
    assert abs(sum(found) / 2500 - 5000) < 200
    assert sample(items, 1.0, seed=3) == items
    assert len(sample(items[:40], 0.01, seed=3)) == 40


@pytest.mark.parametrize(
    ("rows", "epochs", "expected"), [(100, 1, 16), (100, 40, 80), (3000, 1, 60), (10_000, 1, 128)]
)
def test_a_cut_training_makes_smaller_steps_where_few_would_be_left(
    rows: int, epochs: int, expected: int
) -> None:
    cut = Fit(epochs=epochs, because="the budget")
    assert rows_a_step(128, rows=rows, fitting=cut) == expected
    assert rows_a_step(8, rows=rows, fitting=cut) == 8
    assert rows_a_step(128, rows=rows, fitting=Fit(epochs=epochs)) == 128


@pytest.mark.parametrize(
    ("accumulation", "rows", "expected"),
    [(1, 100, 7), (4, 100, 7), (8, 100, 7), (32, 100, 4), (8, 3000, 50), (4, 10_000, 50)],
)
def test_batches_that_are_added_up_leave_as_many_steps(
    accumulation: int, rows: int, expected: int
) -> None:
    cut = Fit(epochs=1, because="the budget")
    batch = rows_a_step(128, rows=rows, fitting=cut, accumulation=accumulation)
    steps = steps_of(rows, rows_a_step=batch * accumulation)
    assert expected <= steps <= 1.1 * expected
