"""Personal numbers, addresses and secrets out of a text, placeholders in.

Enters any text, leaves it with `[email]`, `[id]`, `[card]`, `[phone]`, and where they stood:

=====================================  ==============================
``手机13912345678已停机``                 ``手机[phone]已停机``
``mail bob@example.com, thanks``       ``mail [email], thanks``
``病历号：0012345，DOB 05/01/1990``       ``病历号：[record]，DOB [birth]``
``订单号 2026112344710088``              untouched
=====================================  ==============================

The finders of a set of rules run in its order, each blind to what an earlier one took. All
look-arounds are ASCII, so Chinese characters may touch; full-width digits and signs are read as
half-width. A number that touches a further digit is left alone, and so is one that is *labelled*
as something else (订单号, tracking no.).

A set of rules keeps its meaning: a model carries the name of the one that prepared its texts. Its
kinds and their rules stand in `personal` (`redact.v1`: email, id, card, phone), and for `redact.v2`
in `personal_codes`, `personal_facts`, `personal_homes`, `personal_labelled`, `personal_mails`,
`personal_phones` and `personal_secrets`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace

from chainring.contracts.errors import InputError, UnknownNameError, did_you_mean
from chainring.text.characters import CharacterMap
from chainring.text.personal import FIRST_MASK, MASK, bank_cards, emails, identity_cards, phones
from chainring.text.personal_codes import foreign_identities, ips, passports, plates, records
from chainring.text.personal_facts import addresses, births, names
from chainring.text.personal_labelled import all_cards, all_ibans, labelled_identities
from chainring.text.personal_mails import all_emails
from chainring.text.personal_phones import all_phones
from chainring.text.personal_secrets import accounts, secrets
from chainring.text.places import Spans, View, digit_runs, disjoint, near_digits, number_starts

Finder = Callable[[View], Spans]


def _ids(view: View) -> Spans:
    return identity_cards(view.plain, view.starts) if view.starts else []


def _all_ids(view: View) -> Spans:
    return disjoint(_ids(view) + foreign_identities(view) + labelled_identities(view))


def _cards(view: View) -> Spans:
    return bank_cards(view.plain, view.starts) if view.starts else []


def _emails(view: View) -> Spans:
    return emails(view.plain)


def _all_emails(view: View) -> Spans:
    return all_emails(view.plain)


def _phones(view: View) -> Spans:
    return phones(view.plain, view.starts) if view.starts else []


_V1: dict[str, Finder] = {"email": _emails, "id": _ids, "card": _cards, "phone": _phones}
_V2: dict[str, Finder] = {
    "secret": secrets,
    "email": _all_emails,
    "iban": all_ibans,
    "id": _all_ids,
    "card": all_cards,
    "record": records,
    "passport": passports,
    "account": accounts,
    "birth": births,
    "plate": plates,
    "phone": all_phones,
    "ip": ips,
    "address": addresses,
    "name": names,
}
_RULES: dict[str, dict[str, Finder]] = {"redact.v1": _V1, "redact.v2": _V2}

OLDEST_RULES = "redact.v1"
RULES = "redact.v2"
"""The rules of today; those of a stored model stand in its `model.json`."""
KINDS = tuple(_V2)
"""All kinds that the rules of today can find."""
BY_DEFAULT = frozenset(KINDS) - {"name"}
"""What `redact` takes out unless told: all but names, which are only found beside titles."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One finding: its kind (email, id, card …) and its place in the text that entered."""

    kind: str
    start: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Redaction:
    """A text with placeholders, and what they stand for, in order of place."""

    text: str
    found: tuple[Found, ...] = ()


def _plain(char: str) -> str:
    category = unicodedata.category(char)
    if category == "Nd":
        return str(unicodedata.decimal(char))
    if category == "Pd" or char == "−":
        return "-"
    if category == "Zs":
        return " "
    is_wide = "！" <= char <= "～" or char == "￥"
    narrow = unicodedata.normalize("NFKC", char) if is_wide else char
    return narrow.lower() if narrow.isascii() else narrow


_TRADITIONAL, _SIMPLIFIED = (  # of labels and addresses: 電話, 身份證, 密碼, 3樓
    "電話號碼機單樓棟層門區縣鎮鄉莊灣園廣場廈條歲歷醫療診檢驗動態寶賬帳聯繫傳熱線撥現給發戶訂運編"
    "貨護證駕駛執銀儲貸資業為於誕設續間裡東臺龍陽陝蘇滬粵贛魯貴雲遼寧車牌違學齡蓄際轉對開鎖餘個塊萬億種組數後當點這還請來們過趕會農辦報復斷術課體",
    "电话号码机单楼栋层门区县镇乡庄湾园广场厦条岁历医疗诊检验动态宝账帐联系传热线拨现给发户订运编"
    "货护证驾驶执银储贷资业为于诞设续间里东台龙阳陕苏沪粤赣鲁贵云辽宁车牌违学龄蓄际转对开锁余个块万亿种组数后当点这还请来们过赶会农办报复断术课体",
)
_SIMPLE = dict(zip(_TRADITIONAL, _SIMPLIFIED, strict=True))
_PLAIN = CharacterMap(_plain)  # one character for one: places stay
_PLAIN_SIMPLE = CharacterMap(lambda char: _SIMPLE.get(char) or _plain(char))
_PLACEHOLDERS = {
    name: re.compile(rf"\[(?:{'|'.join(finders)})\]") for name, finders in _RULES.items()
}
_DIGIT = re.compile("[0-9]")
_CLOSE_DIGITS = re.compile(r"[0-9][0-9 ().-]{5,}[0-9]")
HINTS = (
    "@",
    "-----begin",
    "hf_",
    "akia",
    "微信",
    "wechat",
    "weixin",
    "vx",
    "wx",
    "加v",
    "+v",
    "telegram",
    "skype",
    "instagram",
    "密码",
    "口令",
    "passw",
    "passphrase",
    "passcode",
    "pwd",
)
"""What makes a text without digits worth a look, in small letters."""


