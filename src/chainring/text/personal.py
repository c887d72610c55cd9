r"""How a mail address, an identity card, a bank card and a phone number look in plain text.

Enters text whose digits, dashes, spaces and full-width signs are ASCII and whose letters are lower
case; leaves sorted, disjoint spans. Every pattern is linear: repeats are bounded or possessive.

Three things decide whether a number is personal: its *form* (length, prefix, check digit), what
*touches* it (a digit always refuses it, a Latin letter mostly), and its *label*, a word right
before it. A label never reaches across a digit or a mask, so a redacted text stays as it is.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Sequence

from chainring.text.places import Spans, around_ats, disjoint, matches

MASK = "\x02"
"""Stands for every character of a placeholder; ends every label and every number."""
FIRST_MASK = "\x1f"
"""The same for `redact.v1`. It counts as a space, so that a label may reach across a short one."""

_LABEL_REACH = 28  # characters before a number in which its label may stand


def _digits(text: str) -> str:
    return "".join(filter(str.isdigit, text))


def _is_labelled(label: re.Pattern[str], plain: str, start: int) -> bool:
    return label.search(plain, max(0, start - _LABEL_REACH), start) is not None


# A label of another kind of number, right before it: 订单号：…, order no. …, tracking number is …
_LINK = r"[\s:：=#\"'“”]|是|为|号码?|编号|码|number|no\b|nr\b|num\b|id\b|code\b|is\b|was\b|[.]"
_OTHER = re.compile(
    r"(?:订单|单号|运单|流水|交易|编号|编码|条码|条形码|型号|货号|序列号|发票|票号|工单|案件"
    r"|(?<![a-z])(?:orders?|tracking|invoice|parcel|shipment|waybill|reference|ref|transaction|ticket"
    rf"|serial|sku|ean|isbn|barcode|product|item|case|receipt|booking))(?:{_LINK}){{0,8}}$"
)


def is_other(plain: str, start: int) -> bool:
    """Return whether the number at `start` is labelled as an order, a parcel or the like."""
    return _is_labelled(_OTHER, plain, start)


# -- mail addresses ----------------------------------------------------------------------------

_LOCAL = r"[a-z0-9._%+'-]"
_EMAIL = re.compile(  # a run without a domain is stepped over whole, so that time stays linear
    rf"[.%+'-]*+(?P<whole>{_LOCAL}++@(?:[a-z0-9-]{{1,63}}\.){{1,8}}[a-z]{{2,24}})|{_LOCAL}++"
)


def emails(plain: str) -> Spans:
    """Return mail addresses: Latin ones, so that 邮箱zhang@qq.com谢谢 loses no Chinese.

    >>> emails("邮箱zhang@qq.com谢谢")
    [(2, 14)]
    """
    found = (match for run in around_ats(plain) for match in _EMAIL.finditer(plain, *run))
    return [match.span("whole") for match in found if match["whole"]]


# -- identity cards ----------------------------------------------------------------------------

_PROVINCES = frozenset(
    "11 12 13 14 15 21 22 23 31 32 33 34 35 36 37 41 42 43 44 45 46 50 51 52 53 54 61 62 63 64 65"
    " 71 81 82 83".split()
)
_ID_18 = re.compile(
    r"(?<![0-9])[1-8][0-9]{5}([ -]?)(?:19|20)[0-9]{6}\1[0-9]{3}[ -]?(?:x|[0-9](?![0-9]))"
)
_ID_15 = re.compile(r"(?<![0-9a-z])[1-8][0-9]{14}(?![0-9a-z])")
_ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_ID_LABEL = re.compile(
    r"(?:身份证|身份证件|证件号|公民身份|identity|(?<![a-z])id(?![a-z]))[^0-9\x02\x1f]{0,16}$"
)


def identity_cards(plain: str, starts: Sequence[int] | None = None) -> Spans:
    """Return Chinese identity cards: GB 11643 with province, birth date and check digit.

    Of random 18-digit numbers about 1 in 50,000 passes. The 15-digit form of before 1999 has no
    check digit and needs a label (身份证, ID).

    >>> identity_cards("身份证11010519491231002x。")
    [(3, 21)]
    """
    spans = [match.span() for match in matches(_ID_18, plain, starts) if _is_id_18(match[0])]
    spans += [match.span() for match in matches(_ID_15, plain, starts) if _is_id_15(match, plain)]
    return disjoint(spans)


def _is_id_18(found: str) -> bool:
    number = found.replace(" ", "").replace("-", "")
    total = sum(int(digit) * w for digit, w in zip(number, _ID_WEIGHTS, strict=False))
    is_checked = number[17] == "10x98765432"[total % 11]
    return is_checked and number[:2] in _PROVINCES and _is_day(number[6:14])


def _is_id_15(match: re.Match[str], plain: str) -> bool:
    number = match[0]
    is_form = number[:2] in _PROVINCES and _is_day("19" + number[6:12])
    return is_form and _is_labelled(_ID_LABEL, plain, match.start())


def is_date(number: str) -> bool:
    """Return whether `number` is written as a day of this century: 20261123.

    >>> is_date("20261123"), is_date("20261323")
    (True, False)
    """
    return len(number) == 8 and number.startswith("20") and _is_day(number)


def _is_day(eight: str) -> bool:
    year, month, day = int(eight[:4]), int(eight[4:6]), int(eight[6:])
    if not (1900 <= year <= 2049 and 1 <= month <= 12 and day >= 1):
        return False
    return day <= (datetime.date(year + month // 12, month % 12 + 1, 1) - _DAY).day


_DAY = datetime.timedelta(days=1)

# -- bank cards --------------------------------------------------------------------------------

_CARD_LABEL = re.compile(
    r"(?:卡号|银行卡|信用卡|储蓄卡|借记卡|贷记卡|工资卡|账号|账户|帐号|帐户|银联"
    r"|(?<![a-z])(?:cards?|account|acct|visa|mastercard|amex|unionpay|debit|credit))[^0-9\x02\x1f]{0,16}$"
)
_CARD_START = r"(?:(?<![0-9a-z$¥€£])|(?<=card)|(?<=visa))"
_CARD_FORMS = tuple(
    re.compile(f"{_CARD_START}{form}(?![0-9a-z])")
    for form in (
        r"[2-9][0-9]{12,18}",
        r"[2-9][0-9]{3}([ -])[0-9]{4}\1[0-9]{4}\1[0-9]{4}(?:\1[0-9]{1,3})?",
        r"[2-9][0-9]{3}([ -])[0-9]{4}\1[0-9]{4}\1[0-9]{4}",
        r"3[0-9]{3}([ -])[0-9]{6}\1[0-9]{4,5}",
        r"[69][0-9]{5}([ -])[0-9]{10,13}",
    )
)
_NETWORKS = re.compile(  # issuer prefixes by length; 62 and 9558 are Chinese
    r"3[47].{13}|3(?:0[0-5]|[689].).{11}|35(?:2[89]|[3-8].).{12}"
    r"|4.{15}|5[1-5].{14}|6(?:011|4[4-9].|5..).{12}|62.{14,17}|81.{14}"
    r"|(?:9558|4367|4563|4055|6013|6014|6032|6223).{13,15}"
)
_NETWORKS_GROUPED = re.compile(r"2(?:2[2-9]|[3-6].|7[01]|720).{12,13}")


def bank_cards(plain: str, starts: Sequence[int] | None = None) -> Spans:
    """Return bank cards: 13 to 19 digits that pass Luhn, with a known issuer prefix or a label.

    Of random numbers these pass without a label: 16 digits about 2 %, 19 digits about 0.15 %.
    A label (卡号, card) takes any prefix; a label of something else (订单号, order) refuses
    a number without groups. Mastercard's 2-series looks like a date (2611…) and so needs a label
    or groups of four, and so do 13 digits, which are mostly bar codes.

    >>> bank_cards("卡号6222 0212 3456 7890 128")
    [(2, 25)]
    """
    spans = [
        match.span()
        for form in _CARD_FORMS
        for match in matches(form, plain, starts)
        if _is_card(match, plain)
    ]
    return disjoint(spans)


def _is_card(match: re.Match[str], plain: str) -> bool:
    number = _digits(match[0])
    if not is_luhn(number):
        return False
    if _is_labelled(_CARD_LABEL, plain, match.start()):
        return True
    if match[0] != number and _NETWORKS_GROUPED.fullmatch(number):
        return True
    is_another = match[0] == number and is_other(plain, match.start())
    return not is_another and _NETWORKS.fullmatch(number) is not None


def is_luhn(number: str) -> bool:
    """Return whether the digits of `number` pass Luhn's check (ISO/IEC 7812-1, annex B)."""
    doubled = sum(sum(divmod(2 * int(digit), 10)) for digit in number[-2::-2])
    return (doubled + sum(map(int, number[::-2]))) % 10 == 0


