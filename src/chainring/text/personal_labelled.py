r"""Identity numbers, cards and bank accounts that only their label tells: a digit of them is wrong.

Enters a `View`, leaves sorted, disjoint spans:

==========================================  ==================================================
``身份证号：110105194912310021``               id: 15 to 18 digits right after an identity card
``我身份证丢了，号码110105194912310021``          id: farther on, with the form of one
``HKID A123456(4)``, ``driving licence …``    id: of Hong Kong, Taiwan and Macau; of drivers
``建行卡号 6217000010001234567``               card: 13 to 19 digits after 卡号, *card number*
``IBAN DE89 3704 0044 0532 0130 01``          iban: with a wrong check, too
==========================================  ==================================================

Who mistypes a number has named a person all the same; without a label such a number stays.
"""

from __future__ import annotations

import re

from chainring.text.personal import bank_cards, is_date, is_luhn, is_other
from chainring.text.personal_codes import ENDS, ibans, is_day, labelled
from chainring.text.places import Spans, View, disjoint, labels, matches, values

# -- identities ----------------------------------------------------------------------------------

_CHINESE = "[0-9]{14,17}[0-9x]|[0-9]{6}(?P<s>[ -])[0-9]{8}(?P=s)[0-9]{2,3}[0-9x]"
_ISLANDS = (  # Hong Kong, Taiwan, Macau
    r"[a-z]{1,2}[0-9]{6} ?(?:\([0-9a]\)|[0-9a])|[a-z][0-9]{8,9}"
    r"|[157][0-9]{6} ?\([0-9]\)|[157]/[0-9]{6}/[0-9]"
)
_LABEL = labelled(
    "身份证|身分证|公民身份|证件号|社会保障|社保号|驾驶证|驾驶执照|驾照|居住证|driver|driving"
    "|hkid|id card|identity card|identity n|national id|national ins|ni n|nino"
    "|aadhaar|social insurance|itin",
    "(?P<chinese>身[份分]证(?:字号|统一编号)?|公民身份|证件号码?|居住证)|(?P<insured>社会保障|社保号码?)"
    "|(?P<driver>(?:驾驶证|驾照)(?:档案)?|驾驶执照"
    r"|(?<![a-z])(?:driver(?:['’]?s?['’]?)|driving) (?:licen[cs]e|permit))"
    "|(?<![a-z])(?:(?P<island>(?:hkid(?: card)?|(?:identity|id) card|national id"
    "|identity n(?:o|umber))(?![a-z]))"
    "|(?P<british>national insurance|ni (?=no|num)|nino(?![a-z]))"
    "|(?P<state>(?:aadhaar(?: card)?|social insurance|itin)(?![a-z])))",
)
_VALUES = {
    kind: re.compile(f"(?:{value}){ENDS}")
    for kind, value in {
        "chinese": f"{_CHINESE}|{_ISLANDS}",
        "insured": _CHINESE,
        "driver": f"{_CHINESE}|(?=(?:[a-z]{{0,5}}-?[0-9]){{5}})[0-9a-z](?:-?[0-9a-z]){{5,18}}",
        "island": f"{_CHINESE}|{_ISLANDS}",
        "british": "[a-z]{2} ?[0-9]{2} ?[0-9]{2} ?[0-9]{2} ?[a-d]",
        "state": "[0-9](?:[ -]?[0-9]){8,11}",
    }.items()
}
_FORM = re.compile(  # a county, a day of birth, a number within the day, a check digit
    r"(?<![0-9a-z])[1-8][0-9]{5}(?:19|20)[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])"
    r"[0-9]{3}[0-9x](?![0-9a-z])"
)
_NEAR = re.compile(r"(?:身[份分]证|证件号|公民身份|(?<![a-z])id(?![a-z]))[^0-9\x02\x1f]{0,16}$")
_NEAR_REACH = 28


def labelled_identities(view: View) -> Spans:
    """Return identity numbers by their label, whatever their check digits say."""
    plain = view.plain
    spans: Spans = []
    for label in matches(_LABEL.pattern, plain, labels(_LABEL.words, view)):
        value = _VALUES[label.lastgroup or ""].match(plain, label.end())
        if value and not is_day(value[0]) and not is_date(value[0]):
            spans.append(value.span())
    spans += [m.span() for m in matches(_FORM, plain, view.starts) if _is_near_label(m)]
    return disjoint(spans)


def _is_near_label(found: re.Match[str]) -> bool:
    plain, start = found.string, found.start()
    is_near = _NEAR.search(plain, max(0, start - _NEAR_REACH), start) is not None
    return is_near and not is_other(plain, start)


# -- cards and accounts --------------------------------------------------------------------------

_CARD_LABEL = labelled(
    "卡号|卡是|卡为|行卡|信用卡|储蓄卡|借记卡|贷记卡|工资卡|card n|card #|card:|card :"
    "|credit card|debit card|bank card",
    "(?<=[银工农中建交招邮商])行卡|(?:信用|储蓄|借记|贷记|工资)卡|卡(?=号|[是为])"
    r"|(?<![a-z])(?:card(?= n(?:o|um|r)| ?[#:])|(?:credit|debit|bank) card)",
)
_CARD = re.compile(
    r"(?:[0-9]{13,19}|[0-9]{4}([ .-])[0-9]{4}\1[0-9]{4}\1[0-9]{4}(?:\1[0-9]{3}(?![0-9/]))?"
    r"|[0-9]{4}([ .-])[0-9]{6}\2[0-9]{4,5}|[0-9]{6}([ -])[0-9]{10,13})"
    rf"{ENDS}"
)
_DOTTED = re.compile(
    r"(?<![0-9a-z.$¥€£])[3-6][0-9]{3}\.[0-9]{4}\.[0-9]{4}\.[0-9]{4}(?![0-9a-z]|\.[0-9])"
)


def all_cards(view: View) -> Spans:
    """Return what `personal.bank_cards` finds, cards with points, and those right after 卡号."""
    if not view.starts:
        return []
    spans = bank_cards(view.plain, view.starts)
    if view.plain.count(".") >= 3:
        dotted = matches(_DOTTED, view.plain, view.starts)
        spans += [match.span() for match in dotted if is_luhn(match[0].replace(".", ""))]
    begun = {start for start, _ in spans}
    labelled_ones = values(_CARD_LABEL, _CARD, view)
    spans += [match.span() for match in labelled_ones if match.start() not in begun]
    return disjoint(spans)


_IBAN_LABEL = labelled("iban", r"(?<![a-z])iban(?![a-z])")
_IBAN = re.compile(
    r"[a-z]{2}[0-9]{2}(?:[0-9a-z]{10,30}|(?:[ -]?[a-z]{4})?(?:[ -]?[0-9]){8,26})(?![0-9a-z])"
)


def all_ibans(view: View) -> Spans:
    """Return what `personal_codes.ibans` finds, and what stands right after its name."""
    spans = ibans(view)
    if "iban" not in view.near:
        return spans
    begun = {start for start, _ in spans}
    named = values(_IBAN_LABEL, _IBAN, view)
    return disjoint(spans + [match.span() for match in named if match.start() not in begun])
