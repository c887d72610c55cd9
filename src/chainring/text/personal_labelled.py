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

from chainring.text.personal import bank_cards, is_luhn, is_other
from chainring.text.personal_codes import ENDS, ibans, is_day, labelled
from chainring.text.places import Spans, View, disjoint, matches, values

# -- identities ----------------------------------------------------------------------------------

_CHINESE = "身份证|身分证|公民身份|证件号|社会保障|社保号|驾驶证|驾驶执照|驾照|居住证"
_CHINESE_LABEL = labelled(_CHINESE, _CHINESE)
_CHINESE_ID = re.compile(
    rf"(?:[0-9]{{14,17}}[0-9x]|[0-9]{{6}}([ -])[0-9]{{8}}\1[0-9]{{2,3}}[0-9x]){ENDS}"
)
_FILE_OF_DRIVER = re.compile(rf"[0-9]{{12}}{ENDS}")
_DRIVER_ZH = labelled("驾驶证|驾照", "(?:驾驶证|驾照)(?:档案)?")
_DRIVER = labelled(
    "driver|driving", r"(?<![a-z])(?:driver(?:['’]?s?['’]?)|driving) (?:licen[cs]e|permit)"
)
_DRIVER_VALUE = re.compile(rf"(?=(?:[a-z]{{0,5}}-?[0-9]){{5}})[0-9a-z](?:-?[0-9a-z]){{5,18}}{ENDS}")
_ISLAND_LABEL = labelled(
    "身份证|身分证|hkid|id card|identity card|national id|identity n",
    r"身[份分]证(?:字号|统一编号)?|(?<![a-z])(?:hkid(?: card)?|(?:identity|id) card|national id"
    r"|identity n(?:o|umber))(?![a-z])",
)
_ISLAND_ID = re.compile(  # Hong Kong, Taiwan, Macau
    r"(?:[a-z]{1,2}[0-9]{6} ?(?:\([0-9a]\)|[0-9a])|[a-z][0-9]{9}"
    rf"|[157][0-9]{{6}} ?\([0-9]\)|[157]/[0-9]{{6}}/[0-9]){ENDS}"
)
_NINO_LABEL = labelled(
    "national ins|ni no|ni num|nino",
    r"(?<![a-z])(?:national insurance|ni (?=no|num)|nino(?![a-z]))",
)
_NINO = re.compile(rf"[a-z]{{2}} ?[0-9]{{2}} ?[0-9]{{2}} ?[0-9]{{2}} ?[a-d]{ENDS}")
_STATE_LABEL = labelled(
    "aadhaar|social insurance|itin",
    r"(?<![a-z])(?:aadhaar(?: card)?|social insurance|itin)(?![a-z])",
)
_STATE_ID = re.compile(rf"[0-9](?:[ -]?[0-9]){{8,11}}{ENDS}")
_RIGHT_AFTER = (
    (_CHINESE_LABEL, _CHINESE_ID),
    (_DRIVER_ZH, _FILE_OF_DRIVER),
    (_DRIVER, _DRIVER_VALUE),
    (_ISLAND_LABEL, _ISLAND_ID),
    (_NINO_LABEL, _NINO),
    (_STATE_LABEL, _STATE_ID),
)
_FORM = re.compile(  # a county, a day of birth, a number within the day, a check digit
    r"(?<![0-9a-z])[1-8][0-9]{5}(?:19|20)[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])"
    r"[0-9]{3}[0-9x](?![0-9a-z])"
)
_NEAR = re.compile(r"(?:身[份分]证|证件号|公民身份|(?<![a-z])id(?![a-z]))[^0-9\x02\x1f]{0,16}$")
_NEAR_REACH = 28


def labelled_identities(view: View) -> Spans:
    """Return identity numbers by their label, whatever their check digits say."""
    found = [m for label, value in _RIGHT_AFTER for m in values(label, value, view)]
    spans = [match.span() for match in found if not is_day(match[0])]
    spans += [m.span() for m in matches(_FORM, view.plain, view.starts) if _is_near_label(m)]
    return disjoint(spans)


def _is_near_label(found: re.Match[str]) -> bool:
    plain, start = found.string, found.start()
    is_near = _NEAR.search(plain, max(0, start - _NEAR_REACH), start) is not None
    return is_near and not is_other(plain, start)


# -- cards and accounts --------------------------------------------------------------------------

_CARD_LABEL = labelled(
    "卡号|卡是|卡为|行卡|信用卡|储蓄卡|借记卡|贷记卡|工资卡|card n|card #|credit card|debit card"
    "|bank card",
    "(?<=[银工农中建交招邮商])行卡|(?:信用|储蓄|借记|贷记|工资)卡|卡(?=号|[是为])"
    r"|(?<![a-z])(?:card (?=n(?:o|um|r)|#)|(?:credit|debit|bank) card)",
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
    begun = {start for start, _ in spans}
    named = values(_IBAN_LABEL, _IBAN, view)
    return disjoint(spans + [match.span() for match in named if match.start() not in begun])
