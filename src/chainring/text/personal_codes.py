r"""Numbers that a bank, a state, a hospital or a network gave to a person.

Enters a `View`, leaves sorted, disjoint spans:

==========================================  ===========================================
``IBAN DE89 3704 0044 0532 0130 00``          iban: country, length and ISO 7064 check
``SSN 219-09-9999``, ``A123456(3)``           id: American, British, Hong Kong, Taiwan
``护照号码：E12345678``                        passport: only after its label
``车牌京A·12345``, ``plate AB12 CDE``         plate: Chinese by form, others after a label
``病历号：0012345``, ``MRN 0012345``          record: hospital and insurance numbers, labelled
``from 93.184.216.34``                       ip: public addresses; 10.0.0.1 is nobody's
==========================================  ===========================================

What has a check digit is believed by itself; what has none needs its label.
"""

from __future__ import annotations

import ipaddress
import re
from functools import lru_cache

from chainring.text.personal import MASK, is_other
from chainring.text.places import Label, Spans, View, disjoint, matches, values

_LINK = (
    r"(?:[\s:=\"'“”()\[\]{}<>*,_、，#|.-]|是|为|叫|填|号码?|编号|账号|帐号|number\b|no\b|nr\b|num\b"
    r"|id\b|code\b|is\b|was\b|my\b)"
)
LINKS = f"{_LINK}{{0,8}}"
"""What may stand between a label and its value. None of it is a digit or a mask."""
ENDS = r"(?![0-9a-z%]|[元块天次年月日个位分万千百条件人名米克]|\.[0-9])"
"""What may not follow a number that only a label makes personal: 住院号 123456, not 住院 12 天."""
_DAY = re.compile(
    r"(?:19|20)[0-9]{2}(?P<sign>[-./ ])(?:0?[1-9]|1[0-2])(?P=sign)(?:0?[1-9]|[12][0-9]|3[01])"
)


def labelled(words: str, pattern: str, *, links: str = LINKS) -> Label:
    """Return a label: its literal beginnings, apart by ``|``, and the pattern of the whole."""
    return Label(tuple(words.split("|")), re.compile(f"(?:{pattern}){links}"))


def is_day(value: str) -> bool:
    """Return whether `value` is written as a day with its signs.

    >>> is_day("1990-05-01"), is_day("19900501")
    (True, False)
    """
    return _DAY.fullmatch(value) is not None


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


@lru_cache(maxsize=32)
def _iban_of(length: int) -> re.Pattern[str]:
    return re.compile(
        rf"(?<![0-9a-z])[a-z]{{2}}[0-9]{{2}}(?:[ -]?[0-9a-z]){{{length - 4}}}(?![0-9a-z])"
    )


def ibans(view: View) -> Spans:
    """Return bank accounts after ISO 13616: the length of their country, remainder 1 of 97."""
    spans: Spans = []
    plain = view.plain
    for run in view.runs:
        length = _IBAN_LENGTHS.get(plain[run - 2 : run]) if run >= 2 else None
        match = _iban_of(length).match(plain, run - 2) if length else None
        if match and is_iban(re.sub("[ -]", "", match[0])):
            spans.append(match.span())
    return disjoint(spans)


def is_iban(number: str) -> bool:
    """Return whether the check digits of an IBAN without separators are right (ISO 7064)."""
    return int("".join(str(int(char, 36)) for char in number[4:] + number[:4])) % 97 == 1


# -- identities of other states ------------------------------------------------------------------

_SSN = re.compile(
    r"(?<![0-9a-z])(?<![0-9][-.])(?!000|666|9)[0-9]{3}-(?!00)[0-9]{2}-(?!0000)[0-9]{4}"
    r"(?![-.]?[0-9a-z])"
)
_SSN_LABEL = labelled(
    "ssn|social sec|社会安全号|社安号", r"(?<![a-z])ssn|social security|社会安全号|社安号"
)
_SSN_VALUE = re.compile(r"[0-9]{3}[- ]?[0-9]{2}[- ]?[0-9]{4}(?![0-9a-z])")
_NINO = re.compile(
    r"(?<![0-9a-z])(?!bg|gb|kn|nk|nt|tn|zz)[a-ceghj-prstw-z][a-ceghj-nprstw-z]( ?)"
    r"[0-9]{2}\1[0-9]{2}\1[0-9]{2}\1[a-d](?![0-9a-z])"
)
_HONG_KONG = re.compile(r"(?<![0-9a-z])[a-z]{1,2}[0-9]{6}\([0-9a]\)")
_TAIWAN = re.compile(r"(?<![0-9a-z])[a-z][1289][0-9]{8}(?![0-9a-z])")
_TAIWAN_LETTERS = "abcdefghjklmnpqrstuvxywzio"  # in the order of their numbers, from 10 on


