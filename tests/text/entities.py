"""Personal data in context, made up: the same sentences on every machine from one seed.

`cases(count, seed)` yields texts with the spans of what must go and its kind; a fifth of them are
negatives: numbers that are nobody's. The numbers are drawn, with check digits where a kind has them;
no person stands behind any of them.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass

Draw = Callable[[random.Random], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A text and what in it must go: kind, start, end; a negative has none."""

    text: str
    kind: str
    spans: tuple[tuple[str, int, int], ...]


def digits(rng: random.Random, count: int) -> str:
    return "".join(rng.choices("0123456789", k=count))


def _luhn(payload: str) -> str:
    table = (0, 2, 4, 6, 8, 1, 3, 5, 7, 9)
    total = sum(table[int(d)] if i % 2 == 0 else int(d) for i, d in enumerate(reversed(payload)))
    return payload + str(-total % 10)


# -- what must go --------------------------------------------------------------------------------


def _email(rng: random.Random) -> str:
    local = rng.choice(["zhang.san", "li_na88", "bob", "j.smith+shop", "o'brien", "wangwei2001"])
    host = rng.choice(["qq.com", "163.com", "example.co.uk", "mail.example.org", "corp.example.cn"])
    address = f"{local}{rng.randrange(100)}@{host}"
    return rng.choice([address, address, address.upper(), address.title()])


def _mobile(rng: random.Random) -> str:
    number = rng.choice(["13", "15", "17", "18", "19"]) + digits(rng, 9)
    a, b, c = number[:3], number[3:7], number[7:]
    forms = [number, number, f"{a} {b} {c}", f"{a}-{b}-{c}", f"+86 {number}", f"+86-{a}-{b}-{c}"]
    return rng.choice([*forms, f"0086{number}", f"(+86){number}", f"{a}.{b}.{c}", _wide(number)])


def _wide(number: str) -> str:
    return "".join(chr(ord(d) - ord("0") + ord("０")) for d in number)


def _landline(rng: random.Random) -> str:
    area = rng.choice(["010", "021", "020", "0755", "0571", "028", "0532"])
    first, rest = rng.choice("2345678") + digits(rng, 3), digits(rng, 4)
    forms = [f"{area}-{first}{rest}", f"({area}){first}{rest}", f"{area} {first} {rest}"]
    return rng.choice([*forms, f"{area}-{first}-{rest}", f"{area}-{first}{rest}转{digits(rng, 3)}"])


def _free(rng: random.Random) -> str:
    return rng.choice(["400", "800"]) + f"-{rng.randrange(100, 999)}-{digits(rng, 4)}"


_NATIONAL: dict[str, Draw] = {
    "us": lambda r: _pick(r, "({a}) {b}-{c}", "{a}-{b}-{c}", "+1 {a} {b} {c}", "{a}.{b}.{c}", "1-{a}-{b}-{c}",
        a=f"{r.choice('23456789')}{digits(r, 2)}", b=f"{r.choice('23456789')}{digits(r, 2)}", c=digits(r, 4)),
    "gb": lambda r: _pick(r, "020 7946 {c}", "(0161) 496 {c}", "07700 {a}", "+44 20 7946 {c}", "+44 7700 {a}", "0{b} 496 {c}",
        a=digits(r, 6), b=r.choice(["113", "114", "121"]), c=digits(r, 4)),
    "fr": lambda r: _pick(r, "0{a} {b} {c} {d} {e}", "+33 {a} {b} {c} {d} {e}", "0{a}.{b}.{c}.{d}.{e}",
        a=r.choice("1234567"), b=digits(r, 2), c=digits(r, 2), d=digits(r, 2), e=digits(r, 2)),
    "de": lambda r: _pick(r, "+49 30 {a}", "+49 (0)89 {a}", "0049 171 {b}", "+49-171-{b}", a=digits(r, 6), b=digits(r, 7)),
    "jp": lambda r: _pick(r, "090-{a}-{b}", "03-{a}-{b}", "+81 90 {a} {b}", a=digits(r, 4), b=digits(r, 4)),
    "kr": lambda r: _pick(r, "010-{a}-{b}", "+82 10 {a} {b}", "02-{c}-{b}", a=digits(r, 4), b=digits(r, 4), c=digits(r, 3)),
    "tw": lambda r: _pick(r, "09{d}-{c}-{e}", "02-2{c}-{b}", "+886 9{d} {c} {e}", b=digits(r, 4), c=digits(r, 3), d=digits(r, 2), e=digits(r, 3)),
    "hk": lambda r: _pick(r, "+852 {a} {b}", "+852-{a}-{b}", "+852{a}{b}", a=r.choice("25679") + digits(r, 3), b=digits(r, 4)),
    "au": lambda r: _pick(r, "04{d} {a} {b}", "+61 4{d} {a} {b}", "(02) 9{a} {c}", a=digits(r, 3), b=digits(r, 3), c=digits(r, 4), d=digits(r, 2)),
    "in": lambda r: _pick(r, "+91 {a} {b}", "+91-{a}{b}", a=r.choice("6789") + digits(r, 4), b=digits(r, 5)),
    "ru": lambda r: _pick(r, "8 (9{d}) {a}-{b}-{c}", "+7 9{d} {a}-{b}-{c}", a=digits(r, 3), b=digits(r, 2), c=digits(r, 2), d=digits(r, 2)),
    "br": lambda r: _pick(r, "(11) 9{a}-{b}", "+55 11 9{a}-{b}", a=digits(r, 4), b=digits(r, 4)),
    "es": lambda r: _pick(r, "+34 {a} {b} {c}", "+34{a}{b}{c}", a="6" + digits(r, 2), b=digits(r, 3), c=digits(r, 3)),
    "it": lambda r: _pick(r, "+39 06 {a} {b}", "+39 3{c} {d}{a}", a=digits(r, 4), b=digits(r, 4), c=digits(r, 2), d=digits(r, 3)),
}  # fmt: skip


