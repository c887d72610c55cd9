from __future__ import annotations

import numpy as np
import pytest

from chainring.text.overlap import overlaps


@pytest.mark.parametrize("kinds", [3, 40, 3000])
@pytest.mark.parametrize(("left", "right"), [((0, 90), (0, 90)), ((0, 50), (50, 90))])
def test_overlaps_are_those_of_sets(
    kinds: int, left: tuple[int, int], right: tuple[int, int]
) -> None:
    """Common, seldom and single shingles; some texts hold one twice, some hold few."""
    rng = np.random.default_rng(kinds)
    texts = rng.integers(0, 90, 4000)
    shingles = rng.integers(0, kinds, 4000).astype(np.uint64) << np.uint64(40)
    sets = [set(shingles[texts == i].tolist()) for i in range(90)]
    common, sizes = overlaps(shingles, texts, slice(*left), slice(*right))
    expected = [[len(sets[i] & sets[j]) for j in range(*right)] for i in range(*left)]
    assert common.tolist() == expected
    assert sizes.tolist() == [len(one) for one in sets]
