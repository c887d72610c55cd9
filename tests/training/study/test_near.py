"""The nearest rows against likeness that anybody sees."""

from __future__ import annotations

import pytest
from tests.training.conftest import make_row

from chainring.training.study.near import nearest

ROWS = [
    make_row("where is my parcel", "parcel"),
    make_row("I want my money back", "refund"),
    make_row("我的包裹到哪了", "parcel", "zh"),
]


@pytest.mark.parametrize(
    ("text", "place"), [("is my parcel here", 0), ("包裹到哪", 2), ("the money please", 1)]
)
def test_the_row_with_the_same_words_is_the_nearest(text: str, place: int) -> None:
    assert nearest(ROWS, [text])[0][0].row == ROWS[place].id


def test_a_row_is_wholly_like_itself_and_not_like_what_shares_nothing() -> None:
    found = nearest(ROWS, [ROWS[0].text, "退货"])
    assert found[0][0].likeness == 1.0
    assert found[1] == ()


def test_of_no_rows_none_is_near() -> None:
    assert nearest([], ["text"]) == [()]
    assert nearest(ROWS, []) == []