def _pick(rng: random.Random, *forms: str, **parts: str) -> str:
    return rng.choice(forms).format(**parts)


def _abroad(rng: random.Random) -> str:
    return rng.choice(list(_NATIONAL.values()))(rng)


def _bare(rng: random.Random) -> str:
    """Return a number that only its label tells: local, without area or country."""
    return _pick(rng, "{a}{b}", "{a} {b}", "{a}-{b}", "{c} {d}", a=rng.choice("2345678") + digits(rng, 3),
                 b=digits(rng, 4), c=rng.choice("6789") + digits(rng, 4), d=digits(rng, 5))  # fmt: skip


def _card(rng: random.Random) -> str:
    start, size = rng.choice(
        [
            ("4", 16),
            ("51", 16),
            ("55", 16),
            ("6222", 19),
            ("6217", 19),
            ("6228", 19),
            ("37", 15),
            ("6011", 16),
        ]
    )
    number = _luhn(start + digits(rng, size - 1 - len(start)))
    if size == 15:
        return rng.choice([number, f"{number[:4]} {number[4:10]} {number[10:]}"])
    groups = [number[i : i + 4] for i in range(0, size, 4)]
    return rng.choice([number, number, " ".join(groups), "-".join(groups), _wide(number)])


def _id_18(rng: random.Random) -> str:
    area = rng.choice(["110105", "440308", "310115", "510104", "330106", "420111", "650102"])
    first = f"{area}{_day(rng, '{y}{m:02}{d:02}')}{digits(rng, 3)}"
    rest = 0
    for digit in first:
        rest = (rest + int(digit)) * 2 % 11
    number = first + "0123456789X"[(12 - rest) % 11]
    return rng.choice(
        [number, number, number.lower(), f"{number[:6]} {number[6:14]} {number[14:]}"]
    )


def _id_15(rng: random.Random) -> str:
    return (
        rng.choice(["110105", "440301", "310101"])
        + _day(rng, "{y}{m:02}{d:02}")[2:]
        + digits(rng, 3)
    )


def _day(rng: random.Random, form: str) -> str:
    return form.format(y=rng.randrange(1940, 2000), m=rng.randrange(1, 13), d=rng.randrange(1, 29))


def _hong_kong(rng: random.Random) -> str:
    letter, six = rng.choice("ABCDEGKRYZ"), digits(rng, 6)
    total = (
        36 * 9
        + (ord(letter) - 55) * 8
        + sum(int(d) * w for d, w in zip(six, range(7, 1, -1), strict=True))
    )
    return f"{letter}{six}({'0123456789A'[-total % 11]})"


def _taiwan(rng: random.Random) -> str:
    letter = rng.choice("ABCDEFGH")
    code = 10 + "ABCDEFGH".index(letter)
    body = rng.choice("12") + digits(rng, 7)
    total = (
        code // 10
        + 9 * (code % 10)
        + sum(int(d) * w for d, w in zip(body, range(8, 0, -1), strict=True))
    )
    return f"{letter}{body}{-total % 10}"


