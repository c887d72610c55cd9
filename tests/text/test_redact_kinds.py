"""The kinds that came with the rules redact.v2: what goes, and what looks like it and stays."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.text.entities import cases

from chainring.contracts.errors import InputError, UnknownNameError
from chainring.text.redact import HINTS, KINDS, redact, rule_sets

GOES = {
    "IBAN DE89 3704 0044 0532 0130 00 bitte": "IBAN [iban] bitte",
    "汇到GB29NWBK60161331926819谢谢": "汇到[iban]谢谢",
    "BE68 5390 0754 7034 this week": "[iban] this week",
    "My SSN is 219-09-9999.": "My SSN is [id].",
    "SSN 219099999": "SSN [id]",
    "NI number QQ123456C": "NI number [id]",
    "NI number AB 12 34 56 C": "NI number [id]",
    "香港身份证A123456(3)": "香港身份证[id]",
    "A123456789": "[id]",
    "护照号码：E12345678": "护照号码：[passport]",
    "my passport (G1234567) expired": "my passport ([passport]) expired",
    "车牌京A·12345，白色": "车牌[plate]，白色",
    "粤BD12345违停": "[plate]违停",
    "川A1234学": "[plate]",
    "新A·12345": "[plate]",
    "云A12345挡住我的车了": "[plate]挡住我的车了",
    "车牌新A12345": "车牌[plate]",
    "新A12345。": "[plate]。",
    "请问沪A12345是谁的": "请问[plate]是谁的",
    "闯红灯的是苏A12345": "闯红灯的是[plate]",
    "对方是京AF0236": "对方是[plate]",
    "楼下停着鲁B8K123": "楼下停着[plate]",
    "来接我的苏A12345": "来接我的[plate]",
    "云A12345是谁的": "[plate]是谁的",
    "我的新A12345被贴条": "我的[plate]被贴条",
    "住湖南京A12345是我的": "住湖南[plate]是我的",
    "浙J12345台州来的": "[plate]台州来的",
    "新A12345元旦来的": "[plate]元旦来的",
    "更新A12345交警来过": "更[plate]交警来过",
    "number plate: AB12 CDE.": "number plate: [plate].",
    "病历号：0012345": "病历号：[record]",
    "NHS number 943 476 5919": "NHS number [record]",
    "MRN 13912345678": "MRN [record]",
    "加我QQ：10001": "加我QQ：[account]",
    "微信号zhang_san88哦": "微信号[account]哦",
    "加微信：zhangsan": "加微信：[account]",
    "account no. 12345678, sort code 12-34-56": "account no. [account], sort code [account]",
    "出生日期：1990年5月1日": "出生日期：[birth]",
    "他1990年5月1日出生": "他[birth]出生",
    "DOB: 05/01/1990": "DOB: [birth]",
    "I was born on May 1st, 1990 in Leeds": "I was born on [birth] in Leeds",
    "born 1 May 1990": "born [birth]",
    "请寄到浙江省杭州市西湖区文三路138号2幢501室，谢谢": "请寄到[address]，谢谢",
    "家住幸福小区3栋201室": "家住[address]",
    "公司在上海市浦东新区世纪大道100号": "公司在[address]",
    "I live at 12 Baker Street, London NW1 6XE.": "I live at [address].",
    "ship it to 221 maple avenue, please": "ship it to [address], please",
    "742 Evergreen Terrace, Springfield, IL 62704": "[address]",
    "登录IP：93.184.216.34": "登录IP：[ip]",
    "ip 8.8.4.4 again": "ip [ip] again",
    "from 2400:cb00:2048:1::c629:d7a2 at noon": "from [ip] at noon",
    "密码是abc_123": "密码是[secret]",
    'api_key = "9f8e7d6c5b4a"': 'api_key = "[secret]"',
    "password: hunter2.": "password: [secret].",
    "验证码：482913，五分钟内有效": "验证码：[secret]，五分钟内有效",
    "AKIAIOSFODNN7EXAMPLE": "[secret]",
    "postgres://bob:hunter2@db.example.com/x": "postgres://bob:[secret]@db.example.com/x",
    "请打139.1234.5678": "请打[phone]",
    "06 12 34 56 78": "[phone]",
    "090-1234-5678": "[phone]",
    "0412 345 678": "[phone]",
    "8 (912) 345-67-89": "[phone]",
    "(11) 91234-5678": "[phone]",
    "my mobile is 98765 43210": "my mobile is [phone]",
    "手机 98765 43210": "手机 [phone]",
    "手机号：612 34 56 78": "手机号：[phone]",
    "备用号码 91234567": "备用号码 [phone]",
    "我的号码是22 33 44 55": "我的号码是[phone]",
    "tel 22 33 44 55": "tel [phone]",
    "call 601 234 567": "call [phone]",
    "Mobile: 612 34 56 78": "Mobile: [phone]",
    "text 0532 123 45 67": "text [phone]",
    "手机 852 9123 4567": "手机 [phone]",
    "联系手机：852 9123 4567": "联系手机：[phone]",
    "mobile 612 345 678": "mobile [phone]",
    "mobile 612 700 845": "mobile [phone]",
    "my cell 20 7946 0958": "my cell [phone]",
    "cell 555 010 9999": "cell [phone]",
    "call 600 700 800": "call [phone]",
    "ring 22 33 44 55": "ring [phone]",
    "mobile 510 540 7890": "mobile [phone]",
    "儿子号码 98765 43210": "儿子号码 [phone]",
    "单位号码 8123 456": "单位号码 [phone]",
    "收件号码 91234567": "收件号码 [phone]",
    "电话卡号码 98765 43210": "电话卡号码 [phone]",
    "加vx13912345678": "加vx[phone]",
    "加wx13912345678": "加wx[phone]",
    "加V13912345678": "加V[phone]",
    "V 13912345678": "V [phone]",
    "weixin13912345678": "weixin[phone]",
    "ZFB13912345678谢谢": "ZFB[phone]谢谢",
    "ID13912345678": "ID[phone]",
    "mob13912345678": "mob[phone]",
    "wechat13912345678": "wechat[phone]",
    "13912345678vx": "[phone]vx",
    "13912345678wx同號": "[phone]wx同號",
    "13912345678V": "[phone]V",
    "加vx139-1234-5678": "加vx[phone]",
    "加vx１３９１２３４５６７８": "加vx[phone]",
    "加V：abc12345": "加V：[account]",
    "+v:abc12345": "+v:[account]",
    "加v abc_12345": "加v [account]",
    "加vx：zhangsan": "加vx：[account]",
    "加V：zhangsan": "加V：[account]",
    "139-12345678": "[phone]",
    "打139 12345678没人接": "打[phone]没人接",
    "1391234-5678": "[phone]",
    "1391234 5678": "[phone]",
    "müller@example.de": "[email]",
    "mu\u0308ller@example.de": "[email]",
    "JOSÉ.Ñ@example.com": "[email]",
    "bob@bücher.de": "[email]",
    "zhang.san@公司.com": "[email]",
    "发到zhang@例子.中国谢谢": "发到[email]谢谢",
    "иван@почта.рф": "[email]",
    "邮箱müller@qq.com或www.example.com": "邮箱[email]或www.example.com",
    "地址：学院路 30 号": "地址：[address]",
    "北京市朝阳区建国路 88 号": "[address]",
    "北京市 朝阳区 建国路 88 号": "[address]",
    "寄到杭州市西湖区文三路 478 号 2 幢 501 室": "寄到[address]",
    "北京海淀区学院路 30 号": "[address]",
    "海淀区学院路30号": "[address]",
    "在浦东新区世纪大道100号等": "在[address]等",
    "我住南山区科技路5号": "我住[address]",
    "我和他住和平路 30 号": "我和他住[address]",
    "麻烦查海淀区学院路30号的快递": "麻烦查[address]的快递",
    "张杨路500弄12号602室": "[address]",
    "东四十条胡同5号": "[address]",
    "密码是123456": "密码是[secret]",
    "登录密码：88888888": "登录密码：[secret]",
    "开机密码 123456": "开机密码 [secret]",
    "Wi-Fi密码12345678。": "Wi-Fi密码[secret]。",
    "password is 12345678.": "password is [secret].",
    "password: 12345678": "password: [secret]",
    "password 12345678": "password [secret]",
    "592013 是您的验证码": "[secret] 是您的验证码",
    "592013为您的登录验证码": "[secret]为您的登录验证码",
    "123456 is your verification code": "[secret] is your verification code",
    "G-482913 is your Google verification code": "G-[secret] is your Google verification code",
    "Use 482913 as your one-time password": "Use [secret] as your one-time password",
    "4111 1111 1111 1111, CVV 123": "[card], CVV [secret]",
    "安全码 123": "安全码 [secret]",
    "她85年3月12日出生": "她[birth]出生",
    "生于85年3月12日": "生于[birth]",
    "born on the 12th of March 1985": "born on the [birth]",
    "born the 3rd of May 1990": "born the [birth]",
}
STAYS = [
    "SF13912345678",
    "快递SF13912345678",
    "TV13912345678",
    "订单ID13912345678",
    "订单号ID13912345678",
    "单号V13912345678",
    "13912345678vxd",
    "13912345678W",
    "grid13912345678",
    "vx139123456789",
    "型号V13912345678",
    "加V会员",
    "加v5.1版本",
    "wx的包裹",
    "GB29 NWBK 6016 1331 9268 18",
    "part 219-09-9999-1",
    "order no. 219-09-9999",
    "A123456(4)",
    "A123456780",
    "护照12天就办好了",
    "passport in 10 days",
    "车牌摇号12345人",
    "住院12天",
    "病历一共123456页",
    "检查编号：2026-11-23",
    "QQ音乐听了12345首",
    "微信支付12345元",
    "wechat payments are down",
    "微信支付很方便",
    "银行卡号是19位",
    "截至1990年5月1日",
    "met on 05/01/1990",
    "生日快乐",
    "中山路有12家店",
    "上海的地铁2号线",
    "in 2026 Main events",
    "version 10.16.24.100",
    "192.168.1.20 and 10.0.0.1 and 127.0.0.1",
    "第1.2.3.4节",
    "1.2.3.4",
    "00:1b:44:11:3a:b7",
    "密码是6位数",
    "password must have 12 characters",
    "the secret of 1984",
    "token: string",
    "12:30:45",
    "3.26309,3.26309-2.71993",
    "2026-11-23 18:30, phone at 2026-11-23",
    "手机 128 256 512 选哪个",
    "我手机 12 128 256 版怎么样",
    "手机1280 720",
    "鞋子号码38 39 40 41 有吗",
    "号码 40 41 42 43 44",
    "体检号码：120 80 72 98",
    "订单号码12345678",
    "快递号码 75312345678901",
    "order number 98765 43210",
    "mobile 1280 720 1920",
    "ring 17 18 19 20 mm",
    "call 100 200 300 times",
    "请问更新PS5000游戏怎么办",
    "最新V20231版本",
    "更新B52000型号",
    "最新A10086号段",
    "墨黑A12345到货了吗",
    "复苏A12345模式",
    "收藏A12345了",
    "新F15000元",
    "贵A10000元",
    "鲁A10000台",
    "苏打水和贵宾卡，停车费贵A10000元",
    "北京B20245到了吗",
    "3路公交车",
    "坐3路公交车去",
    "坐三路3号车",
    "地铁10号线",
    "人民路3号线",
    "铁路12号线",
    "高速公路3号出口",
    "学院路3号口见",
    "路上等了30分钟",
    "走路3号去",
    "我走路 3 号去",
    "逛街12号去的",
    "这条路5号开始修",
    "知道3号开会",
    "学院路12号上午见",
    "线路3号",
    "密码是123456位",
    "密码为100000种组合之一",
    "密码错误3次",
    "重置密码 2026112344710088",
    "忘记密码 订单号2026112344710088",
    "修改密码 20261123",
    "the password has 8 characters",
    "the password is 100000 times stronger",
    "password 20261123",
    "order number 592013 is late",
    "12345678 是订单号不是验证码",
    "1024是程序员节，验证码没收到",
    "44710088 is the product code",
    "10001 is the zip code",
    "2026 is the year of pins",
    "安全码是3位数字",
    "security code 3 digits",
    "150-12345678元",
    "订单号139-12345678",
    "tracking number 1391234-5678",
    "销量1391234 2026年",
    "1500000 1234 people",
    "公司85年3月12日成立",
    "since the 3rd of May 1990",
    "用户@张三.你好",
    "é@ü",
]
NAMES = {
    "张伟先生您好": "[name]先生您好",
    "请问欧阳娜女士在吗": "请问[name]女士在吗",
    "患者：李娜，女": "患者：[name]，女",
    "Dear Mr. John Smith,": "Dear Mr. [name],",
    "Dr O'Neill called": "Dr [name] called",
    "My name is Anna Lee.": "My name is [name].",
    "先生您好": "先生您好",
    "王小姐的订单": "[name]小姐的订单",
    "Mr and Mrs": "Mr and Mrs",
    "Sir, I wait": "Sir, I wait",
}


@pytest.mark.parametrize(("text", "expected"), GOES.items())
def test_personal_data_of_the_new_kinds_goes(text: str, expected: str) -> None:
    assert redact(text).text == expected


@pytest.mark.parametrize("text", STAYS)
def test_what_only_looks_like_it_stays(text: str) -> None:
    assert redact(text).text == text


@pytest.mark.parametrize(("text", "expected"), NAMES.items())
def test_names_go_where_they_are_asked_for(text: str, expected: str) -> None:
    assert redact(text, kinds=KINDS).text == expected
    assert redact(text).text == text


def test_a_private_key_goes_whole() -> None:
    body = "\n".join(["MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSj"] * 20)
    block = f"-----BEGIN RSA PRIVATE KEY-----\n{body}\n-----END RSA PRIVATE KEY-----"
    assert redact(f"see\n{block}\nend").text == "see\n[secret]\nend"


def test_only_the_kinds_that_were_asked_for_go() -> None:
    text = "mail a@b.io, call 13912345678, QQ 10001"
    assert redact(text, kinds={"phone"}).text == "mail a@b.io, call [phone], QQ 10001"
    assert redact(text, kinds=()).text == text


def test_unknown_kinds_and_rules_are_named_with_the_nearest() -> None:
    with pytest.raises(InputError, match=r"'emial'; did you mean 'email'\?"):
        redact("x", kinds={"emial"})
    with pytest.raises(UnknownNameError, match=r"'redact.v3'; did you mean"):
        redact("x", rules="redact.v3")


def test_the_first_rules_know_four_kinds() -> None:
    text = "QQ 10001, DOB 05/01/1990, a@b.io, 13912345678"
    assert redact(text, rules="redact.v1").text == "QQ 10001, DOB 05/01/1990, [email], [phone]"
    later = "müller@example.de, 139-12345678, 密码是123456"
    assert redact(later, rules="redact.v1").text == "mü[email], 139-12345678, 密码是123456"
    assert rule_sets() == ("redact.v1", "redact.v2")


def test_without_a_digit_or_a_hint_nothing_is_found() -> None:
    for case in cases(3000, seed=11):
        has_hint = any(hint in case.text.lower() for hint in HINTS)
        if not has_hint and not any(char.isdecimal() for char in case.text):
            assert redact(case.text).found == ()


GENERATED = [case.text for case in cases(1200, seed=5)]
MIXED = st.lists(st.sampled_from([*GENERATED, *GOES, *STAYS, *NAMES, "[id]", "[name]"]), max_size=5)


@given(MIXED.map("".join) | st.text(max_size=80))
@settings(max_examples=300)
def test_redacting_all_kinds_twice_is_redacting_them_once(text: str) -> None:
    once = redact(text, kinds=KINDS).text
    assert redact(once, kinds=KINDS).text == once


@given(MIXED.map(" ".join))
def test_found_places_are_apart_and_in_order(text: str) -> None:
    at = 0
    for one in redact(text, kinds=KINDS).found:
        assert at <= one.start < one.end <= len(text)
        at = one.end


HOSTILE = [
    "密码", "password ", "token=", "://a:", "eyJaaaaaaaa.", "-----BEGIN PRIVATE KEY-----", "sk-",
    "QQ", "微信", "地址", "address ", "1 A ", "12 Baker ", "上海路", "上海", "北京市海淀区1号",
    "born ", "1990-", "病历号", "plate ", "DE89 ", "1.1.", "2400:", "Mr A. ", "Mr ", "张", "是",
    "1号", "call me ", "0 ", "(1) ", "+", "A1", "{", "Abc ", "学院路 ", "学院路1号", "路1号 ", "é",
    "é@", "a@公司.", "密码1", "密码 是", "123456 is your a ", "123456是您", "139-1234",
    "born on the 1", "is your ",
]  # fmt: skip


@pytest.mark.parametrize("length", [20_000, pytest.param(50_000, marks=pytest.mark.slow)])
@pytest.mark.parametrize("piece", HOSTILE)
def test_very_many_hostile_characters_are_finished(piece: str, length: int) -> None:
    text = (piece * (length // len(piece) + 1))[:length]
    once = redact(text, kinds=KINDS).text
    assert redact(once, kinds=KINDS).text == once
