from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chainring.text.repair import repair

CHINESE = "你好，世界！今天的天气真好，我们去公园玩。价格是“一百”元"
WESTERN = "café – it’s naïve, Ünïcode £5 “quoted” résumé"
FINE = [
    "",
    "plain",
    CHINESE,
    WESTERN,
    "CAFÉ” et À « bientôt » AMANHÃ” NÃO …",
    "¿¿¿¿ §§§§ °°°° ½¼¾ ÷×",
    "¡¢£¤¥¦ §¨©ª",
    "Ærøskøbing ÅÄÖ åäö ÀÉÈÊ",
    "naïve–“ö”—",
    "价格€100—€200 ™®©",
    "Đặng Thị Ngọc Ánh",
    "ça ira… « où »",
    "Un «\xa0café\xa0» et du thé\xa0… puis à\xa0«\xa0midi\xa0», payé\xa0€ 3, où\xa0?",
    "Привет, мир",
    "日本語のテキスト",
    "锛是一种金属",
]


def as_windows_1252(data: bytes) -> str:
    """Decode as Windows-1252, where browsers show its five holes as C1 codes."""
    holes = {0x81, 0x8D, 0x8F, 0x90, 0x9D}
    return "".join(chr(b) if b in holes else bytes([b]).decode("cp1252") for b in data)


@pytest.mark.parametrize("text", FINE)
def test_text_that_was_decoded_rightly_stays(text: str) -> None:
    done = repair(text)
    assert (done.text, done.repaired, done.lost) == (text, 0, 0)


@pytest.mark.parametrize(
    "text", [CHINESE, WESTERN, "Привет, мир", "日本語のテキスト", "👍 great – yes"]
)
def test_utf_8_that_was_read_as_bytes_comes_back(text: str) -> None:
    for wrong in (text.encode().decode("latin-1"), as_windows_1252(text.encode())):
        assert wrong != text
        assert repair(wrong).text == text
        assert repair(wrong).repaired >= 1


@pytest.mark.parametrize("text", [CHINESE, WESTERN])
def test_what_was_wrongly_decoded_twice_comes_back(text: str) -> None:
    twice = as_windows_1252(as_windows_1252(text.encode()).encode())
    assert repair(twice).text == text


def test_gbk_that_was_read_as_latin_comes_back() -> None:
    assert repair(CHINESE.encode("gb18030").decode("latin-1")).text == CHINESE
    assert repair("see ÄãºÃ£¬ÊÀ½ç ok").text == "see 你好，世界 ok"


def test_utf_8_that_was_read_as_gbk_comes_back_but_for_what_was_lost() -> None:
    assert repair("你好，世界！".encode().decode("gbk")).text == "你好，世界！"
    done = repair(CHINESE.encode().decode("gbk", "replace"))
    assert done.lost > 0
    assert sum(char in done.text for char in CHINESE) >= len(CHINESE) - 6


@pytest.mark.parametrize(
    ("text", "lost"),
    [
        ("价格锟斤拷元", 1),
        ("锟斤拷锟斤拷 a \ufffd\ufffd", 2),
        ("烫烫烫烫烫烫", 1),
        ("烫烫烫屯屯屯", 1),
        ("烫烫烫烫，差点烫掉", 0),
        ("燙燙燙", 0),
        ("很烫", 0),
    ],
)
def test_what_cannot_come_back_is_counted_and_stays(text: str, lost: int) -> None:
    assert (repair(text).text, repair(text).lost) == (text, lost)


@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=60))
def test_repairing_ends_and_touches_no_ascii(text: str) -> None:
    done = repair(text)
    assert [c for c in done.text if c.isascii()] == [c for c in text if c.isascii()]
    assert repair(text) == done


@given(st.text(alphabet="退货我的世界你好，。！", min_size=2, max_size=40))
def test_any_chinese_read_as_latin_comes_back(text: str) -> None:
    assert repair(as_windows_1252(text.encode())).text == text
