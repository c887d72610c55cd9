from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import softmax as reference

from chainring.training.candidate import prepare, softmax

LOGIT = st.floats(-1e4, 1e4, width=32)


@given(st.lists(st.tuples(LOGIT, LOGIT, LOGIT), min_size=1), st.floats(0.05, 20))
def test_probabilities_equal_those_of_scipy(
    logits: list[tuple[float, ...]], temperature: float
) -> None:
    found = softmax(np.array(logits, dtype=np.float32), temperature=temperature)
    expected = reference(np.array(logits) / temperature, axis=1)
    np.testing.assert_allclose(found, expected, atol=1e-6)
    assert found.dtype == np.float32


@pytest.mark.parametrize(
    "raw", ["我的手机是13912345678，谢谢", "ｃａｌｌ  me: jane@example.com", "", " \t "]
)
def test_preparing_a_prepared_text_changes_nothing(raw: str) -> None:
    once = prepare(raw)
    assert prepare(once) == once
    assert "13912345678" not in once
    assert "@" not in once
