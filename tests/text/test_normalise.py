from __future__ import annotations

import hashlib
import sys
import unicodedata

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from chainring.contracts.errors import InputError
from chainring.text import normalise as module
from chainring.text.normalise import fold, group_key, normalise

ANY_TEXT = st.text(alphabet=st.characters(exclude_categories=()), max_size=60)
NASTY = st.text(
    alphabet="aA1１Ａ ，。!\u200d\u3000\n\r\t\u0301\u0338\ud83d\ufb01𝗕⼀ßİ哈ｶﾞ\ufe0f", max_size=30
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ＡＢＣａｂｃ０１２", "ABCabc012"),
        ("ｚｈａｎｇ＠ｑｑ．ｃｏｍ", "zhang@qq.com"),
        ("你好，世界。真的？真的！", "你好，世界。真的？真的！"),
        ("（一）：二；三～", "（一）：二；三～"),
        ("10² is ½ of 200 ㎡", "10² is ½ of 200 ㎡"),
        ("cafe\u0301", "café"),
        ("ﬁne ﬂow", "fine flow"),
        ("𝗕𝗼𝗹𝗱 𝟏𝟐", "Bold 12"),
        ("⼀⼆", "一二"),
        ("￥99", "¥99"),
        ("a\u200bb\u200cc\u200dd\ufeffe\u00adf\u2060g", "abcdefg"),
        ("a\x00b\x07c\x1bd\x7fe", "abcde"),
        ("\u202eabc\u202c", "abc"),
        ("❤\ufe0f", "❤"),
        ("a\u00a0b\u3000c\u2009d\te", "a b c d e"),
        ("  a   b  ", "a b"),
        ("a\r\nb\rc\u2028d\u0085e", "a\nb\nc\nd\ne"),
        ("a \n\n\n\n  b", "a\n\nb"),
        ("a\ud800b\udfff", "a\ufffdb\ufffd"),
        ("", ""),
        (" \u3000\u200b\n", ""),
    ],
)
def test_text_gets_one_spelling(text: str, expected: str) -> None:
    assert normalise(text) == expected


@given(ANY_TEXT | NASTY)
def test_normalising_twice_is_normalising_once(text: str) -> None:
    once = normalise(text)
    assert normalise(once) == once


def the_long_way(text: str) -> str:
    """Return what `normalise` returns, with every character looked at."""
    text = unicodedata.normalize("NFC", text.replace("\r\n", "\n").translate(module.CLEAN))
    lines = [" ".join(filter(None, line.split(" "))) for line in text.split("\n")]
    while "\n\n\n" in (text := "\n".join(lines)):
        lines = text.replace("\n\n\n", "\n\n").split("\n")
    return text.strip(" \n")


@given(ANY_TEXT | NASTY | st.text(alphabet="aé，。\n 退“—", max_size=40))
def test_plain_text_is_passed_over_without_a_difference(text: str) -> None:
    assert normalise(text) == the_long_way(text)


def test_what_counts_as_plain_stays_as_it_is() -> None:
    plain = [c for c in map(chr, range(sys.maxunicode + 1)) if module._PLAIN.fullmatch(c)]
    assert 20_000 < len(plain) < 25_000
    assert {c for c in plain if module._clean(c) != c or unicodedata.combining(c)} == set()
    assert all(unicodedata.is_normalized("NFC", f"{a}{b}") for a in "aeéÅ退" for b in plain)


@given(ANY_TEXT)
def test_normal_text_is_nfc_and_can_be_written_as_utf_8(text: str) -> None:
    assert unicodedata.is_normalized("NFC", normalise(text))
    normalise(text).encode("utf-8")


def test_every_format_character_of_unicode_goes_but_the_drawn_ones() -> None:
    formats = [c for c in map(chr, range(sys.maxunicode + 1)) if unicodedata.category(c) == "Cf"]
    kept = {c for c in formats if normalise(f"a{c}b") != "ab"}
    assert {unicodedata.name(c).split()[0] for c in kept} == {"ARABIC", "SYRIAC", "KAITHI"}


def test_every_space_of_unicode_becomes_one_space() -> None:
    spaces = [c for c in map(chr, range(sys.maxunicode + 1)) if unicodedata.category(c) == "Zs"]
    assert {normalise(f"a{c}{c}b") for c in spaces} == {"a b"}


