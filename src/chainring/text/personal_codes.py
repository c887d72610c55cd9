r"""Numbers that a bank, a state, a hospital or a network gave to a person.

Enters a `View`, leaves sorted, disjoint spans:

==========================================  ===========================================
``IBAN DE89 3704 0044 0532 0130 00``          iban: country, length and ISO 7064 check
``SSN 219-09-9999``, ``A123456(3)``           id: American, British, Hong Kong, Taiwan
``护照号码：E12345678``                        passport: only after its label
``车牌京A·12345``, ``plate AB12 CDE``         plate: Chinese by form, others after a label
``病历号：0012345``, ``MRN 0012345``          record: hospital and insurance numbers, labelled
``QQ：10001``, ``微信号 zhang_san88``          account: labelled names and numbers
``from 93.184.216.34``                       ip: public addresses; 10.0.0.1 is nobody's
==========================================  ===========================================

What has a check digit is believed by itself; what has none needs its label.
"""

from __future__ import annotations

import ipaddress
import re
from functools import lru_cache

from chainring.text.personal import is_date, is_other
from chainring.text.windows import Spans, View, disjoint, matches, values

LINK = (
    r"(?:[\s:=#\"'“”()\[\]{}<>*,_、，|-]|是|为|叫|填|号码?|编号|账号|帐号|number\b|no\b\.?|nr\b\.?|num\b"
    r"|id\b|code\b|is\b|was\b|my\b|\.)"
)
"""What may stand between a label and its value; repeated at most eight times."""
END = r"(?![0-9a-z])"
_UNIT = (
    r"(?![0-9a-z%]|[元块天次年月日个位分万千百条件人名米克]|\.[0-9])"  # 住院号 123456, not 住院12天
)


def labelled(*words: str) -> re.Pattern[str]:
    """Return the pattern of any of the labels `words` and of what links it to its value."""
    return re.compile(rf"(?:{'|'.join(words)}){LINK}{{0,8}}")


# -- IBAN --------------------------------------------------------------------------------------

_IBAN_LENGTHS = {
    country: int(length)
    for length, countries in {
        "15": "no", "16": "be", "18": "dk fi fo gl nl", "19": "mk si", "20": "at ba ee kz lt lu xk",
        "21": "ch cr hr li lv", "22": "bg bh de gb ge ie me rs", "23": "ae gi il tl",
        "24": "ad cz es md pk ro sa se sk tn vg", "25": "pt", "26": "is tr",
        "27": "fr gr it mc mr sm", "28": "al az by cy do gt hu lb pl", "29": "br ps qa ua",
        "30": "jo kw mu", "31": "mt sc",
    }.items()
    for country in countries.split()
}  # fmt: skip
_IBAN_START = re.compile(r"(?<![0-9a-z])[a-z]{2}[0-9]{2}(?=[ -]?[0-9a-z]{4})")


@lru_cache(maxsize=32)
def _iban_of(length: int) -> re.Pattern[str]:
    return re.compile(rf"[a-z]{{2}}[0-9]{{2}}(?:[ -]?[0-9a-z]){{{length - 4}}}{END}")


def ibans(view: View) -> Spans:
    """Return bank accounts after ISO 13616: the length of their country, remainder 1 of 97."""
    spans: Spans = []
    for start in matches(_IBAN_START, view.plain, view.digits):
        length = _IBAN_LENGTHS.get(start[0][:2])
        whole = _iban_of(length).match(view.plain, start.start()) if length else None
        if whole and is_iban(re.sub("[ -]", "", whole[0])):
            spans.append(whole.span())
    return disjoint(spans)


def is_iban(number: str) -> bool:
    """Return whether the check digits of an IBAN without separators are right (ISO 7064)."""
    return int("".join(str(int(char, 36)) for char in number[4:] + number[:4])) % 97 == 1


# -- identities of other states ------------------------------------------------------------------