def _ssn(rng: random.Random) -> str:
    return f"{rng.randrange(100, 666)}-{rng.randrange(10, 99)}-{rng.randrange(1000, 9999)}"


def _nino(rng: random.Random) -> str:
    a, b, c = digits(rng, 2), digits(rng, 2), digits(rng, 2)
    return rng.choice([f"AB{a}{b}{c}C", f"JK {a} {b} {c} A", f"PX{a}{b}{c}D"])


_BBAN = {"DE": "n18", "GB": "a4n14", "FR": "n23", "NL": "a4n10", "ES": "n20", "IT": "a1n22", "CH": "n17", "BE": "n12"}  # fmt: skip


def _iban(rng: random.Random) -> str:
    country = rng.choice(list(_BBAN))
    form = _BBAN[country]
    letters = int(form[1]) if form[0] == "a" else 0
    body = "".join(rng.choices("ABCDEFGHJKLM", k=letters)) + digits(rng, int(form.split("n")[1]))
    number = "".join(str(int(c, 36)) for c in body + country + "00")
    whole = f"{country}{98 - int(number) % 97:02}{body}"
    grouped = " ".join(whole[i : i + 4] for i in range(0, len(whole), 4))
    return rng.choice([whole, grouped, grouped])


def _ip(rng: random.Random) -> str:
    first = rng.choice([23, 45, 61, 81, 93, 101, 114, 121, 180, 202, 218])
    four = f"{first}.{rng.randrange(16, 250)}.{rng.randrange(1, 250)}.{rng.randrange(1, 250)}"
    six = f"2400:{rng.randrange(4096, 65535):x}:{rng.randrange(1, 65535):x}::{rng.randrange(1, 65535):x}"
    return rng.choice([four, four, four, six])


def _passport(rng: random.Random) -> str:
    return rng.choice(["E", "G", "EA", "D", "", "K"]) + digits(rng, rng.choice([7, 8]))


def _plate_zh(rng: random.Random) -> str:
    place = rng.choice("京沪粤浙苏川鲁") + rng.choice("ABCDE")
    body = rng.choice(
        [
            digits(rng, 5),
            f"D{digits(rng, 5)}",
            f"{digits(rng, 3)}K{digits(rng, 1)}",
            f"Q{digits(rng, 4)}",
        ]
    )
    return rng.choice([place + body, f"{place}·{body}", f"{place} {body}"])


def _plate_en(rng: random.Random) -> str:
    letters = "".join(rng.choices("ABCDEFGHJKLMNPRSTVWXY", k=5))
    return rng.choice(
        [
            f"{letters[:2]}{digits(rng, 2)} {letters[2:]}",
            f"{digits(rng, 1)}{letters[:3]}{digits(rng, 3)}",
            f"{letters[:3]}-{digits(rng, 4)}",
        ]
    )


def _record(rng: random.Random) -> str:
    return rng.choice(["", "", "ZY", "M", "H-"]) + digits(rng, rng.randrange(6, 11))


def _qq(rng: random.Random) -> str:
    return rng.choice("123456789") + digits(rng, rng.randrange(5, 10))


def _wechat(rng: random.Random) -> str:
    return rng.choice(["zhangsan", "xiao_ming", "lucy-wang", "wxid_ab", "Tommy"]) + digits(
        rng, rng.randrange(2, 6)
    )


def _bank(rng: random.Random) -> str:
    return rng.choice([digits(rng, 8), digits(rng, 10), digits(rng, 12), "31" + digits(rng, 15)])


def _birth(rng: random.Random) -> str:
    zh = rng.choice(
        ["{y}年{m}月{d}日", "{y}-{m:02}-{d:02}", "{y}.{m}.{d}", "{y}/{m}/{d}", "{y}{m:02}{d:02}"]
    )
    return _day(rng, zh)


def _birth_en(rng: random.Random) -> str:
    month = rng.choice(
        "January February March April May June July August September October November December".split()
    )
    form = rng.choice(
        [
            f"{month} {{d}}, {{y}}",
            f"{{d}} {month} {{y}}",
            f"{{d}}th {month[:3]} {{y}}",
            "{m:02}/{d:02}/{y}",
            "{y}-{m:02}-{d:02}",
            "{d:02}.{m:02}.{y}",
        ]
    )
    return _day(rng, form)


