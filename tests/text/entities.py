"""Personal data in context, made up: the same sentences on every machine from one seed.

`cases(count, seed)` yields texts with the spans of what must go and its kind; a quarter of them are
negatives: numbers that are nobody's.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass

from tests.text import draws
from tests.text.draws import Draw, day, digits


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A text and what in it must go: kind, start, end; a negative has none."""

    text: str
    kind: str
    spans: tuple[tuple[str, int, int], ...]


_POSITIVE: dict[str, list[tuple[Draw, str]]] = {
    "email": [
        (draws.email, "邮箱{}谢谢|请发到{}，谢谢|mail {}, thanks|<{}>|My address is {}.|联系：{}")
    ],
    "phone": [
        (
            draws.mobile,
            "手机{}已停机|我是{}，麻烦联系|call {} before 18:00|电话：{}|{}|请拨打{}找我|"
            "打{}没人接|收件人电话{}。",
        ),
        (draws.landline, "座机{}|公司电话{}，晚上打|请致电{}。|Tel: {}|{}是前台"),
        (draws.free, "客服{}|call {} now|热线：{}"),
        (
            draws.abroad,
            "call me on {}|phone: {}|我在国外的号码{}|My number is {}, thanks|"
            "You can reach me at {}.|请打{}|Tel {}",
        ),
        (
            draws.bare,
            "call me on {}|电话{}|phone number is {}|my mobile is {}|联系电话：{}，晚上打",
        ),
    ],
    "card": [
        (
            draws.card,
            "卡号{}|我用{}付的|card {} was charged|我的卡{}丢了|Visa ending? full number {}|"
            "银行卡：{}。",
        )
    ],
    "id": [
        (draws.id_18, "身份证{}。|我是本人，{}，请查|ID:{},|号码{}是我的|证件号码：{}|{}"),
        (draws.id_15, "身份证号：{}|my old ID is {}"),
        (draws.hong_kong, "香港身份证{}|HKID: {}|身份证号码{}，谢谢"),
        (draws.taiwan, "身分證字號{}|Taiwan ID {}|证件{}"),
        (draws.ssn, "My SSN is {}|social security number: {}|SSN {}|社会安全号{}|{} is my social"),
        (draws.nino, "NI number {}|national insurance no. {}|我的英国保险号是{}"),
    ],
    "iban": [(draws.iban, "IBAN {}|请汇到{}|transfer to {} please|账户：{}，谢谢|My IBAN: {}.")],
    "ip": [
        (
            draws.ip,
            "from {} at noon|登录IP：{}|IP地址是{}|my ip is {}|来自{}的访问|blocked {} twice",
        )
    ],
    "passport": [
        (
            draws.passport,
            "护照号码：{}|我的护照是{}|passport no. {}|Passport number: {}|my passport is {}|"
            "护照{}快过期了",
        )
    ],
    "plate": [
        (draws.plate_zh, "车牌{}|我的车是{}，白色|{}违停了|车牌号：{}"),
        (
            draws.plate_en,
            "licence plate {}|number plate: {}|My car registration number is {}.|vehicle reg {}",
        ),
    ],
    "record": [
        (
            draws.record,
            "病历号：{}|住院号{}，三床|门诊号 {}|MRN {}|medical record number: {}|"
            "patient ID {}|医保卡号是{}|社保号：{}|就诊卡号{}|NHS number {}|hospital no. {}",
        )
    ],
    "account": [
        (draws.qq, "QQ：{}|加我qq{}|我的QQ号是{}|QQ {} 联系|my QQ is {}"),
        (draws.wechat, "微信号{}|加微信：{}|微信 {} 详聊|my WeChat ID is {}|WeChat: {}|v信{}"),
        (
            draws.bank,
            "bank account number {}|收款账号：{}|银行账户{}|account no. {}|"
            "Account number: {}|请转账到对公账户{}",
        ),
    ],
    "birth": [
        (draws.birth, "出生日期：{}|生于{}|生日{}|{}出生|他出生于{}，今年|DOB {}"),
        (
            draws.birth_en,
            "DOB: {}|date of birth {}|I was born on {}.|born {} in Leeds|My birthday is {}|"
            "Date of Birth: {}",
        ),
    ],
    "address": [
        (draws.address_zh, "请寄到{}，谢谢|我住在{}|地址：{}|收货地址{}。|公司在{}|{}收"),
        (draws.home_zh, "地址：{}|家住{}|请送到{}|住址是{}，二楼"),
        (
            draws.address_en,
            "I live at {}|ship it to {}|Address: {}|Please deliver to {}, thanks.|"
            "We moved to {} last year",
        ),
    ],
    "secret": [
        (
            draws.issued,
            "key {}|token: {}|export API_KEY={}|密钥是{}|用{}登录不了|Authorization: Bearer {}",
        ),
        (
            draws.password,
            "密码是{}|password: {}|My password is {}.|pwd={}|登录密码：{}|口令：{}，别告诉别人",
        ),
        (
            draws.otp,
            "验证码{}|verification code is {}|OTP: {}|验证码：{}，五分钟内有效|your PIN is {}",
        ),
    ],
    "name": [
        (draws.name_zh, "{}先生您好|请问{}女士在吗|找{}医生|联系人：{}小姐|尊敬的{}先生"),
        (
            draws.name_en,
            "Dear Mr. {},|Mrs {} called|Ms. {} is waiting|I saw Dr. {} today|Dr {} said so",
        ),
    ],
}