def redact(text: str, *, kinds: Collection[str] = BY_DEFAULT, rules: str = RULES) -> Redaction:
    """Return `text` with personal numbers, addresses and secrets replaced by placeholders.

    What stands outside the findings is unchanged, and ``redact(redact(text).text)`` finds nothing.
    Zero-width characters inside a number hide it: normalise first.

    Parameters
    ----------
    text
        Any text, any length.
    kinds
        What to take out, of `KINDS`; all but names by default.
    rules
        The set of rules: ``redact.v2``, or ``redact.v1`` as older models were prepared.

    Raises
    ------
    UnknownNameError
        When the set of rules is not known.
    InputError
        When a kind is not known.

    >>> redact("邮箱zhang@qq.com谢谢").text
    '邮箱[email]谢谢'
    >>> redact("call (020) 7946 0958").found
    (Found(kind='phone', start=5, end=20),)
    >>> redact("患者张伟先生，病历号0012345", kinds=KINDS).text
    '患者[name]先生，病历号[record]'
    """
    if rules not in _RULES:
        raise UnknownNameError("set of redaction rules", rules, _RULES)
    _check(kinds)
    plain = text.translate(_PLAIN if rules == OLDEST_RULES else _PLAIN_SIMPLE)
    if not _is_worth_a_look(plain, kinds=kinds, rules=rules):
        return Redaction(text=text)
    view = _view(text, plain, rules=rules)
    found: list[Found] = []
    while True:
        view, more = _round(view, kinds=kinds, rules=rules)
        found += more
        if not more or rules == OLDEST_RULES:
            break
    found.sort(key=lambda one: one.start)
    return Redaction(text=_replaced(text, found), found=tuple(found))


def rule_sets() -> tuple[str, ...]:
    """Return the names of all sets of rules, oldest first."""
    return tuple(_RULES)


def _check(kinds: Collection[str]) -> None:
    if kinds is BY_DEFAULT or kinds is KINDS:
        return
    faults = [f"{kind!r}{did_you_mean(kind, KINDS)}" for kind in kinds if kind not in KINDS]
    if faults:
        raise InputError("unknown kinds of personal data", faults=faults)


def _is_worth_a_look(plain: str, *, kinds: Collection[str], rules: str) -> bool:
    if rules == OLDEST_RULES:
        return "@" in plain or _CLOSE_DIGITS.search(plain) is not None
    if "name" in kinds or _DIGIT.search(plain):
        return True
    for word in HINTS:  # a loop: `any` over a generator costs a short text twice the time
        if word in plain:
            return True
    return False


def _view(text: str, plain: str, *, rules: str) -> View:
    masks = [match.span() for match in _PLACEHOLDERS[rules].finditer(plain)]
    plain = _masked(plain, masks, rules=rules)
    runs = [] if rules == OLDEST_RULES else digit_runs(plain)
    return View(
        text=_masked(text, masks, rules=rules),
        plain=plain,
        starts=number_starts(plain),
        runs=runs,
        near=near_digits(plain, runs),
    )


def _round(view: View, *, kinds: Collection[str], rules: str) -> tuple[View, list[Found]]:
    """Return the view with masks over what the finders found, each once, and the findings.

    What one finder masks may free a neighbour for an earlier one: rounds end when none finds more.
    """
    found: list[Found] = []
    for kind, finder in _RULES[rules].items():
        spans = finder(view) if kind in kinds else []
        if spans:
            found += [Found(kind=kind, start=start, end=end) for start, end in spans]
            view = replace(
                view,
                plain=_masked(view.plain, spans, rules=rules),
                text=_masked(view.text, spans, rules=rules),
            )
    return view, found


def _masked(plain: str, spans: Spans, *, rules: str) -> str:
    pieces, at = [], 0
    mask = FIRST_MASK if rules == OLDEST_RULES else MASK
    for start, end in spans:
        pieces += [plain[at:start], mask * (end - start)]
        at = end
    return "".join(pieces) + plain[at:] if spans else plain


def _replaced(text: str, found: list[Found]) -> str:
    pieces, at = [], 0
    for one in found:
        pieces += [text[at : one.start], f"[{one.kind}]"]
        at = one.end
    return "".join(pieces) + text[at:]
