"""The recursions give what adding up all sequences gives."""

from __future__ import annotations

from itertools import pairwise, product

import numpy as np
import pytest

from chainring.stats.chain import best_path, marginals


def summed(
    scores_tc: np.ndarray, transitions_cc: np.ndarray
) -> tuple[dict[tuple[int, ...], float], np.ndarray]:
    """Return the sum of scores of every sequence, and the shares of classes a token."""
    tokens, classes = scores_tc.shape
    totals = {
        path: sum(scores_tc[t, c] for t, c in enumerate(path))
        + sum(transitions_cc[a, b] for a, b in pairwise(path))
        for path in product(range(classes), repeat=tokens)
    }
    weights = {path: np.exp(total) for path, total in totals.items()}
    shares = np.zeros(scores_tc.shape)
    for path, weight in weights.items():
        shares[np.arange(tokens), list(path)] += weight
    return totals, shares / sum(weights.values())


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("tokens", [1, 2, 5])
def test_the_best_path_and_the_marginals_are_those_of_all_sequences(tokens: int, seed: int) -> None:
    draw = np.random.default_rng(seed)
    scores_tc, transitions_cc = draw.normal(0, 2, (tokens, 3)), draw.normal(0, 2, (3, 3))
    totals, shares_tc = summed(scores_tc, transitions_cc)
    assert tuple(best_path(scores_tc, transitions_cc)) == max(totals, key=lambda p: totals[p])
    np.testing.assert_allclose(marginals(scores_tc, transitions_cc), shares_tc, atol=1e-12)


def test_no_token_has_no_path() -> None:
    nothing = np.zeros((0, 3))
    assert best_path(nothing, np.zeros((3, 3))) == []
    assert marginals(nothing, np.zeros((3, 3))).shape == (0, 3)


def test_large_scores_overflow_nowhere() -> None:
    scores_tc = np.array([[900.0, -900.0], [-900.0, 900.0]])
    found = marginals(scores_tc, np.array([[-50.0, 30.0], [0.0, 0.0]]))
    np.testing.assert_allclose(found, [[1.0, 0.0], [0.0, 1.0]], atol=1e-12)
