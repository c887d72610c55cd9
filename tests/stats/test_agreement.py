"""Cohen's kappa, against scikit-learn and cases done by hand."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chainring.contracts.errors import InputError
from chainring.stats.agreement import cohen_kappa

rows = st.lists(
    st.tuples(st.sampled_from(["退款", "stock", "other"]), st.sampled_from(["退款", "stock", "x"])),
    min_size=1,
    max_size=40,
)


def test_kappa_of_the_textbook_table() -> None:
    a = ["yes"] * 25 + ["no"] * 25
    b = ["yes"] * 20 + ["no"] * 5 + ["yes"] * 10 + ["no"] * 15
    assert cohen_kappa(a, b) == pytest.approx(0.4)


@pytest.mark.parametrize("seed", range(5))
def test_kappa_agrees_with_scikit_learn(seed: int) -> None:
    metrics = pytest.importorskip("sklearn.metrics")
    np = pytest.importorskip("numpy")
    generator = np.random.default_rng(seed)
    a = generator.integers(0, 4, 60).tolist()
    b = [x if generator.random() < 0.6 else int(generator.integers(0, 5)) for x in a]
    assert cohen_kappa(a, b) == pytest.approx(metrics.cohen_kappa_score(a, b))


@given(rows)
def test_kappa_is_the_same_from_both_sides_and_at_most_one(pairs: list[tuple[str, str]]) -> None:
    a, b = [x for x, _ in pairs], [y for _, y in pairs]
    assert cohen_kappa(a, b) == pytest.approx(cohen_kappa(b, a))
    assert cohen_kappa(a, b) <= 1.0
    assert cohen_kappa(a, a) == 1.0


def test_columns_of_unequal_length_and_no_rows_are_refused() -> None:
    with pytest.raises(InputError, match="2 a, 1 b"):
        cohen_kappa(["x", "y"], ["x"])
    with pytest.raises(InputError, match="rows: 0"):
        cohen_kappa([], [])