def test_compatibility_forms_that_carry_meaning_stay() -> None:
    for text in ("x²", "½", "①", "…", "㎏", "™"):
        assert normalise(text) == text
        assert unicodedata.normalize("NFKC", text) != text


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Where is my order?", "where is my order"),
        ("我要退货！！", "我要退货。"),
        ("Order 4471 is late", "order 9023 is late"),
        ("Soooooo good", "sooo good"),
        ("哈哈哈哈哈", "哈哈"),
        ("ＶＩＰ 卡", "vip卡"),
        ("e-mail", "email"),
        ("Straße", "STRASSE"),
        ("order-20261123", "order 2026112344"),
    ],
)
def test_near_equal_requests_have_one_skeleton(one: str, other: str) -> None:
    assert fold(one) == fold(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("refund", "refunds"),
        ("我要退货", "我要换货"),
        ("👍", "👎"),
        ("???", "!!!"),
        ("好", ""),
        ("की", "के"),
    ],
)
def test_different_requests_have_different_skeletons(one: str, other: str) -> None:
    assert fold(one) != fold(other)


@given(ANY_TEXT | NASTY)
def test_folding_twice_is_folding_once(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@given(st.text(max_size=30))
def test_a_skeleton_has_no_space_no_case_and_no_run_of_three(text: str) -> None:
    skeleton = fold(text)
    assert not any(char.isspace() for char in skeleton)
    assert skeleton == fold(normalise(text).casefold())
    assert all(len(set(skeleton[i : i + 3])) > 1 for i in range(len(skeleton) - 2))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("给5分", "给1分"),
        ("好👍", "好👎"),
        ("3+4", "3-4"),
        ("C++", "C#"),
        ("x<5", "x>5"),
        ("5%", "5°"),
        ("1.5", "15"),
        ("> .5", "> 5"),
        ("2:30 叫我", "230 叫我"),
        ("2：30", "230"),
        ("12/5", "1/25"),
        ("买3、4", "买34"),
        ("3–4", "34"),
        ("12 34", "1 234"),
        ("收到了:)", "收到了:("),
        ("收到了：）", "收到了"),
    ],
)
def test_an_exact_skeleton_holds_numbers_signs_and_emoji(one: str, other: str) -> None:
    assert fold(one) == fold(other)
    assert fold(one, exact=True) != fold(other, exact=True)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Where is my order?", "where is my order"),
        ("你好，退货", "你好 退货！"),
        ("3 + 4 = ?", "3+4="),
        ("订单 5 到了。", "订单5，到了"),
        ("2：30", "2:30"),
        ("Rows 3, 4.", "rows 3,4"),
        ("as follows:(a)", "as follows (a)"),
    ],
)
def test_an_exact_skeleton_has_no_case_no_space_and_no_sentence_mark(one: str, other: str) -> None:
    assert fold(one, exact=True) == fold(other, exact=True)


@given(st.text(alphabet="aBé退货，。！？、 .,!?;'“”…\n", max_size=30))
def test_a_text_of_letters_and_sentence_marks_has_one_skeleton_exact_or_not(text: str) -> None:
    if any(char.isalpha() for char in text):
        assert fold(text, exact=True) == fold(text)
        assert group_key(text, key=b"k", exact=True) == group_key(text, key=b"k")


@given(ANY_TEXT | NASTY)
def test_an_exact_skeleton_is_finer(text: str) -> None:
    assume(any(char.isalnum() for char in normalise(text).casefold()))
    assert fold(fold(text, exact=True)) == fold(text)


def test_a_group_key_is_keyed_blake2b_of_the_skeleton() -> None:
    expected = hashlib.blake2b("我要退货".encode(), key=b"secret", digest_size=16).hexdigest()
    assert group_key(" 我要退货！", key=b"secret") == expected
    assert group_key("我要退货", key=b"other") != expected


@given(ANY_TEXT)
@settings(max_examples=50)
def test_any_text_has_a_group_key(text: str) -> None:
    assert len(group_key(text, key=b"k")) == 32


@pytest.mark.parametrize("key", [b"", b"x" * 65])
def test_a_key_of_the_wrong_size_is_refused_with_the_size_found(key: bytes) -> None:
    with pytest.raises(InputError, match=f"found {len(key)}"):
        group_key("a", key=key)


def test_long_texts_are_normalised_whole() -> None:
    assert len(normalise("退 " * 50_000)) == 99_999
    assert fold("ab" * 50_000) == "ab" * 50_000