def _address_zh(rng: random.Random) -> str:
    city = rng.choice(
        [
            "北京市海淀区",
            "上海市浦东新区",
            "浙江省杭州市西湖区",
            "广东省深圳市南山区",
            "成都市武侯区",
            "江苏省苏州市工业园区",
            "武汉市洪山区",
        ]
    )
    street = rng.choice(
        ["中关村大街", "文三路", "世纪大道", "科技园南路", "人民南路四段", "星湖街", "珞喻路"]
    )
    tail = rng.choice(
        [
            "",
            f"{rng.randrange(1, 30)}栋{rng.randrange(101, 2505)}室",
            f"{rng.randrange(1, 30)}号楼{rng.randrange(1, 6)}单元{rng.randrange(101, 905)}",
            "阳光花园3幢202室",
        ]
    )
    return f"{city}{street}{rng.randrange(1, 999)}号{tail}"


def _home_zh(rng: random.Random) -> str:
    estate = rng.choice(["幸福小区", "锦绣花园", "文三路", "和平里", "南山村", "绿城玉兰花园"])
    return f"{estate}{rng.randrange(1, 90)}{rng.choice(['号', '栋', '幢'])}{rng.randrange(101, 2505)}{rng.choice(['室', '房', '户'])}"


def _address_en(rng: random.Random) -> str:
    name = rng.choice(
        ["Baker", "Maple", "Elm Tree", "Martin Luther King", "5th", "Queen Victoria", "Oak Hill"]
    )
    kind = rng.choice(["Street", "St.", "Road", "Avenue", "Ave", "Lane", "Drive", "Blvd", "Court"])
    tail = rng.choice(
        [
            "",
            "",
            f", Apt {rng.randrange(1, 40)}B",
            ", London NW1 6XE",
            f", Springfield, IL {digits(rng, 5)}",
            ", Flat 3",
        ]
    )
    return f"{rng.randrange(1, 9999)} {name} {kind}{tail}"


def _name_zh(rng: random.Random) -> str:
    return rng.choice("王李张刘陈杨赵黄周吴") + rng.choice(
        ["伟", "娜", "秀英", "小明", "建国", "欣怡", ""]
    )


def _name_en(rng: random.Random) -> str:
    return rng.choice(
        ["Smith", "John Smith", "O'Neill", "Anna Lee", "Mary Jane Watson", "Garcia", "Brown"]
    )


def _token(rng: random.Random, count: int) -> str:
    return "".join(
        rng.choices("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789", k=count)
    )


def _issued(rng: random.Random) -> str:
    upper = "".join(rng.choices("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", k=16))
    return rng.choice(["sk-" + _token(rng, 40), "AKIA" + upper, "ghp_" + _token(rng, 36), "AIza" + _token(rng, 35), "xoxb-" + digits(rng, 11) + "-" + _token(rng, 24), f"eyJ{_token(rng, 20)}.eyJ{_token(rng, 40)}.{_token(rng, 43)}", "glpat-" + _token(rng, 20)])  # fmt: skip


def _password(rng: random.Random) -> str:
    return rng.choice(["hunter", "Passw0rd", "qwe!", "Tr0ub4dor&", "abc", "Zx#"]) + digits(rng, 4)


def _otp(rng: random.Random) -> str:
    return digits(rng, 6)


