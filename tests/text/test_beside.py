"""Texts of others beside one's own: near as ever, and no chain leads through another's text."""

from __future__ import annotations

import random
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from chainring.contracts.errors import InputError
from chainring.text.beside import near_beside
from chainring.text.near import MIN_FOLDED_LENGTH, indices, jaccard, near_groups, shingles
from chainring.text.normalise import fold

FRAMES = (
    "Dear customer, thank you for your message about the recent order, we will answer it soon",
    "尊敬的客户您好，感谢您联系我们的售后服务中心，您反馈的问题我们已经收到并登记",
)
WORDS = st.sampled_from(
    "where is my big red parcel 我的 包裹 到底 在哪 里呢 now please 5 1".split()
)
TEXTS = st.lists(WORDS, min_size=1, max_size=9).map(" ".join)


def index(a: str, b: str) -> float:
    if fold(a) == fold(b):
        return 1.0
    is_short = min(len(fold(a)), len(fold(b))) < MIN_FOLDED_LENGTH
    return 0.0 if is_short else jaccard(shingles(a), shingles(b))


def by_looking(own: list[str], others: list[str], min_jaccard: float) -> list[tuple[int, ...]]:
    """Return the groups that each other text is near to, by comparing it with every own text."""
    numbers = near_groups(own, min_jaccard=min_jaccard)
    found = []
    for text in others:
        best: dict[int, tuple[float, bool, int]] = {}
        for at, (group, mine) in enumerate(zip(numbers, own, strict=True)):
            told = (-index(text, mine), fold(text) != fold(mine), at)
            if -told[0] >= min_jaccard:
                best[group] = min(best.get(group, told), told)
        found.append(tuple(sorted(best, key=lambda group: best[group])))
    return found


@given(own=st.lists(TEXTS, max_size=12), others=st.lists(TEXTS, max_size=12))
def test_each_kind_is_grouped_by_itself_and_near_is_what_comparing_all_finds(
    own: list[str], others: list[str]
) -> None:
    found = near_beside(own, others)
    assert (found.own, found.others) == (near_groups(own), near_groups(others))
    assert found.near == by_looking(own, others, 0.8)


@pytest.mark.parametrize("frame", FRAMES)
@pytest.mark.parametrize("batch", [7, 2048])
def test_letters_of_one_frame_are_found_as_by_comparing_all_pairs(
    monkeypatch: pytest.MonkeyPatch, frame: str, batch: int
) -> None:
    monkeypatch.setattr("chainring.text.near._BATCH_TEXTS", batch)
    rng = random.Random(5)
    letters = (
        [chr(97 + i) for i in range(26)] if frame.isascii() else [*map(chr, range(20_000, 30_000))]
    )
    texts = [frame + "".join(rng.choices(letters, k=len(frame) // 5)) for _ in range(80)]
    others = [text[:at] + "x" + text[at:] for text in texts[:30] for at in [rng.randrange(40)]]
    for min_jaccard in (0.6, 0.8, 0.95):
        found = near_beside(texts, others, min_jaccard=min_jaccard)
        assert found.near == by_looking(texts, others, min_jaccard)


@pytest.mark.parametrize("frame", FRAMES)
def test_of_many_clusters_each_is_compared_with_its_own(
    monkeypatch: pytest.MonkeyPatch, frame: str
) -> None:
    """The pairs looked at, and not the seconds: here a tenth of all."""
    rng = random.Random(7)
    letters = sorted(set(frame)) if frame.isascii() else [*map(chr, range(20_000, 30_000))]

    def varied(text: str) -> str:
        at = rng.randrange(len(text))
        return text[:at] + rng.choice(letters) + text[at + 1 :]

    bases = ["".join(rng.choices(letters, k=80)) for _ in range(20)]
    own = [varied(base) for _ in range(20) for base in bases]
    others = [varied(base) for _ in range(4) for base in bases]
    looked_at: list[int] = []

    def counted(left: Sequence[str], right: Sequence[str]) -> NDArray[np.float64]:
        looked_at.append(len(left) * len(right))
        return indices(left, right)

    monkeypatch.setattr("chainring.text.beside.indices", counted)
    assert near_beside(own, others).near == by_looking(own, others, 0.8)
    assert sum(looked_at) < len(own) * len(others) / 10


def test_a_text_between_two_makes_no_group_of_them() -> None:
    asked = "on earth is the red parcel that I ordered"
    own, between = [f"where {asked}", f"when {asked} today"], f"where {asked} today"
    assert len(set(near_groups([*own, between]))) == 1
    found = near_beside(own, [between])
    assert found.own == [0, 1]
    assert sorted(found.near[0]) == [0, 1]
    assert near_beside(own, []).near == []
    assert near_beside([], [between]).near == [()]


def test_short_texts_and_copies_are_near_where_they_are_equal_alone() -> None:
    found = near_beside(["refund", "给5分"], ["Refund!", "refunds", "给1分", "退货"])
    assert found.near == [(0,), (), (1,), ()]
    exact = near_beside(["refund", "给5分"], ["Refund!", "给1分"], min_jaccard=1.0)
    assert exact.near == [(0,), ()]
    assert near_beside(["给5分"], ["给5分"], min_jaccard=1.0).near == [(0,)]


def test_a_threshold_out_of_range_is_refused() -> None:
    with pytest.raises(InputError, match="min_jaccard must be within"):
        near_beside(["a"], [], min_jaccard=0.2)
