from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import ndcg_score

from chainring.stats.likeness import pair_features
from chainring.stats.retrieval import ndcg_at, recall_at


@pytest.mark.parametrize("seed", range(5))
def test_ndcg_is_that_of_scikit_learn(seed: int) -> None:
    rng = np.random.default_rng(seed)
    likeness = rng.random(30)
    wanted = {int(i) for i in rng.choice(30, size=4, replace=False)}
    gains = np.array([[float(i in wanted) for i in range(30)]])
    expected = ndcg_score(gains, likeness[None], k=10)
    assert ndcg_at(likeness, wanted, k=10) == pytest.approx(expected)


def test_recall_counts_what_is_wanted_among_the_first() -> None:
    assert recall_at([0.9, 0.1, 0.8], {0, 1}, k=2) == 0.5
    assert recall_at([0.5, 0.5], {0}, k=1) == 1.0
    assert ndcg_at([0.9, 0.2, 0.4], {2}, k=10) == pytest.approx(1 / np.log2(3))


def test_features_of_a_pair_are_the_same_in_either_order_and_tell_likeness() -> None:
    rng = np.random.default_rng(0)
    first, second = rng.normal(size=(4, 8)), rng.normal(size=(4, 8))
    np.testing.assert_allclose(pair_features(first, second), pair_features(second, first))
    np.testing.assert_allclose(pair_features(first, 3 * first)[:, 0], 1.0, atol=1e-6)
