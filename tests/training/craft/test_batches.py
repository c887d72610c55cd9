from __future__ import annotations

import numpy as np

from chainring.training.craft.batches import epoch_steps, split, steps_of

LENGTHS = np.random.default_rng(0).geometric(0.06, 5000).tolist()


def padded_share(steps: list[list[int]]) -> float:
    padded: int = sum(max(LENGTHS[i] for i in step) * len(step) for step in steps)
    return float(1 - sum(LENGTHS) / padded)


def test_every_row_is_seen_once_an_epoch_in_steps_of_the_asked_size() -> None:
    steps = epoch_steps(LENGTHS, rows_a_step=64, seed=3, epoch=1)
    assert sorted(i for step in steps for i in step) == list(range(5000))
    assert sorted({len(step) for step in steps}) == [5000 % 64, 64]
    assert len(steps) == steps_of(5000, rows_a_step=64)


def test_hardly_a_token_is_padding_where_a_random_order_has_two_in_three() -> None:
    order = np.random.default_rng(0).permutation(5000).tolist()
    random = [order[i : i + 64] for i in range(0, 5000, 64)]
    assert padded_share(random) > 0.6
    assert padded_share(epoch_steps(LENGTHS, rows_a_step=64, seed=0, epoch=0)) < 0.1


def test_the_order_hangs_on_seed_and_epoch_alone() -> None:
    def order(seed: int, epoch: int) -> list[list[int]]:
        return epoch_steps(LENGTHS, rows_a_step=32, seed=seed, epoch=epoch)

    assert order(0, 0) == order(0, 0)
    assert order(0, 0) != order(0, 1)
    assert order(0, 0) != order(1, 0)


def test_long_and_short_steps_alternate_by_chance() -> None:
    steps = epoch_steps(LENGTHS, rows_a_step=64, seed=0, epoch=0)
    longest = [max(LENGTHS[i] for i in step) for step in steps]
    assert abs(np.corrcoef(longest, range(len(longest)))[0, 1]) < 0.35


def test_no_batch_of_a_step_is_over_its_tokens_or_rows_but_a_single_row() -> None:
    step = list(range(500))
    parts = split(step, LENGTHS, max_tokens=100, max_rows=20)
    assert sorted(i for part in parts for i in part) == step
    for part in parts:
        tokens = max(LENGTHS[i] for i in part) * len(part)
        assert len(part) == 1 or (tokens <= 100 and len(part) <= 20)