def foreign_identities(view: View) -> Spans:
    """Return American, British, Hong Kong and Taiwanese identity numbers.

    The American one has no check digit: it counts with its dashes, or after its label. The British
    one has only its letters.
    """
    plain = view.plain
    spans = [match.span() for match in values(_SSN_LABEL, _SSN_VALUE, view)]
    if "-" in plain:
        found = matches(_SSN, plain, view.starts)
        spans += [match.span() for match in found if not is_other(plain, match.start())]
    letters = [run for run in view.runs if run and "a" <= plain[run - 1] <= "z"]
    one, two = [run - 1 for run in letters], [run - 2 for run in letters if run > 1]
    spans += [match.span() for match in matches(_TAIWAN, plain, one) if _is_taiwan(match[0])]
    spans += [m.span() for m in matches(_HONG_KONG, plain, one + two) if _is_hong_kong(m[0])]
    spaced = [run - 3 for run in view.runs if run > 2 and plain[run - 1] == " "]
    spans += [match.span() for match in matches(_NINO, plain, two + spaced)]
    return disjoint(spans)


def _is_hong_kong(found: str) -> bool:
    number = found.replace("(", "").replace(")", "").rjust(9)
    weighed = [36 if char == " " else int(char, 36) for char in number]
    return sum(value * (9 - i) for i, value in enumerate(weighed)) % 11 == 0


