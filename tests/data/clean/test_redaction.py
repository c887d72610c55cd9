"""The stage finds what `redact` finds, asked for fewer texts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chainring.data.clean.batch import Batch
from chainring.data.clean.redaction import redaction
from chainring.data.clean.settings import CleanSettings
from chainring.text.redact import redact

PIECES = st.sampled_from(
    [
        "电话", "13912345678", "bob＠example.com", "zhang@qq.com", "微信：zhang_san", " ",
        "WeChat: ", "telegram @bobby", "skype: bob.smith", "车牌京A12345", "No. 7 Park Road",
        "出生于一九九〇年五月一日", "-----BEGIN PRIVATE KEY-----", "１３９１２３４５６７８", "，",
        "住在北京市海淀区中关村大街一号", "hello", "instagram：bob", "password is hunter",
        "密码是 abcdef", "my name is Bob",
    ]
)  # fmt: skip


@given(st.lists(st.lists(PIECES, max_size=5).map("".join), min_size=1, max_size=5))
def test_every_text_is_redacted_as_it_is_alone(texts: list[str]) -> None:
    batch = Batch(
        rows=[{} for _ in texts],
        texts=list(texts),
        places=[0] * len(texts),
        settings=CleanSettings(profile="documents"),
    )
    redaction(batch)
    assert batch.texts == [redact(text).text for text in texts]


@pytest.mark.parametrize("text", ["WeChat: zhang_san", "邮箱zhang＠qq.com"])
def test_what_holds_no_digit_may_still_be_personal(text: str) -> None:
    batch = Batch(rows=[{}], texts=[text], places=[0], settings=CleanSettings(profile="documents"))
    redaction(batch)
    assert batch.texts == [redact(text).text]
