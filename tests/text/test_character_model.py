from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chainring.text.character_model import bits_per_character

TEXTS = st.lists(st.text("ab物流 ", min_size=1, max_size=12), min_size=1, max_size=5)


def by_hand(train: Sequence[str], test: Sequence[str], order: int) -> float:
    """Return the same from dictionaries, a character at a time."""
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for text in train:
        padded = "\0" * (order - 1) + text
        for place in range(order - 1, len(padded)):
            for width in range(order):
                counts[padded[place - width : place]][padded[place]] += 1
    bits = 0.0
    for text in test:
        padded = "\0" * (order - 1) + text
        for place in range(order - 1, len(padded)):
            chance = 1 / (len(set("".join(train))) + 1)
            for width in range(order):
                seen = counts.get(padded[place - width : place])
                if seen:
                    mixed = seen[padded[place]] + len(seen) * chance
                    chance = mixed / (seen.total() + len(seen))
            bits -= math.log2(chance)
    return bits / sum(map(len, test))


@given(TEXTS, TEXTS, st.integers(1, 5))
def test_counting_all_at_once_gives_what_counting_by_hand_gives(
    train: list[str], test: list[str], order: int
) -> None:
    found = bits_per_character(train, test, order=order)
    assert found == pytest.approx(by_hand(train, test, order), rel=1e-9)


def test_longer_memory_tells_regular_text_better() -> None:
    text = ["abcdefgh" * 50]
    bits = [bits_per_character(text, text, order=order) for order in (1, 2, 5)]
    assert bits == sorted(bits, reverse=True)
    assert bits[0] > 2.9
    assert bits[-1] < 0.2