def _is_taiwan(number: str) -> bool:
    first = 10 + _TAIWAN_LETTERS.index(number[0])
    digits = [first // 10, first % 10, *map(int, number[1:])]
    weights = (1, 9, 8, 7, 6, 5, 4, 3, 2, 1, 1)
    return sum(d * w for d, w in zip(digits, weights, strict=True)) % 10 == 0


# -- passports, plates, records --------------------------------------------------------------------

_PASSPORT_LABEL = labelled(
    "护照|通行证|台胞证|回乡证|passport", r"护照|通行证|台胞证|回乡证|(?<![a-z])passports?"
)
_PASSPORT = re.compile(rf"[a-z]{{0,2}}[0-9]{{6,9}}[a-z]?{ENDS}")
_PLATE = re.compile(
    r"[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼][a-hj-np-z]"
    r"(?:(?P<dot>[·•・])|[ .-])?"
    r"(?:(?=(?:[a-z]*[0-9]){2})[0-9a-hj-np-z]{5,6}|[0-9a-hj-np-z]{4}[挂学警港澳领])(?![0-9a-z])"
)
_NO_PLATE = re.compile(  # follows a price or a model: 新F15000元; but not in 台州, 元旦, 款式
    "元(?!旦|宵|月)|块|台(?!州|湾|北|南|阶|上)|版(?!纳)|型|款(?!式|项)|号段"
)
_BY_PLATE = re.compile(
    "车|牌照|牌号|违停|违章|驾|挪|罚单|红灯|交警|肇事|逃逸|追尾|撞|超速|plate|park"
)
_ALSO_WORDS = frozenset("新云贵青川吉宁苏鲁甘藏蒙京黑豫")  # may end a word: 更新, 北京
_WORD = re.compile(  # those words; where two readings are possible it is no word: 湖南|京A12345
    "(?:(?:(?<!变)更|最|(?<!安)全|刷|(?<![严超])重|[翻创革崭焕])新"
    "|(?:阿里|腾讯|华为|百度|私有|公有|混合)云|[太很最越昂珍宝富]贵|[沥丹藏]青"
    "|(?:(?<![周期十第])四|[银冰])川|(?:(?<![湖河云海])南|(?<!江)苏|[辽济咸])宁"
    "|(?:(?<![浙龙长镇九])江|[复紫姑])苏|[粗秘齐]鲁|(?:[收隐珍冷]|(?<![江山陕广])西)藏|启蒙"
    "|(?:(?<![湖河东西华路向往朝])北|(?<![湖河云海东西华路向往朝])南|(?<![山广路向往朝])东)京"
    "|[墨漆抹乌纯哑曜]黑|犹豫)$"
)
_WORD_LENGTH = 3
_PLATE_BEFORE, _PLATE_AFTER = 16, 8  # characters around a plate in which its word may stand
_PLATE_LABEL = labelled(
    "plate|license p|licence p|number p|vehicle reg|car reg|reg ",
    r"(?<![a-z])(?:(?:licen[cs]e |number )?plates?(?= (?:no|num|is|[a-z]{1,3}-?[0-9]|[0-9])|:)"
    r"|(?:vehicle|car) reg(?:istration)?|reg (?:number|no|plate))",
)
_PLATE_VALUE = re.compile(
    r"(?=[A-Z -]{0,4}[0-9])[0-9A-Z]{1,4}(?:[ -]?[0-9A-Z]{2,4}){1,2}(?![0-9A-Za-z])"
)
_RECORD_LABEL = labelled(
    "病历|病案|病例|住院|门诊|就诊|挂号|检查|检验|影像|医保|社保|社会保障|医疗卡|诊疗卡|登记"
    "|mrn|medical rec|patient |hospital |chart n|nhs|health |medicare|insurance ",
    "(?:病历|病案|病例|住院|门诊|就诊卡?|挂号|检查|检验|影像|医保卡?|(?:社保|社会保障)卡?|医疗卡|诊疗卡|登记)"
    r"(?:号码?|编号|卡号)|(?<![a-z])(?:mrn|medical record|patient (?:id|no|number|ref)"
    r"|hospital (?:id|no|number)|chart (?:no|number)|nhs(?= ?(?:no|num|[0-9:#]))"
    r"|health (?:card|insurance)|medicare|insurance (?:no|number|id))",
)
_RECORD = re.compile(rf"[a-z]{{0,4}}-?[0-9](?:[ -]?[0-9]){{3,17}}{ENDS}")


def passports(view: View) -> Spans:
    """Return passport and travel permit numbers after their label; no form tells them."""
    found = values(_PASSPORT_LABEL, _PASSPORT, view)
    return disjoint([match.span() for match in found if not is_day(match[0])])


def plates(view: View) -> Spans:
    """Return licence plates: Chinese ones by their form, capital ones of elsewhere by a label."""
    spans = [match.span() for match in values(_PLATE_LABEL, _PLATE_VALUE, view, is_cased=True)]
    if not view.near.isascii():
        spans += [match.span() for match in _PLATE.finditer(view.plain) if _is_plate(match)]
    return disjoint(spans)


def _is_plate(found: re.Match[str]) -> bool:
    """Return whether a plate by form is one: some provinces end words (更新B52000, 北京A12345)."""
    plain, (start, end) = found.string, found.span()
    if found["dot"] or found[0][0] not in _ALSO_WORDS:
        return True
    if _NO_PLATE.match(plain, end):
        return False
    if not _WORD.search(plain, max(0, start + 1 - _WORD_LENGTH), start + 1):
        return True
    # what a mask hides has another length once it is a placeholder: no word reaches across one
    before = plain[max(0, start - _PLATE_BEFORE) : start].rpartition(MASK)[2]
    after = plain[end : end + _PLATE_AFTER].partition(MASK)[0]
    return _BY_PLATE.search(before) is not None or _BY_PLATE.search(after) is not None


def records(view: View) -> Spans:
    """Return numbers of patients, hospital stays and insurances after their label."""
    found = values(_RECORD_LABEL, _RECORD, view)
    return disjoint([match.span() for match in found if not is_day(match[0])])


# -- network addresses -----------------------------------------------------------------------------

_IPV4 = re.compile(
    r"(?<![0-9a-z.%])(?<![0-9]-)(?:[0-9]{1,3}\.){3}[0-9]{1,3}(?![0-9a-z%]|[.-][0-9])"
)
_IPV6 = re.compile(r"(?<![0-9a-z.])(?<![0-9a-f:]:)[23][0-9a-f]{3}:[0-9a-f:]{2,34}(?![0-9a-z:])")
_NOT_IP = re.compile(
    r"(?:版本?|章|节|条|第|表|图|号|v|(?<![a-z])(?:version|ver|release|section|sec|chapter|table|figure"
    r"|fig|clause|§|build|driver|firmware|os|ios|android|windows))[\s:#.]{0,3}$"
)
_IP_LABEL = re.compile(r"(?:ip|地址|host|addr\w*|来自|登录|server|login|from)[^0-9\x02\x1f]{0,12}$")


def ips(view: View) -> Spans:
    """Return public network addresses.

    Four small numbers may be a version or a section: without a label two of them must have two
    digits. Private, local and reserved ranges are nobody's.
    """
    plain, spans = view.plain, []
    if plain.count(".") >= 3:
        spans = [m.span() for m in matches(_IPV4, plain, view.runs) if _is_ipv4(m, plain)]
    if plain.count(":") >= 2:
        spans += [m.span() for m in matches(_IPV6, plain, view.runs) if _is_public(m[0])]
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
