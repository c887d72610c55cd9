from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chainring.deployment.http.language import preferred


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh"),
        ("en-GB,en;q=0.9,zh;q=0.8", "en"),
        ("zh-TW", "zh"),
        ("fr-FR, de;q=0.5", "en"),
        ("en;q=0.1, zh;q=0.2", "zh"),
        ("zh;q=0", "en"),
        ("zh;q=abc", "en"),
        ("zh;x=1", "en"),
    ],
)
def test_the_better_liked_language_is_taken(header: str, language: str) -> None:
    assert preferred(header) == language


@given(st.text(max_size=60))
def test_any_header_gives_a_language(header: str) -> None:
    assert preferred(header) in ("en", "zh")
