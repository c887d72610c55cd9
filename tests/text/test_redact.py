from __future__ import annotations

import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chainring.text.redact import redact

EMAILS = {
    "邮箱zhang@qq.com谢谢": "邮箱[email]谢谢",
    "邮箱：zhang.san@163.com。": "邮箱：[email]。",
    "请发到zhang_san-01@mail.example.com.cn，谢谢": "请发到[email]，谢谢",
    "mail bob@example.com, thanks": "mail [email], thanks",
    "<bob@example.com>": "<[email]>",
    "(bob.smith+shop@example.co.uk)": "([email])",
    "mailto:bob@example.com?subject=x": "mailto:[email]?subject=x",
    "BOB@EXAMPLE.COM": "[email]",
    "13912345678@qq.com": "[email]",
    "a@b.io and c@d.io": "[email] and [email]",
    "ｚｈａｎｇ＠ｑｑ．ｃｏｍ": "[email]",
    "我的是zhang@qq.com你的是li@qq.com": "我的是[email]你的是[email]",
    "...bob@example.com...": "...[email]...",
    "zhang@qq.com13800138000": "[email][phone]",
    "o'brien@example.com": "[email]",
    "x@sub-domain.example.museum": "[email]",
    "write to bob@example.com.": "write to [email].",
    "_bob_@example.com": "[email]",
    "a@example.com_bob_@example.com": "[email][email]",
}
IDS = {
    "身份证11010519491231002X。": "身份证[id]。",
    "身份证11010519491231002x": "身份证[id]",
    "440308199901010012": "[id]",
    "我叫张三，440308199901010012，请查": "我叫张三，[id]，请查",
    "１１０１０５１９４９１２３１００２Ｘ": "[id]",
    "110105 19491231 002X": "[id]",
    "110105-19491231-002X": "[id]",
    "ID:11010519491231002X,": "ID:[id],",
    "号码440308199901010012是我的": "号码[id]是我的",
    "身份证号：110105491231002": "身份证号：[id]",
    "my old ID is 110105491231002": "my old ID is [id]",
    "11010519491231002X和440308199901010012": "[id]和[id]",
    "11010519491231002X13912345678": "[id][phone]",
}
CARDS = {
    "4111111111111111": "[card]",
    "4111 1111 1111 1111": "[card]",
    "4111-1111-1111-1111": "[card]",
    "４１１１ １１１１ １１１１ １１１１": "[card]",
    "我的卡4111111111111111丢了": "我的卡[card]丢了",
    "卡号6222021234567890128": "卡号[card]",
    "卡号6222 0212 3456 7890 128": "卡号[card]",
    "622202 1234567890128": "[card]",
    "5555555555554444 was charged": "[card] was charged",
    "378282246310005": "[card]",
    "3782 822463 10005": "[card]",
    "6011111111111117": "[card]",
    "3530111333300000": "[card]",
    "30569309025904": "[card]",
    "3056 930902 5904": "[card]",
    "card 4111 1111 1111 1111 12/27 123": "card [card] 12/27 123",
    "4111 1111 1111 1111 123": "[card] 123",
    "2223 0031 2200 3222": "[card]",
    "card number 2223003122003222": "card number [card]",
    "银行账号：4222222222222": "银行账号：[card]",
    "my visa4111111111111111": "my visa[card]",
    "order 4111 1111 1111 1111": "order [card]",
    "我用4111111111111111付的，手机13912345678": "我用[card]付的，手机[phone]",
    "6212345678901265": "[card]",
}
PHONES = {
    "手机13912345678已停机": "手机[phone]已停机",
    "手机１３９１２３４５６７８已停机": "手机[phone]已停机",
    "13912345678": "[phone]",
    "19912345678。": "[phone]。",
    "我是13912345678，麻烦联系": "我是[phone]，麻烦联系",
    "139-1234-5678": "[phone]",
    "139 1234 5678": "[phone]",
    "139 123 45678": "[phone]",
    "+8613912345678": "[phone]",
    "+86 139 1234 5678": "[phone]",
    "+86-13912345678": "[phone]",
    "(+86)13912345678": "[phone]",
    "008613912345678": "[phone]",
    "8613912345678": "[phone]",
    "13912345678转1234": "[phone]",
    "13912345678-1234": "[phone]",
    "13912345678/13812345678": "[phone]/[phone]",
    "13912345678、13812345678": "[phone]、[phone]",
    "13912345678-13812345678": "[phone]-[phone]",
    "13912345678 13812345678": "[phone] [phone]",
    "tel13912345678": "tel[phone]",
    "Phone:13912345678.": "Phone:[phone].",
    "010-62345678": "[phone]",
    "（０１０）６２３４５６７８": "[phone]",
    "(010)62345678": "[phone]",
    "(010) 6234 5678": "[phone]",
    "座机0755-88889999转8001": "座机[phone]",
    "021-6234-5678": "[phone]",
    "0571 8765432": "[phone]",
    "+86 10 6234 5678": "[phone]",
    "+86-21-62345678": "[phone]",
    "+862162345678": "[phone]",
    "0086 755 8888 9999": "[phone]",
    "电话01062345678": "电话[phone]",
    "电话62345678": "电话[phone]",
    "电话：6234-5678，晚上打": "电话：[phone]，晚上打",
    "客服400-810-1234": "客服[phone]",
    "400 810 1234": "[phone]",
    "call (020) 7946 0958 now": "call [phone] now",
    "020 7946 0958": "[phone]",
    "0161 496 0123": "[phone]",
    "07700 900123": "[phone]",
    "07700900123": "[phone]",
    "+44 20 7946 0958": "[phone]",
    "+44 (0)20 7946 0958": "[phone]",
    "+442079460958": "[phone]",
    "0044 20 7946 0958": "[phone]",
    "+33 1 42 68 53 00": "[phone]",
    "+49 30 901820": "[phone]",
    "+1 (415) 555-2671": "[phone]",
    "+1-415-555-2671": "[phone]",
    "+14155552671": "[phone]",
    "+852 2345 6789": "[phone]",
    "555-867-5309": "[phone]",
    "(555) 867-5309": "[phone]",
    "555.867.5309": "[phone]",
    "1-800-555-0199": "[phone]",
    "555-867-5309 ext 12": "[phone]",
    "call me on 867-5309": "call me on [phone]",
    "my phone number is 5558675309": "my phone number is [phone]",
    "+44 20 7946 0958 13912345678": "[phone] [phone]",
    "+44 20 7946 0958 2026": "[phone] 2026",
    "I ordered 2, call 13912345678 before 18:00": "I ordered 2, call [phone] before 18:00",
    "order number +86 13912345678": "order number [phone]",
    "13912345678(010)62345678": "[phone][phone]",
    "[tel]+44 20 7946 0958": "[tel][phone]",
    "[电话]-555-867-5309": "[电话]-[phone]",
}
UNTOUCHED = [
    "",
    "Where is my parcel?",
    "我的包裹在哪里？",
    "order 20261123-4471",
    "订单号 2026112344710088",
    "订单号：13912345678",
    "订单编号是13912345678",
    "order no. 13912345678",
    "Order number: 4111111111111111",
    "tracking number is 378282246310005",
    "运单号 4111111111111111",
    "流水号6212345678901265",
    "invoice #13912345678",
    "ref 07700900123",
    "SF1391234567890",
    "SF13912345678",
    "YT4111111111111111",
    "JD0139123456789",
    "1Z999AA10123456784",
    "9400 1000 0000 0000 0000 00",
    "113-4567890-1234567",
    "231123-139123456781234",
    "4200001234202611231234567890",
    "2893048572910488123",
    "2611234567890123",
    "6901234567892",
    "ISBN 978-0-306-40615-7",
    "¥13912345678",
    "￥13912345678",
    "$4111111111111111",
    "价格1299.00元",
    "$1,299.00 on 2026-11-23",
    "2026-11-23 18:30:00",
    "2026年11月23日",
    "20261123",
    "电话 20261123 打过",
    "1763900000",
    "1763900000123",
    "买了12345678件",
    "10 000 000",
    "200 300 4000",
    "100,000,000",
    "3.14159265358979",
    "192.168.100.100",
    "12345678901",
    "12912345678",
    "23912345678",
    "139123456789",
    "1391234567",
    "139123456780000",
    "13912345678abc",
    "abc13912345678",
    "4111111111111112",
    "41111111111111110000",
    "0000000000000000",
    "11010519491231002A",
    "110105194912310021",
    "110105194913310025",
    "110105491231002",
    "990105194912310021",
    "1+12345678901",
    "score 3-2, 110-98-77",
    "@zhang 你好",
    "我@你",
    "foo@bar",
    "5 @ 3.50",
    "pkg@1.2.3",
    "[email] [phone] [card] [id]",
    "[phone]62345678",
    "call [phone] 20261123",
    "555-867-5309-22-1",
    "20261123-555-867-5309",
    "0123456789abcdef",
    "Version 10.0.19045.3693",
    "32GB+512GB 6.78英寸",
    "order #4471, size 42, 3 pcs, 25%",
]