_FREE = r"(?<![0-9a-z])(?<![0-9][-.])"
_SSN = re.compile(
    rf"{_FREE}(?!000|666|9)[0-9]{{3}}([- ])(?!00)[0-9]{{2}}\1(?!0000)[0-9]{{4}}(?![-.]?[0-9a-z])"
)
_SSN_LABEL = labelled(r"(?<![a-z])ssn", "social security", "社会安全号", "社安号")
_SSN_VALUE = re.compile(rf"[0-9]{{3}}[- ]?[0-9]{{2}}[- ]?[0-9]{{4}}{END}")
_NINO = re.compile(
    rf"{_FREE}(?!bg|gb|kn|nk|nt|tn|zz)[a-ceghj-prstw-z][a-ceghj-nprstw-z]( ?)"
    rf"[0-9]{{2}}\1[0-9]{{2}}\1[0-9]{{2}}\1[a-d]{END}"
)
_HONG_KONG = re.compile(r"(?<![0-9a-z])[a-z]{1,2}[0-9]{6}(?:\([0-9a]\)|[0-9a](?![0-9a-z]))")
_TAIWAN = re.compile(rf"(?<![0-9a-z])[a-z][1289][0-9]{{8}}{END}")
_TAIWAN_LETTERS = "abcdefghjklmnpqrstuvxywzio"  # in the order of their numbers, from 10 on


def foreign_identities(view: View) -> Spans:
    """Return American, British, Hong Kong and Taiwanese identity numbers.

    The American one has no check digit: it counts with its dashes, or after its label. The British
    one has only its letters.
    """
    plain, windows = view.plain, view.digits
    spans = [
        match.span()
        for match in matches(_SSN, plain, windows)
        if match[1] == "-" and not is_other(plain, match.start())
    ]
    spans += [match.span() for match in values(_SSN_LABEL, _SSN_VALUE, view)]
    spans += [match.span() for match in matches(_NINO, plain, windows)]
    spans += [m.span() for m in matches(_HONG_KONG, plain, windows) if _is_hong_kong(m[0])]
    spans += [m.span() for m in matches(_TAIWAN, plain, windows) if _is_taiwan(m[0])]
    return disjoint(spans)


def _is_hong_kong(found: str) -> bool:
    number = found.strip("()").replace("(", "").rjust(9)
    values = [36 if char == " " else int(char, 36) for char in number]
    return sum(value * (9 - i) for i, value in enumerate(values)) % 11 == 0