_POSITIVE: dict[str, list[tuple[Draw, list[str]]]] = {
    "email": [(_email, ["邮箱{}谢谢", "请发到{}，谢谢", "mail {}, thanks", "<{}>", "My address is {}.", "联系：{}"])],
    "phone": [
        (_mobile, ["手机{}已停机", "我是{}，麻烦联系", "call {} before 18:00", "电话：{}", "{}", "请拨打{}找我", "打{}没人接", "收件人电话{}。"]),
        (_landline, ["座机{}", "公司电话{}，晚上打", "请致电{}。", "Tel: {}", "{}是前台"]),
        (_free, ["客服{}", "call {} now", "热线：{}"]),
        (_abroad, ["call me on {}", "phone: {}", "我在国外的号码{}", "My number is {}, thanks", "You can reach me at {}.", "请打{}", "Tel {}"]),
        (_bare, ["call me on {}", "电话{}", "phone number is {}", "my mobile is {}", "联系电话：{}，晚上打"]),
    ],
    "card": [(_card, ["卡号{}", "我用{}付的", "card {} was charged", "我的卡{}丢了", "Visa ending? full number {}", "银行卡：{}。"])],
    "id": [
        (_id_18, ["身份证{}。", "我是本人，{}，请查", "ID:{},", "号码{}是我的", "证件号码：{}", "{}"]),
        (_id_15, ["身份证号：{}", "my old ID is {}"]),
        (_hong_kong, ["香港身份证{}", "HKID: {}", "身份证号码{}，谢谢"]),
        (_taiwan, ["身分證字號{}", "Taiwan ID {}", "证件{}"]),
        (_ssn, ["My SSN is {}", "social security number: {}", "SSN {}", "社会安全号{}", "{} is my social"]),
        (_nino, ["NI number {}", "national insurance no. {}", "我的英国保险号是{}"]),
    ],
    "iban": [(_iban, ["IBAN {}", "请汇到{}", "transfer to {} please", "账户：{}，谢谢", "My IBAN: {}."])],
    "ip": [(_ip, ["from {} at noon", "登录IP：{}", "IP地址是{}", "my ip is {}", "来自{}的访问", "blocked {} twice"])],
    "passport": [(_passport, ["护照号码：{}", "我的护照是{}", "passport no. {}", "Passport number: {}", "my passport is {}", "护照{}快过期了"])],
    "plate": [(_plate_zh, ["车牌{}", "我的车是{}，白色", "{}违停了", "车牌号：{}"]), (_plate_en, ["licence plate {}", "number plate: {}", "My car registration number is {}.", "vehicle reg {}"])],
    "record": [(_record, ["病历号：{}", "住院号{}，三床", "门诊号 {}", "MRN {}", "medical record number: {}", "patient ID {}", "医保卡号是{}", "社保号：{}", "就诊卡号{}", "NHS number {}", "hospital no. {}"])],
    "account": [
        (_qq, ["QQ：{}", "加我qq{}", "我的QQ号是{}", "QQ {} 联系", "my QQ is {}"]),
        (_wechat, ["微信号{}", "加微信：{}", "微信 {} 详聊", "my WeChat ID is {}", "WeChat: {}", "v信{}"]),
        (_bank, ["bank account number {}", "收款账号：{}", "银行账户{}", "account no. {}", "Account number: {}", "请转账到对公账户{}"]),
    ],
    "birth": [(_birth, ["出生日期：{}", "生于{}", "生日{}", "{}出生", "他出生于{}，今年", "DOB {}"]), (_birth_en, ["DOB: {}", "date of birth {}", "I was born on {}.", "born {} in Leeds", "My birthday is {}", "Date of Birth: {}"])],
    "address": [
        (_address_zh, ["请寄到{}，谢谢", "我住在{}", "地址：{}", "收货地址{}。", "公司在{}", "{}收"]),
        (_home_zh, ["地址：{}", "家住{}", "请送到{}", "住址是{}，二楼"]),
        (_address_en, ["I live at {}", "ship it to {}", "Address: {}", "Please deliver to {}, thanks.", "We moved to {} last year"]),
    ],
    "secret": [
        (_issued, ["key {}", "token: {}", "export API_KEY={}", "密钥是{}", "用{}登录不了", "Authorization: Bearer {}"]),
        (_password, ["密码是{}", "password: {}", "My password is {}.", "pwd={}", "登录密码：{}", "口令：{}，别告诉别人"]),
        (_otp, ["验证码{}", "verification code is {}", "OTP: {}", "验证码：{}，五分钟内有效", "your PIN is {}"]),
    ],
    "name": [
        (_name_zh, ["{}先生您好", "请问{}女士在吗", "找{}医生", "联系人：{}小姐", "尊敬的{}先生"]),
        (_name_en, ["Dear Mr. {},", "Mrs {} called", "Ms. {} is waiting", "I saw Dr. {} today", "Dr {} said so"]),
    ],
}  # fmt: skip