@pytest.mark.parametrize(
    ("text", "expected"), [*EMAILS.items(), *IDS.items(), *CARDS.items(), *PHONES.items()]
)
def test_personal_numbers_and_addresses_give_way_to_placeholders(text: str, expected: str) -> None:
    assert redact(text).text == expected


@pytest.mark.parametrize("text", UNTOUCHED)
def test_other_numbers_and_addresses_stay(text: str) -> None:
    assert redact(text).text == text
    assert redact(text).found == ()


def test_findings_tell_kind_and_place_in_the_text_that_entered() -> None:
    text = "ＩＤ 11010519491231002X，手机１３９１２３４５６７８，zhang@qq.com"
    found = redact(text).found
    assert [(one.kind, text[one.start : one.end]) for one in found] == [
        ("id", "11010519491231002X"),
        ("phone", "１３９１２３４５６７８"),
        ("email", "zhang@qq.com"),
    ]


LABELS = "手机,电话,phone ,call ,卡号,card ,身份证,ID ,订单号,order no. ,转,，".split(",")
FRAGMENTS = st.lists(
    st.sampled_from(
        [*EMAILS, *IDS, *CARDS, *PHONES, *UNTOUCHED, *LABELS, *"-- ./+()[]@01x", "[phone]"]
    ),
    max_size=7,
).map("".join)
NUMBERISH = st.text(alphabet="0123456789 -.+()@[]ax转电话，:", max_size=60)
ANY_TEXT = st.text(alphabet=st.characters(exclude_categories=()), max_size=60)


