"""Personal numbers, drawn: each function makes one, with its check digits, from a random source.

They follow the published forms (Luhn, GB 11643, ISO 13616, the plans of national numbers), not the
rules under test; no person stands behind any of them.
"""

from __future__ import annotations

import random
from collections.abc import Callable

Draw = Callable[[random.Random], str]


def digits(rng: random.Random, count: int) -> str:
    return "".join(rng.choices("0123456789", k=count))


def luhn(payload: str) -> str:
    table = (0, 2, 4, 6, 8, 1, 3, 5, 7, 9)
    total = sum(table[int(d)] if i % 2 == 0 else int(d) for i, d in enumerate(reversed(payload)))
    return payload + str(-total % 10)


# -- one a kind --------------------------------------------------------------------------------


def email(rng: random.Random) -> str:
    local = rng.choice(["zhang.san", "li_na88", "bob", "j.smith+shop", "o'brien", "wangwei2001"])
    host = rng.choice(["qq.com", "163.com", "example.co.uk", "mail.example.org", "corp.example.cn"])
    address = f"{local}{rng.randrange(100)}@{host}"
    return rng.choice([address, address, address.upper(), address.title()])


def mobile(rng: random.Random) -> str:
    number = rng.choice(["13", "15", "17", "18", "19"]) + digits(rng, 9)
    a, b, c = number[:3], number[3:7], number[7:]
    forms = [number, number, f"{a} {b} {c}", f"{a}-{b}-{c}", f"+86 {number}", f"+86-{a}-{b}-{c}"]
    return rng.choice([*forms, f"0086{number}", f"(+86){number}", f"{a}.{b}.{c}", wide(number)])


def wide(number: str) -> str:
    return "".join(chr(ord(d) - ord("0") + ord("０")) for d in number)


def landline(rng: random.Random) -> str:
    area = rng.choice(["010", "021", "020", "0755", "0571", "028", "0532"])
    first, rest = rng.choice("2345678") + digits(rng, 3), digits(rng, 4)
    forms = [f"{area}-{first}{rest}", f"({area}){first}{rest}", f"{area} {first} {rest}"]
    return rng.choice([*forms, f"{area}-{first}-{rest}", f"{area}-{first}{rest}转{digits(rng, 3)}"])


def free(rng: random.Random) -> str:
    return rng.choice(["400", "800"]) + f"-{rng.randrange(100, 999)}-{digits(rng, 4)}"


NATIONAL = {  # a # is any digit, an N one from 2 to 9
    "us": "(N##) N##-####|N##-N##-####|+1 N## N## ####|N##.N##.####|1-N##-N##-####",
    "gb": "020 7946 ####|(0161) 496 ####|07700 ######|+44 20 7946 ####|+44 7700 ######",
    "fr": "0N ## ## ## ##|+33 N ## ## ## ##|0N.##.##.##.##",
    "de": "+49 30 ######|+49 (0)89 ######|0049 171 #######|+49-171-#######",
    "jp": "090-####-####|03-####-####|+81 90 #### ####",
    "kr": "010-####-####|+82 10 #### ####|02-###-####",
    "tw": "09##-###-###|02-2###-####|+886 9## ### ###",
    "hk": "+852 N### ####|+852-N###-####|+852N#######",
    "au": "04## ### ###|+61 4## ### ###|(02) 9### ####",
    "in": "+91 N#### #####|+91-N#########",
    "ru": "8 (9##) ###-##-##|+7 9## ###-##-##",
    "br": "(11) 9####-####|+55 11 9####-####",
    "es": "+34 6## ### ###|+346########",
    "it": "+39 06 #### ####|+39 3## #######",
}


def abroad(rng: random.Random) -> str:
    return filled(rng, rng.choice(rng.choice(list(NATIONAL.values())).split("|")))


def filled(rng: random.Random, form: str) -> str:
    drawn = {"#": "0123456789", "N": "23456789"}
    return "".join(rng.choice(drawn[char]) if char in drawn else char for char in form)