_NEGATIVE: list[tuple[Draw, list[str]]] = [
    (lambda r: digits(r, r.choice([10, 12, 14, 18])), ["订单号{}", "order number {}", "order #{}", "订单编号：{}", "my order no. {} is late", "运单号{}", "流水号 {}"]),
    (lambda r: r.choice(["SF", "YT", "JD", "1Z"]) + digits(r, 13), ["快递{}", "tracking {}", "{}到哪了", "单号{}"]),
    (lambda r: f"{r.randrange(1, 99999)}.{digits(r, 2)}", ["价格{}元", "It costs ${}", "退款￥{}", "paid £{} twice", "共{}块"]),
    (lambda r: f"{r.randrange(1, 999)},{digits(r, 3)},{digits(r, 3)}", ["revenue of {}", "人口{}人", "${} in total"]),
    (lambda r: f"{r.randrange(1, 15)}.{r.randrange(0, 10)}.{r.randrange(0, 10)}.{r.randrange(0, 99)}", ["version {}", "版本{}", "v{}", "升级到版本 {}", "release {} notes"]),
    (lambda r: f"{r.randrange(1, 15)}.{r.randrange(0, 20)}.{r.randrange(0, 20)}", ["Python {}", "见第{}节", "section {}"]),
    (lambda r: _day(r, r.choice(["{y}-{m:02}-{d:02}", "{y}年{m}月{d}日", "{d:02}/{m:02}/{y}", "{y}{m:02}{d:02}"])), ["{}下的单", "delivered on {}", "截至{}", "on {} we met", "发布于{}", "{}"]),
    (lambda r: f"{r.randrange(1900, 2030)}", ["in {}", "{}年", "since {} we sell", "{}款手机"]),
    (lambda r: f"978-{r.randrange(0, 9)}-{digits(r, 3)}-{digits(r, 5)}-{r.randrange(10)}", ["ISBN {}", "ISBN: {}"]),
    (lambda r: "69" + digits(r, 11), ["条码{}", "EAN {}", "商品{}", "barcode {}"]),
    (lambda r: f"{r.randrange(0, 24):02}:{digits(r, 1)}5:{digits(r, 1)}0", ["at {}", "{}开始", "等到{}"]),
    (lambda r: f"{digits(r, 2)}%", ["涨了{}", "up {}", "打{}折扣"]),
    (lambda r: f"{r.choice(['RTX', 'A', 'iPhone ', 'GT-'])}{digits(r, 4)}", ["买了{}", "the {} is broken", "型号{}"]),
    (lambda r: f"{r.randrange(10, 99)}.{digits(r, 6)},{r.randrange(100, 180)}.{digits(r, 6)}", ["坐标{}", "at {}"]),
    (lambda r: f"17{digits(r, 8)}", ["timestamp {}", "时间戳{}"]),
    (lambda r: digits(r, 5), ["买了{}件", "{} people", "收到{}个", "zip file of {} bytes", "{}步"]),
    (lambda r: "".join(r.choices("0123456789abcdef", k=r.choice([7, 12, 40]))), ["commit {}", "哈希{}", "sha {}"]),
    (lambda r: f"{digits(r, 2)}-{digits(r, 2)}", ["比分{}", "won {}", "pages {}"]),
    (lambda r: f"192.168.{r.randrange(255)}.{r.randrange(255)}", ["路由器{}", "router at {}", "http://{}/"]),
    (lambda r: f"{r.randrange(1, 20)}", ["坐{}号线", "住了{}天酒店", "take line {}", "room for {} people", "密码是{}位数", "password must have {} characters", "住院{}天", "微信支付{}元", "QQ音乐听了{}首", "第{}名"]),
    (lambda r: f"{r.randrange(1, 999)}", ["中山路有{}家店", "in {} Main events", "Mr {} is no name", "passport in {} days", "病历一共{}页", "born in 19{}"[:12] + " {}", "wechat pay {} yuan", "the street has {} shops"]),
]  # fmt: skip

_BEFORE = [
    "",
    "",
    "",
    "你好，",
    "Hello, ",
    "昨天下单，",
    "Thanks. ",
    "麻烦看一下，",
    "I ordered 2 items. ",
    "急！",
]
_AFTER = ["", "", "", "。谢谢！", " Thanks.", "，请尽快", ". It is urgent.", "！！", " (see above)"]
NEGATIVE_SHARE = 0.25


def cases(count: int, *, seed: int = 20261125) -> Iterator[Case]:
    """Yield `count` cases; three in four hold one piece of personal data."""
    rng = random.Random(seed)
    kinds = sorted(_POSITIVE)
    for i in range(count):
        if rng.random() < NEGATIVE_SHARE:
            yield _case(rng, "", *rng.choice(_NEGATIVE))
        else:
            kind = kinds[i % len(kinds)]
            yield _case(rng, kind, *rng.choice(_POSITIVE[kind]))


def _case(rng: random.Random, kind: str, draw: Draw, frames: list[str]) -> Case:
    value, frame = draw(rng), rng.choice(frames)
    before, after = rng.choice(_BEFORE), rng.choice(_AFTER)
    head, _, tail = frame.partition("{}")
    start = len(before) + len(head)
    spans = ((kind, start, start + len(value)),) if kind else ()
    return Case(text=f"{before}{head}{value}{tail}{after}", kind=kind, spans=spans)
