from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from chainring.deployment.engines.batches import FREE_PADDING, token_batches

LENGTHS = st.lists(st.integers(min_value=1, max_value=300), max_size=80)


@given(LENGTHS, st.integers(min_value=1, max_value=500))
def test_every_text_is_in_one_batch_and_no_batch_is_over_budget_or_padding(
    lengths: list[int], budget: int
) -> None:
    batches = list(token_batches(lengths, budget=budget))
    assert sorted(index for batch in batches for index in batch) == list(range(len(lengths)))
    for batch in batches:
        sizes = [lengths[index] for index in batch]
        wide = len(batch) * max(sizes)
        assert len(batch) == 1 or wide <= budget
        assert wide - sum(sizes) <= max(FREE_PADDING, wide // 8)


def test_texts_of_one_length_fill_the_budget() -> None:
    assert [len(batch) for batch in token_batches([10] * 25, budget=100)] == [10, 10, 5]


def test_one_long_text_does_not_stretch_short_ones() -> None:
    assert list(token_batches([12, 128, 11, 12], budget=2048)) == [[1], [0, 3, 2]]