def bare(rng: random.Random) -> str:
    """Return a number that only its label tells: local, without area or country."""
    return filled(rng, rng.choice(["N#######", "N### ####", "N###-####", "N#### #####"]))


def card(rng: random.Random) -> str:
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
    number = luhn(start + digits(rng, size - 1 - len(start)))
    if size == 15:
        return rng.choice([number, f"{number[:4]} {number[4:10]} {number[10:]}"])
    groups = [number[i : i + 4] for i in range(0, size, 4)]
    return rng.choice([number, number, " ".join(groups), "-".join(groups), wide(number)])


def id_18(rng: random.Random) -> str:
    area = rng.choice(["110105", "440308", "310115", "510104", "330106", "420111", "650102"])
    first = f"{area}{day(rng, '{y}{m:02}{d:02}')}{digits(rng, 3)}"
    rest = 0
    for digit in first:
        rest = (rest + int(digit)) * 2 % 11
    number = first + "0123456789X"[(12 - rest) % 11]
    return rng.choice(
        [number, number, number.lower(), f"{number[:6]} {number[6:14]} {number[14:]}"]
    )


def id_15(rng: random.Random) -> str:
    return (
        rng.choice(["110105", "440301", "310101"])
        + day(rng, "{y}{m:02}{d:02}")[2:]
        + digits(rng, 3)
    )


def day(rng: random.Random, form: str) -> str:
    return form.format(y=rng.randrange(1940, 2000), m=rng.randrange(1, 13), d=rng.randrange(1, 29))


def hong_kong(rng: random.Random) -> str:
    letter, six = rng.choice("ABCDEGKRYZ"), digits(rng, 6)
    total = (
        36 * 9
        + (ord(letter) - 55) * 8
        + sum(int(d) * w for d, w in zip(six, range(7, 1, -1), strict=True))
    )
    return f"{letter}{six}({'0123456789A'[-total % 11]})"


def taiwan(rng: random.Random) -> str:
    letter = rng.choice("ABCDEFGH")
    code = 10 + "ABCDEFGH".index(letter)
    body = rng.choice("12") + digits(rng, 7)
    total = (
        code // 10
        + 9 * (code % 10)
        + sum(int(d) * w for d, w in zip(body, range(8, 0, -1), strict=True))
    )
    return f"{letter}{body}{-total % 10}"


def ssn(rng: random.Random) -> str:
    return f"{rng.randrange(100, 666)}-{rng.randrange(10, 99)}-{rng.randrange(1000, 9999)}"


def nino(rng: random.Random) -> str:
    a, b, c = digits(rng, 2), digits(rng, 2), digits(rng, 2)
    return rng.choice([f"AB{a}{b}{c}C", f"JK {a} {b} {c} A", f"PX{a}{b}{c}D"])


_BBAN = {
    "DE": "n18",
    "GB": "a4n14",
    "FR": "n23",
    "NL": "a4n10",
    "ES": "n20",
    "IT": "a1n22",
    "CH": "n17",
    "BE": "n12",
}


def iban(rng: random.Random) -> str:
    country = rng.choice(list(_BBAN))
    form = _BBAN[country]
    letters = int(form[1]) if form[0] == "a" else 0
    body = "".join(rng.choices("ABCDEFGHJKLM", k=letters)) + digits(rng, int(form.split("n")[1]))
    number = "".join(str(int(c, 36)) for c in body + country + "00")
    whole = f"{country}{98 - int(number) % 97:02}{body}"
    grouped = " ".join(whole[i : i + 4] for i in range(0, len(whole), 4))
    return rng.choice([whole, grouped, grouped])


