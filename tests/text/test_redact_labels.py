"""What a label alone tells, English and Chinese: numbers with a wrong digit, homes, passwords.

Each table of what goes has its harmless neighbours, which stay.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import pytest

from chainring.text import personal_phones
from chainring.text.redact import KINDS, redact

NUMBERS_GO = {
    "身份证号：110105194912310021": "身份证号：[id]",
    "身份证 11010519491231002": "身份证 [id]",
    "身份证号码110105194912310021，手机13800138000": "身份证号码[id]，手机[phone]",
    "身份证（号码）是 110105 19491231 0021。": "身份证（号码）是 [id]。",
    "我身份证丢了，号码是110105194912310021": "我身份证丢了，号码是[id]",
    "my ID is 110105194912310021": "my ID is [id]",
    "驾照号 110105194912310021": "驾照号 [id]",
    "驾驶证档案编号：110100123456": "驾驶证档案编号：[id]",
    "社会保障号 110105194912310021": "社会保障号 [id]",
    "driver's license D123-4567-8901": "driver's license [id]",
    "driving licence number: MORGA657054SM9IJ": "driving licence number: [id]",
    "HKID A123456(4)": "HKID [id]",
    "社会保障卡号：A12345678": "社会保障卡号：[record]",
    "证件号码：E12345678": "证件号码：[id]",
    "card: 6222 0212 3456 7890 123": "card: [card]",
    "CVV码：123": "CVV码：[secret]",
    "Alipay account: zhangsan88": "Alipay account: [account]",
    "社保号：ZY3991473": "社保号：[record]",
    "香港身份证A1234567": "香港身份证[id]",
    "身分证字号：A123456780": "身分证字号：[id]",
    "澳门身份证 5123456(7)": "澳门身份证 [id]",
    "NI number QQ123456C": "NI number [id]",
    "social insurance number 123 456 789": "social insurance number [id]",
    "Aadhaar: 1234 5678 9012": "Aadhaar: [id]",
    "台胞证 12345678": "台胞证 [passport]",
    "回乡证H12345678": "回乡证[passport]",
    "建行卡号 6217000010001234567": "建行卡号 [card]",
    "卡号6222021234567890123": "卡号[card]",
    "card number 6222021234567890123": "card number [card]",
    "Card no.: 4111 1111 1111 1112, thanks": "Card no.: [card], thanks",
    "credit card 4111-1111-1111-1112": "credit card [card]",
    "我的卡是6222 0212 3456 7890 123": "我的卡是[card]",
    "工行卡6222021234567890123被吞": "工行卡[card]被吞",
    "4111.1111.1111.1111": "[card]",
    "IBAN DE89 3704 0044 0532 0130 01, thanks": "IBAN [iban], thanks",
    "IBAN: GB29NWBK60161331926818": "IBAN: [iban]",
}
NUMBERS_STAY = [
    "订单号110105194912310021",
    "订单ID 110105194912310021",
    "order ID 110105194912310021",
    "product ID A1234567",
    "身份证要18位",
    "身份证有效期 2026-11-23 至 2036-11-23",
    "身份证复印件 2 份，一共 12345678 元",
    "办身份证 2026年11月23日",
    "拿到驾照 10 年",
    "驾照扣了12分",
    "a driver's license in 2026",
    "driver's license since 2026-11-23",
    "driver 4471234 is late",
    "拿到驾照 20261123",
    "driver's license 20261123",
    "社会保障支出 123456789012345 元",
    "卡号是19位",
    "卡号：订单 2026112344710088",
    "显卡 4090 24GB",
    "卡片 2026112344710088",
    "credit card order 2026112344710088",
    "a card number has 16 digits",
    "the card is 1234.5678.9012",
    "1234.5678.9012.3456",
    "GB29 NWBK 6016 1331 9268 18",
    "an IBAN has 22 signs",
    "my id is 2026112344",
    "card: order 2026112344710088",
    "card: 2026-11-23",
    "会员卡号 12 位",
    "证件号码要 8 位",
    "CVV码有3位",
    "an Alipay account manager",
    "wechat account problems",
    "社会保障卡号怎么查",
    "HKID",
    "national insurance 2026",
    "Aadhaar 2026",
    "比分 110-105，19:49",
    "型号 A1234567",
]


@pytest.mark.parametrize(("text", "expected"), NUMBERS_GO.items())
def test_a_number_goes_by_its_label_though_a_digit_is_wrong(text: str, expected: str) -> None:
    assert redact(text).text == expected


@pytest.mark.parametrize("text", NUMBERS_STAY)
def test_a_number_with_another_label_or_none_stays(text: str) -> None:
    assert redact(text).text == text


TRADITIONAL = {
    "電話：23456789": "電話：[phone]",
    "手機 0912345678": "手機 [phone]",
    "身分證字號：A123456780": "身分證字號：[id]",
    "身份證號碼 110105194912310021": "身份證號碼 [id]",
    "密碼：hunter22": "密碼：[secret]",
    "驗證碼：482913": "驗證碼：[secret]",
    "護照號碼 E12345678": "護照號碼 [passport]",
    "粵BD12345違停": "[plate]違停",
    "病歷號：0012345": "病歷號：[record]",
    "生於1990年5月1日": "生於[birth]",
    "地址：台北市信義區松高路12號3樓": "地址：[address]",
    "臺北市中正區重慶南路一段122號": "[address]",
    "香港九龍彌敦道123號4樓B室": "[address]",
    "支付寶帳號 zhangsan88": "支付寶帳號 [account]",
    "帳號：012345678901234": "帳號：[account]",
    "訂單號 13912345678": "訂單號 13912345678",
    "運單號碼 13912345678": "運單號碼 13912345678",
    "電話 20261123": "電話 20261123",
    "密碼錯誤3次": "密碼錯誤3次",
    "密碼是123456個": "密碼是123456個",
    "密碼：請重試": "密碼：請重試",
    "坐三路3號車": "坐三路3號車",
    "地鐵10號線": "地鐵10號線",
    "買了12345678個": "買了12345678個",
    "帳號有12位數": "帳號有12位數",
    "账号 20261123 注册": "账号 20261123 注册",
    "这个账号充了 123456789012 元": "这个账号充了 123456789012 元",
}


@pytest.mark.parametrize(("text", "expected"), TRADITIONAL.items())
def test_traditional_characters_are_read_as_simplified_ones(text: str, expected: str) -> None:
    redaction = redact(text)
    assert redaction.text == expected
    if redaction.found:
        assert redact(text, rules="redact.v1").text == text


PIECES = ["身份证", "身份证1 ", "id ", "HKID A1", "卡号", "card no", "IBAN ", "IBAN DE89 3704 "]


@pytest.mark.parametrize("length", [30_000, pytest.param(100_000, marks=pytest.mark.slow)])
@pytest.mark.parametrize("piece", PIECES)
def test_very_many_hostile_characters_end(piece: str, length: int) -> None:
    text = (piece * (length // len(piece) + 1))[:length]
    once = redact(text, kinds=KINDS).text
    assert redact(once, kinds=KINDS).text == once


@dataclass
class Counted:
    """A pattern that counts the characters that it is given to search."""

    pattern: re.Pattern[str]
    characters: int = 0

    def search(self, text: str, start: int, end: int) -> re.Match[str] | None:
        self.characters += end - start
        return self.pattern.search(text, start, end)


@pytest.mark.parametrize("piece", ["(0", "(1(1", "1 ", "+86 ", "8 (912) ", "1-(", "12345678 "])
def test_no_character_is_searched_often_for_the_label_of_a_phone(
    piece: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted = Counted(personal_phones._LABEL)
    monkeypatch.setattr(personal_phones, "_LABEL", counted)
    redact(piece * 500)
    assert counted.characters <= 3 * len(piece) * 500


@pytest.mark.parametrize("before", ["", "2 ", "2", "2(", "1234567 ", "9" * 80])
@pytest.mark.parametrize("label", ["phone: ", "手机号是", "call me at (", "reach her on +"])
def test_what_has_digits_before_its_label_is_a_phone_still(before: str, label: str) -> None:
    assert redact(f"{before}{label}98765 43210").text.endswith("[phone]")