@given(FRAGMENTS | NUMBERISH | ANY_TEXT)
def test_redacting_twice_is_redacting_once(text: str) -> None:
    once = redact(text).text
    assert redact(once).text == once


@given(FRAGMENTS | NUMBERISH | ANY_TEXT)
def test_what_stands_outside_the_findings_is_unchanged(text: str) -> None:
    redaction = redact(text)
    rebuilt, at = "", 0
    for one in redaction.found:
        assert at <= one.start < one.end <= len(text)
        rebuilt += text[at : one.start] + f"[{one.kind}]"
        at = one.end
    assert redaction.text == rebuilt + text[at:]


@given(FRAGMENTS)
def test_no_finding_begins_or_ends_inside_a_longer_number(text: str) -> None:
    for one in redact(text).found:
        assert not (text[one.end - 1].isdecimal() and text[one.end : one.end + 1].isdecimal()) or (
            one.kind == "email"
        )
        assert not (text[one.start].isdecimal() and text[: one.start][-1:].isdecimal())


def test_digits_of_every_script_are_read() -> None:
    zeros = [c for c in map(chr, range(sys.maxunicode)) if unicodedata.decimal(c, None) == 0]
    assert len(zeros) > 50
    for zero in zeros:
        number = "".join(chr(ord(zero) + int(digit)) for digit in "13912345678")
        assert redact(f"手机{number}已停机").text == "手机[phone]已停机"


HOSTILE = [
    "1", "1 ", "1-", "a@", "a.", "@a.", ".", "'", "+1 ", "+", "(010) ", "[", "0086 ", "a@a-",
    "13912345678-", "13912345678", "4111 ", "11010519491231002X", "order no ", "电话", "是", " ",
    "call me on my ", "zhang@qq.com", "卡号", "(", "1.", "555-867-", "x@a.a.a.a.a.a.a.a.",
]  # fmt: skip


@pytest.mark.parametrize("length", [30_000, pytest.param(100_000, marks=pytest.mark.slow)])
@pytest.mark.parametrize("piece", HOSTILE)
def test_very_many_hostile_characters_are_finished(piece: str, length: int) -> None:
    text = (piece * (length // len(piece) + 1))[:length]
    once = redact(text).text
    assert redact(once).text == once