def ip(rng: random.Random) -> str:
    first = rng.choice([23, 45, 61, 81, 93, 101, 114, 121, 180, 202, 218])
    four = f"{first}.{rng.randrange(16, 250)}.{rng.randrange(1, 250)}.{rng.randrange(1, 250)}"
    a, b, c = rng.randrange(4096, 65535), rng.randrange(1, 65535), rng.randrange(1, 65535)
    six = f"2400:{a:x}:{b:x}::{c:x}"
    return rng.choice([four, four, four, six])


def passport(rng: random.Random) -> str:
    return rng.choice(["E", "G", "EA", "D", "", "K"]) + digits(rng, rng.choice([7, 8]))


def plate_zh(rng: random.Random) -> str:
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


def plate_en(rng: random.Random) -> str:
    letters = "".join(rng.choices("ABCDEFGHJKLMNPRSTVWXY", k=5))
    return rng.choice(
        [
            f"{letters[:2]}{digits(rng, 2)} {letters[2:]}",
            f"{digits(rng, 1)}{letters[:3]}{digits(rng, 3)}",
            f"{letters[:3]}-{digits(rng, 4)}",
        ]
    )


def record(rng: random.Random) -> str:
    return rng.choice(["", "", "ZY", "M", "H-"]) + digits(rng, rng.randrange(6, 11))


def qq(rng: random.Random) -> str:
    return rng.choice("123456789") + digits(rng, rng.randrange(5, 10))


def wechat(rng: random.Random) -> str:
    return rng.choice(["zhangsan", "xiao_ming", "lucy-wang", "wxid_ab", "Tommy"]) + digits(
        rng, rng.randrange(2, 6)
    )


def bank(rng: random.Random) -> str:
    return rng.choice([digits(rng, 8), digits(rng, 10), digits(rng, 12), "31" + digits(rng, 15)])


def birth(rng: random.Random) -> str:
    zh = rng.choice(
        ["{y}年{m}月{d}日", "{y}-{m:02}-{d:02}", "{y}.{m}.{d}", "{y}/{m}/{d}", "{y}{m:02}{d:02}"]
    )
    return day(rng, zh)


def birth_en(rng: random.Random) -> str:
    month = rng.choice("January March April May June July August October December".split())
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
    return day(rng, form)


def address_zh(rng: random.Random) -> str:
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


def home_zh(rng: random.Random) -> str:
    estate = rng.choice(["幸福小区", "锦绣花园", "文三路", "和平里", "南山村", "绿城玉兰花园"])
    house = f"{rng.randrange(1, 90)}{rng.choice('号栋幢')}"
    return f"{estate}{house}{rng.randrange(101, 2505)}{rng.choice('室房户')}"


def address_en(rng: random.Random) -> str:
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


def name_zh(rng: random.Random) -> str:
    return rng.choice("王李张刘陈杨赵黄周吴") + rng.choice(
        ["伟", "娜", "秀英", "小明", "建国", "欣怡", ""]
    )


def name_en(rng: random.Random) -> str:
    return rng.choice(
        ["Smith", "John Smith", "O'Neill", "Anna Lee", "Mary Jane Watson", "Garcia", "Brown"]
    )


def token(rng: random.Random, count: int) -> str:
    return "".join(
        rng.choices("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789", k=count)
    )


def issued(rng: random.Random) -> str:
    upper = "".join(rng.choices("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", k=16))
    return rng.choice(
        [
            "sk-" + token(rng, 40),
            "AKIA" + upper,
            "ghp_" + token(rng, 36),
            "AIza" + token(rng, 35),
            "xoxb-" + digits(rng, 11) + "-" + token(rng, 24),
            f"eyJ{token(rng, 20)}.eyJ{token(rng, 40)}.{token(rng, 43)}",
            "glpat-" + token(rng, 20),
        ]
    )


def password(rng: random.Random) -> str:
    return rng.choice(["hunter", "Passw0rd", "qwe!", "Tr0ub4dor&", "abc", "Zx#"]) + digits(rng, 4)


def otp(rng: random.Random) -> str:
    return digits(rng, 6)
