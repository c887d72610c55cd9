from __future__ import annotations

import math

import pytest

from chainring.data.looking import words as module
from chainring.data.looking.words import WordCounts, log_odds, words


def test_words_are_words_in_both_languages_without_marks_of_the_redaction() -> None:
    assert words("Call [phone] or [id_card], it isn't 5 pm!") == {"call", "or", "it", "isn't", "pm"}
    assert "包裹" in words("我的包裹还没到，单号 [phone]")
    assert "phone" not in words("[phone]")


def test_letters_beside_chinese_are_a_word_of_their_own() -> None:
    assert words("VIP会员到期了") >= {"vip", "会员", "到期"}
    assert words("用iPhone打不开小程序") >= {"iphone", "打不开"}
    assert words("ok吗") == {"ok", "吗"}
    assert words("it’s re-sent了") == {"it’s", "re-sent", "了"}


def test_log_odds_are_those_of_the_paper_worked_by_hand() -> None:
    group, whole = {"parcel": 30, "hello": 10}, {"parcel": 40, "hello": 60}
    found = {one.word: one.z for one in log_odds(group, whole, prior_rows=10.0)}
    a = 10.0 * 40 / 100
    i, j = 30 + a, 10 + a
    delta = math.log(i / (40 + 10 - i)) - math.log(j / (60 + 10 - j))
    assert found["parcel"] == pytest.approx(delta / math.sqrt(1 / i + 1 / j))
    assert found["parcel"] > 0 > found["hello"]


def test_a_word_of_one_label_is_distinctive_and_a_word_of_all_is_not() -> None:
    seen = WordCounts(labels=("track", "refund"))
    for i in range(60):
        seen.add(f"where is my parcel number {i}", language="en", label="track")
        seen.add(f"please refund my money number {i}", language="en", label="refund")
        seen.add("我的包裹到哪里了", language="zh", label="track")
        seen.add("请把钱退给我", language="zh", label="refund")
    found = {one.word for one in seen.distinctive("track")}
    assert {"parcel", "包裹"} <= found
    assert not {"number", "my", "refund"} & found
    assert ("number", 120) in seen.frequent("en")
    assert "is" not in dict(seen.frequent("en"))
    assert seen.distinctive("nobody") == []


def test_one_row_with_a_word_a_hundred_times_counts_once() -> None:
    seen = WordCounts(labels=("a",))
    seen.add("spam " * 100, language="en", label="a")
    assert seen.frequent("en") == [("spam", 1)]


def test_of_too_many_words_the_common_ones_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_WORDS", 5)
    seen = WordCounts(labels=("a",))
    for i in range(40):
        letters = "".join(chr(97 + int(digit)) for digit in f"{i:04}")
        seen.add(f"parcel rare{letters}", language="en", label="a")
    assert len(seen.languages["en"]) <= 11
    assert seen.frequent("en")[0] == ("parcel", 40)
    assert seen.distinctive("a") == []
