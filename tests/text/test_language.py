from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chainring.text.language import is_han, language, language_named


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Where is my parcel?", "en"),
        ("refund", "en"),
        ("café crème", "en"),
        ("I don't know", "en"),
        ("What does 退货 mean here?", "en"),
        ("How do I say 我想退货 in English?", "en"),
        ("My name is 李雷 and I live in 上海, please help", "en"),
        ("Ｗｈｅｒｅ ｉｓ ｉｔ", "en"),
        ("我的包裹在哪里？", "zh"),
        ("退", "zh"),
        ("我的 iPhone 15 Pro Max 充不了电", "zh"),
        ("请把Galaxy Watch Ultra退货", "zh"),
        ("看看 https://item.example.com/a/b-c?d=e 这个", "zh"),
        ("USB-C转HDMI的线有吗", "zh"),
        ("這個訂單怎麼還沒到", "zh"),
        ("订单20261123447100在哪", "zh"),
        ("手机[phone]", "zh"),
        ("血常规：WBC 12.3×10^9/L，N 85%，HGB 110g/L，PLT 230×10^9/L；CRP 56mg/L", "zh"),
        ("肝功能：ALT 85U/L，AST 62U/L，TBIL 23umol/L，ALB 38g/L，GGT 90U/L", "zh"),
        ("血气：pH 7.32，PaCO2 52 mmHg，BE -3 mmol/L，Lac 2.1 mmol/L，考虑呼酸", "zh"),
        ("甲功：FT3 8.9pmol/L，FT4 32pmol/L，TSH 0.01mIU/L，TRAb 5.6IU/L", "zh"),
        ("腫瘤標誌物：CEA 12ng/ml，CA199 56U/ml，AFP 3 ng/ml，CA153 8 U/ml", "zh"),
        ("T3 T4 TSH 偏高", "zh"),
        ("iPhone 15 Pro Max 退款", "zh"),
        ("iPhone16 ProMax 256GB 發票", "zh"),
        ("T恤 S M L XL XXL 换货", "zh"),
        ("Galaxy Watch Ultra 退貨", "zh"),
        ("HOW DO I SAY 退货", "en"),
        ("I paid 300 for 退货 12 days ago", "en"),
        ("The WBC 12.3 is too high, does 偏高 say so", "en"),
        ("import json print open read write close flush 注", "en"),
        ("Very nice 好", "en"),
        ("Great product!!! 好", "en"),
        ("CANCEL ORDER NOW 退", "en"),
        ("Louis Vuitton Beijing 路", "en"),
        ("Wie kann ich meine Bestellung stornieren 退货", "en"),
        ("Je voudrais annuler ma commande 退货", "en"),
        ("BP 180/110, HR 98, SpO2 92% 喘", "zh"),
        ("USB-C 20 W", "en"),
        ("WBC 12.3, HGB 110", "en"),
        ("Где мой заказ?", "und"),
        ("Где мой iPhone?", "und"),
        ("注文はどこですか", "und"),
        ("주문이 어디에 있나요", "und"),
        ("أين طلبي", "und"),
        ("", "und"),
        ("12345 ???", "und"),
        ("👍", "und"),
    ],
)
def test_the_language_follows_the_scripts(text: str, expected: str) -> None:
    assert language(text) == expected


@given(st.text(max_size=80))
def test_every_text_has_a_language(text: str) -> None:
    assert language(text) in {"en", "zh", "und"}


@given(st.characters(codec="utf-8"))
def test_a_han_character_is_one_that_unicode_names_so(char: str) -> None:
    name = unicodedata.name(char, "")
    named = name.startswith(("CJK UNIFIED IDEOGRAPH", "CJK COMPATIBILITY IDEOGRAPH"))
    assert not named or is_han(char)
    assert not is_han(char) or named or char in "々〇" or name == ""


def test_only_a_single_character_is_han() -> None:
    assert is_han("退")
    assert not is_han("退货")
    assert not is_han("")


def test_long_texts_have_a_language() -> None:
    assert language("退货 " * 30_000) == "zh"
    assert language("a" * 100_000) == "en"
    assert language("1" * 100_000) == "und"


@pytest.mark.parametrize(
    ("told", "code"),
    [
        *((name, "en") for name in ("en", "EN", "en_US", "eng", "english", "English (UK)", "英文")),
        *((name, "zh") for name in ("zh", "zh-Hans-CN", "zho", "simplified Chinese", "简体中文")),
        *((name, "zh") for name in ("中文简体", "中文繁體", "简体", "CN", "粤语", "中文（简体）")),
        ("en-CN", "en"),
        ("de-DE", "de"), ("Deutsch", "de"), ("nl", "nl"), ("Suomi", "suomi"),
        ("", ""), ("unknown", ""), ("N/A", ""), ("未知", ""), ("123", ""),
    ],
)  # fmt: skip
def test_what_a_column_calls_a_language_is_one_code(told: str, code: str) -> None:
    assert language_named(told) == code
