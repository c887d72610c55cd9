from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.text.test_identify import without

from chainring.contracts.errors import MissingPackageError, UnknownNameError
from chainring.text import script
from chainring.text.script import TO_SIMPLIFIED, simplified


@pytest.mark.parametrize(
    ("text", "profile", "expected"),
    [
        ("這個訂單怎麼還沒到？", "t2s", "这个订单怎么还没到？"),
        ("滑鼠裡面的軟體", "t2s", "滑鼠里面的软体"),
        ("滑鼠裡面的軟體", "tw2sp", "鼠标里面的软件"),
        ("皇后在後面", "t2s", "皇后在后面"),
        ("退货 refund", "t2s", "退货 refund"),
        ("", "t2s", ""),
    ],
)
def test_traditional_becomes_simplified(text: str, profile: str, expected: str) -> None:
    assert simplified(text, profile=profile) == expected


@given(st.text(alphabet=st.characters(exclude_categories=()), max_size=40))
def test_any_text_passes_and_simplified_text_stays(text: str) -> None:
    once = simplified(text)
    assert simplified(once) == once
    assert sum(map(str.isascii, once)) == sum(map(str.isascii, text))


def test_every_profile_opens() -> None:
    assert {simplified("漢", profile=profile) for profile in TO_SIMPLIFIED} == {"汉"}


def test_faults_name_the_next_step(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UnknownNameError, match=r"did you mean 't2s'\?"):
        simplified("x", profile="t2ss")
    script._converter.cache_clear()
    without(monkeypatch, "opencc")
    with pytest.raises(MissingPackageError, match=r"chainring\[data\]"):
        simplified("漢")