_NEGATIVE: list[tuple[Draw, str]] = [
    (
        lambda r: digits(r, r.choice([10, 12, 14, 18])),
        "订单号{}|order number {}|order #{}|订单编号：{}|my order no. {} is late|"
        "运单号{}|流水号 {}",
    ),
    (
        lambda r: r.choice(["SF", "YT", "JD", "1Z"]) + digits(r, 13),
        "快递{}|tracking {}|{}到哪了|单号{}",
    ),
    (
        lambda r: f"{r.randrange(1, 99999)}.{digits(r, 2)}",
        "价格{}元|It costs ${}|退款￥{}|paid £{} twice|共{}块",
    ),
    (
        lambda r: f"{r.randrange(1, 999)},{digits(r, 3)},{digits(r, 3)}",
        "revenue of {}|人口{}人|${} in total",
    ),
    (
        lambda r: (
            f"{r.randrange(1, 15)}.{r.randrange(0, 10)}.{r.randrange(0, 10)}.{r.randrange(0, 99)}"
        ),
        "version {}|版本{}|v{}|升级到版本 {}|release {} notes",
    ),
    (
        lambda r: f"{r.randrange(1, 15)}.{r.randrange(0, 20)}.{r.randrange(0, 20)}",
        "Python {}|见第{}节|section {}",
    ),
    (
        lambda r: day(
            r,
            r.choice(
                ["{y}-{m:02}-{d:02}", "{y}年{m}月{d}日", "{d:02}/{m:02}/{y}", "{y}{m:02}{d:02}"]
            ),
        ),
        "{}下的单|delivered on {}|截至{}|on {} we met|发布于{}|{}",
    ),
    (
        lambda r: f"{r.choice(['南京', '新疆', '家里', '公司', '臺北'])}{r.randrange(1, 32)}号",
        "寄到{}之前能到吗|快递发到{}来得及吗|住在{}回来|搬到{}开门",
    ),
    (lambda r: f"{r.randrange(1900, 2030)}", "in {}|{}年|since {} we sell|{}款手机"),
    (
        lambda r: f"978-{r.randrange(0, 9)}-{digits(r, 3)}-{digits(r, 5)}-{r.randrange(10)}",
        "ISBN {}|ISBN: {}",
    ),
    (lambda r: "69" + digits(r, 11), "条码{}|EAN {}|商品{}|barcode {}"),
    (lambda r: f"{r.randrange(0, 24):02}:{digits(r, 1)}5:{digits(r, 1)}0", "at {}|{}开始|等到{}"),
    (lambda r: f"{digits(r, 2)}%", "涨了{}|up {}|打{}折扣"),
    (
        lambda r: f"{r.choice(['RTX', 'A', 'iPhone ', 'GT-'])}{digits(r, 4)}",
        "买了{}|the {} is broken|型号{}",
    ),
    (
        lambda r: f"{r.randrange(10, 99)}.{digits(r, 6)},{r.randrange(100, 180)}.{digits(r, 6)}",
        "坐标{}|at {}",
    ),
    (lambda r: f"17{digits(r, 8)}", "timestamp {}|时间戳{}"),
    (lambda r: digits(r, 5), "买了{}件|{} people|收到{}个|zip file of {} bytes|{}步"),
    (
        lambda r: "".join(r.choices("0123456789abcdef", k=r.choice([7, 12, 40]))),
        "commit {}|哈希{}|sha {}",
    ),
    (lambda r: f"{digits(r, 2)}-{digits(r, 2)}", "比分{}|won {}|pages {}"),
    (
        lambda r: f"192.168.{r.randrange(255)}.{r.randrange(255)}",
        "路由器{}|router at {}|http://{}/",
    ),
    (
        lambda r: f"{r.randrange(1, 20)}",
        "坐{}号线|住了{}天酒店|take line {}|room for {} people|密码是{}位数|"
        "password must have {} characters|住院{}天|微信支付{}元|QQ音乐听了{}首|第{}名",
    ),
    (
        lambda r: f"{r.randrange(1, 999)}",
        "中山路有{}家店|in {} Main events|Mr {} is no name|passport in {} days|病历一共{}页|"
        "wechat pay {} yuan|the street has {} shops",
    ),
]

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


def _case(rng: random.Random, kind: str, draw: Draw, frames: str) -> Case:
    value, frame = draw(rng), rng.choice(frames.split("|"))
    before, after = rng.choice(_BEFORE), rng.choice(_AFTER)
    head, _, tail = frame.partition("{}")
    start = len(before) + len(head)
    spans = ((kind, start, start + len(value)),) if kind else ()
    return Case(text=f"{before}{head}{value}{tail}{after}", kind=kind, spans=spans)