def _is_taiwan(number: str) -> bool:
    first = 10 + _TAIWAN_LETTERS.index(number[0])
    digits = [first // 10, first % 10, *map(int, number[1:])]
    weights = (1, 9, 8, 7, 6, 5, 4, 3, 2, 1, 1)
    return sum(d * w for d, w in zip(digits, weights, strict=True)) % 10 == 0


# -- passports, plates, records, accounts ----------------------------------------------------------

_PASSPORT_LABEL = labelled("护照", "通行证", r"(?<![a-z])passports?")
_PASSPORT = re.compile(rf"[a-z]{{0,2}}[0-9]{{6,9}}[a-z]?{_UNIT}")


def passports(view: View) -> Spans:
    """Return passport and travel permit numbers after their label; no form tells them."""
    found = values(_PASSPORT_LABEL, _PASSPORT, view)
    return disjoint([match.span() for match in found if not is_date(match[0])])


_PLATE = re.compile(
    r"[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼][a-hj-np-z][ ·•・.-]?"
    r"(?:(?=(?:[a-z]*[0-9]){2})[0-9a-hj-np-z]{5,6}|[0-9a-hj-np-z]{4}[挂学警港澳领])(?![0-9a-z])"
)
_PLATE_LABEL = labelled(
    r"(?<![a-z])(?:licen[cs]e|number) plates?", r"(?<![a-z])plates?(?= (?:no|num|is)|:)",
    r"(?<![a-z])(?:vehicle|car) reg(?:istration)?", r"(?<![a-z])reg(?:istration)? (?:number|no|plate)",
)  # fmt: skip
_PLATE_VALUE = re.compile(
    r"(?=[A-Z -]{0,4}[0-9])[0-9A-Z]{1,4}(?:[ -]?[0-9A-Z]{2,4}){1,2}(?![0-9A-Za-z])"
)


def plates(view: View) -> Spans:
    """Return licence plates: Chinese ones by their form, capital ones of elsewhere by a label."""
    spans = [match.span() for match in matches(_PLATE, view.plain, view.digits)]
    for start, end in view.digits:
        for label in _PLATE_LABEL.finditer(view.plain, start, end):
            match = _PLATE_VALUE.match(view.text, label.end())
            spans += [match.span()] if match else []
    return disjoint(spans)


_RECORD_LABEL = labelled(
    r"(?:病历|病案|病例|住院|门诊|就诊卡?|挂号|检查|检验|影像|医保卡?|社保卡?|医疗卡|诊疗卡|登记)(?:号码?|编号|卡号)",
    r"(?<![a-z])(?:mrn|medical record|patient (?:id|no|number|ref)|hospital (?:id|no|number)|chart (?:no|number)"
    r"|nhs(?= ?(?:no|num|[0-9:#]))|health (?:card|insurance)|medicare|insurance (?:no|number|id))",
)  # fmt: skip
_RECORD = re.compile(rf"[a-z]{{0,4}}-?[0-9](?:[ -]?[0-9]){{3,17}}{_UNIT}")


def records(view: View) -> Spans:
    """Return numbers of patients, hospital stays and insurances after their label."""
    found = values(_RECORD_LABEL, _RECORD, view)
    return disjoint([match.span() for match in found if not is_date(match[0])])


_QQ_LABEL = labelled(r"(?<![a-z])qq(?:号码?)?", "扣扣", "企鹅号?")
_QQ = re.compile(rf"[1-9][0-9]{{4,10}}{_UNIT}")
_BANK_LABEL = labelled(
    r"(?:银行|收款|付款|转账|对公|工资|存款|开户|储蓄)(?:卡|账|帐)?(?:号|户)",
    r"(?<![a-z])(?:bank account|account (?:no|number|num)|acct\.?(?: no| number)?|a/c(?: no)?|sort code|routing)",
)  # fmt: skip
_BANK = re.compile(rf"[0-9](?:[ -]?[0-9]){{5,18}}{_UNIT}")
_HANDLE_LABEL = re.compile(
    r"(?:微信|薇信|威信|v信|支付宝|(?<![a-z])(?:wechat|weixin|wx|vx|alipay|telegram|skype|line|snapchat|instagram))"
    rf"(?P<link>{LINK}{{0,8}})"
)
_HANDLE = re.compile(r"@?[a-z][a-z0-9_.-]{4,30}[a-z0-9](?![0-9a-z@])")
_IS_NAMED = re.compile(r"[:号@]|id")


def accounts(view: View) -> Spans:
    """Return QQ and bank account numbers and the names of chat accounts, after their labels.

    A name needs a digit or an underscore, or a label that says more than the service: 微信号, id, a
    colon; so *wechat payments* stays.
    """
    spans = [match.span() for match in values(_QQ_LABEL, _QQ, view)]
    spans += [m.span() for m in values(_BANK_LABEL, _BANK, view) if not is_date(m[0])]
    for label in _HANDLE_LABEL.finditer(view.plain):
        match = _HANDLE.match(view.plain, label.end())
        if match and (_IS_NAMED.search(label["link"]) or re.search("[0-9_]", match[0])):
            spans.append(match.span())
    return disjoint(spans)


# -- network addresses -----------------------------------------------------------------------------

_IPV4 = re.compile(r"(?<![0-9a-z.])(?<![0-9]-)(?:[0-9]{1,3}\.){3}[0-9]{1,3}(?![0-9a-z]|[.-][0-9])")
_IPV6 = re.compile(r"(?<![0-9a-z:.])[23][0-9a-f]{3}:[0-9a-f:]{2,34}(?![0-9a-z:])")
_NOT_IP = re.compile(
    r"(?:版本?|章|节|条|第|表|图|号|v|(?<![a-z])(?:version|ver|release|section|sec|chapter|table|figure"
    r"|fig|clause|§|build|driver|firmware|os|ios|android|windows))[\s:#.]{0,3}$"
)
_IP_LABEL = re.compile(r"(?:ip|地址|host|addr\w*|来自|登录|server|login|from)[^0-9\x1f]{0,12}$")


def ips(view: View) -> Spans:
    """Return public network addresses.

    Four small numbers may be a version or a section: without a label two of them must have two
    digits. Private, local and reserved ranges are nobody's.
    """
    plain = view.plain
    spans = [m.span() for m in matches(_IPV4, plain, view.digits) if _is_ipv4(m, plain)]
    spans += [m.span() for m in matches(_IPV6, plain, view.digits) if _is_public(m[0])]
    return disjoint(spans)


def _is_ipv4(match: re.Match[str], plain: str) -> bool:
    start = match.start()
    if not _is_public(match[0]) or _NOT_IP.search(plain, max(0, start - 16), start):
        return False
    long_ones = sum(len(part) > 1 for part in match[0].split("."))
    return long_ones >= 2 or _IP_LABEL.search(plain, max(0, start - 24), start) is not None


def _is_public(found: str) -> bool:
    try:
        return ipaddress.ip_address(found).is_global
    except ValueError:
        return False