# -- phone numbers -----------------------------------------------------------------------------

_START = (  # a parenthesis starts a number anywhere; a plus must not follow one, read or masked
    r"(?:(?=\()|(?=[+])(?<![0-9a-z\x02\x1f])|(?=[0-9])(?:(?<![0-9a-z$¥€£#])"
    r"|(?<=tel)|(?<=phone)|(?<=mobile)|(?<=whatsapp)|(?<=wechat)))"
)
_END = r"(?![0-9a-z])"
_EXTENSION = r"(?:(?:转|-| ?ext\.? ?| ?x)[0-9]{1,5}(?![0-9]))?"
_ALONE = r"(?<![0-9\x02\x1f][-.])"  # no further group of digits hangs on it: 20261123-555-867-5309
_ALONE_END = r"(?![-.][0-9\x02\x1f])"
_PHONE_FORMS = tuple(
    re.compile(form)
    for form in (
        # mainland mobiles: 13912345678, +86 139 1234 5678, 139-1234-5678
        rf"{_START}(?:(?:(?:\+|00)?86|\(\+?86\))[ -]?)?1[3-9][0-9]"
        rf"(?:[0-9]{{8}}|([ -])[0-9]{{4}}\1[0-9]{{4}}|([ -])[0-9]{{3}}\2[0-9]{{5}})"
        rf"{_END}{_EXTENSION}",
        # mainland landlines with area code: 010-62345678, (0755)8888 9999, +86 21 6234 5678
        rf"{_START}(?:(?:\+|00)86[ -]?\(?0?|\(0|0)(?:10|2[0-57-9]|[3-9][0-9]{{2}})(?:[ -]|\) ?)"
        rf"[2-8][0-9]{{2,3}}[ -]?[0-9]{{4}}{_END}{_EXTENSION}",
        rf"{_START}(?:\+|00)86(?:10|2[0-57-9]|[3-9][0-9]{{2}})[2-8][0-9]{{6,7}}{_END}",
        # service numbers: 400-810-1234, 400 8101234
        rf"{_START}[48]00[ -](?:[0-9]{{3}}[ -]?[0-9]{{4}}|[0-9]{{4}}[ -]?[0-9]{{3}}){_END}",
        # British: (020) 7946 0958, 0161 496 0123, 07700 900123, 07700900123
        rf"{_START}{_ALONE}(?:\(0[1-9][0-9]{{1,4}}\) ?|0[1-9][0-9]{{1,3}}[ -])"
        rf"[0-9]{{3,4}}[ -]?[0-9]{{3,4}}{_END}{_ALONE_END}",
        rf"{_START}{_ALONE}07[0-9]{{3}} ?[0-9]{{3}} ?[0-9]{{3}}{_END}{_ALONE_END}",
        # North American: 555-867-5309, (555) 867-5309, 1-800-555-0199, 555.867.5309
        rf"{_START}{_ALONE}(?:1[-. ])?(?:\([2-9][0-9]{{2}}\) ?|[2-9][0-9]{{2}}([-.]))"
        rf"[2-9][0-9]{{2}}(?(1)\1|[-. ])[0-9]{{4}}{_END}{_ALONE_END}{_EXTENSION}",
    )
)
_ABROAD = tuple(  # +442079460958; +44 20 7946 0958, +1 (415) 555-2671, 0044 20 7946 0958
    re.compile(form)
    for form in (
        rf"{_START}\+[1-9][0-9]{{8,14}}{_END}",
        *(
            rf"{_START}(?:\+[1-9][0-9]{{0,2}}[ .-]?|00[1-9][0-9]{{0,2}}[ -])(?:\(0\) ?)?"
            rf"\(?[0-9]{{1,5}}\)?(?:[ .-][0-9]{{2,8}}){{{groups}}}{_END}"
            for groups in range(1, 6)
        ),
    )
)
# a number that only its label makes a phone: 电话62345678, call 867-5309, phone: 5558675309
_PHONE_LABEL = re.compile(
    r"(?:电话|座机|固话|热线|致电|拨打|传真|(?<![a-z])(?:tele)?phone|(?<![a-z])(?:tel|call|fax|ring|cell|mobile"
    r"|text|whatsapp))"
    r"(?:[\s:：=\"'“”.]|是|为|号码?|number|no\b|me|us|at|on|is|my){0,8}$"
)
_PHONE_LABEL_REACH = 64  # the longest label with its links has 57 characters
_PHONE_SHORT = re.compile(
    r"(?<![0-9a-z])(?:0(?:10|2[0-57-9]|[3-9][0-9]{2})[2-8][0-9]{6,7}"
    r"|[2-9][0-9]{2}[ -]?[2-9][0-9]{2}[ -]?[0-9]{4}|[2-8][0-9]{2,3}[ -]?[0-9]{4})"
    rf"{_END}{_ALONE_END}"
)


def phones(plain: str, starts: Sequence[int] | None = None) -> Spans:
    """Return phone numbers: mainland, international, British and North American forms.

    Of random 11-digit numbers about 8 % begin like a Chinese mobile and 1 % like a British one, so
    a number labelled as something else (订单号13912345678) is left. Shorter numbers, and landlines
    without separators, need a label (电话, call).

    >>> phones("手机13912345678已停机"), phones("订单号13912345678")
    ([(2, 13)], [])
    """
    spans = [
        match.span()
        for form in _PHONE_FORMS
        for match in matches(form, plain, starts)
        if match[0][0] == "+" or not is_other(plain, match.start())
    ]
    abroad = (match for form in _ABROAD for match in matches(form, plain, starts))
    spans += [match.span() for match in abroad if 9 <= len(_digits(match[0])) <= 15]
    short = matches(_PHONE_SHORT, plain, starts)
    spans += [m.span() for m in short if _is_labelled_phone(plain, m.start()) and not is_date(m[0])]
    return disjoint(spans)


def _is_labelled_phone(plain: str, start: int) -> bool:
    return _PHONE_LABEL.search(plain, max(0, start - _PHONE_LABEL_REACH), start) is not None
