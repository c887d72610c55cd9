r"""Addresses told by their form: flats of Chinese estates, groups of villages, postcodes.

Enters a `View`, leaves spans:

==============================================  ==============================================
``翠苑小区12幢3单元401室``, ``幸福小区3-2-501``     an estate, a house and a stair or a room
``我住翠苑小区12幢``                               a house of an estate after a word of living
``大鱼村12组34号``                                a village and a group
``12 The Green, Oxford OX1 1AA``                a number, a town and a postcode
``1 Infinite Loop, Cupertino, CA 95014``        a number, a town, a state and a ZIP code
``PO Box 123``, ``postcode: OX1 1AA``           after these words
==============================================  ==============================================

A house without an estate (12幢3单元), one of many flats (小区12号楼停电), a floor of a hospital
(3号楼2楼) and a postcode alone stay.
"""

from __future__ import annotations

import re

from chainring.text.characters import HAN
from chainring.text.personal_codes import LINKS, labelled
from chainring.text.places import Spans, View, matches, values

# -- Chinese estates and villages ----------------------------------------------------------------

_COUNT = "(?:[0-9]{1,4}|[一二三四五六七八九十]{1,3}|[a-z])"
_ESTATE = (
    "(?:小区|社区|(?<![公校儿果])园|苑|(?<![全本各该每这那农乡])村|庄"
    "|(?<![商全县古老省进出学])城|湾"
    "|(?<![这那哪家院城村园区楼社市县镇乡手心公卡栏店箱屋房车库群校厂柜])里|府|庭|(?<!邻)居|公馆|公寓|大厦|大院|宿舍|墅|郡"
    "|邸|屯|寨|坊|家属院)(?:[一二三四五六七八九十]期)?"
    "(?: ?[a-z东南西北中一二三四五六七八九十]区)? ?"
)
_NO_ROOM = "[0-9a-z%.:/-]| ?[元块天年月日号人个位户名平米度多强步套间款级层]"
_ROOM = f"(?:[0-9]{{3,4}} ?(?:[室户房]|号(?!楼))|(?!20[12][0-9])[0-9]{{3,4}}(?!{_NO_ROOM}))"
_HOUSE = re.compile(f"{_ESTATE}{_COUNT} ?(?:号楼|[幢栋座])$")
_INSIDE = re.compile(f"[ -]?(?:{_COUNT} ?单元(?:[ -]?(?:{_COUNT} ?[层楼])?[ -]?{_ROOM})?|{_ROOM})")
_ESTATE_BEFORE = re.compile(f"{_ESTATE}$")
_DASHED = re.compile(r"[0-9]{1,3}-[0-9]{1,2}-[0-9]{3,4}(?![0-9.:-])")
_GROUP = re.compile(f"(?<![全本各该每这那])村 ?{_COUNT} ?组$")
_IN_GROUP = re.compile(" ?[0-9]{1,4} ?号")
_SIGN = re.compile(
    "[幢栋座楼组](?<=[0-9一二三四五六七八九十a-z号 ].)"
)  # looked for first: it is fast
_SIGN_REACH = 16
_LIVES = re.compile("(?:住在?|家在|家是|搬[到进去])$")
_NAME = re.compile(rf"(?: ?[{HAN}·])+$")
_AREA = re.compile("[省市区县镇乡]")
_BEFORE = re.compile(  # what stands behind the last of these words is the name
    "住在|住|位于|地址|家在|公交|地铁|[寄送搬发][到往给]?"
    "|[在到去往是找坐乘走等给的了或我你他她们这那个从请查把离]"
)
_REACH, _MAX_NAME, _MAX_AREA_NAME = 24, 6, 4


def estates(view: View) -> Spans:
    """Return flats of named estates, houses of them after a word of living, groups of villages."""
    plain = view.plain
    spans: Spans = []
    for sign in _SIGN.finditer(plain):
        form = _GROUP if sign[0] == "组" else _HOUSE
        found = form.search(plain, max(0, sign.end() - _SIGN_REACH), sign.end())
        span = _home(found) if found else None
        if span:
            spans.append(span)
    for dashed in matches(_DASHED, plain, view.runs):
        at = dashed.start()
        estate = _ESTATE_BEFORE.search(plain, max(0, at - _SIGN_REACH), at)
        start = _name_start(plain, estate.start(), least=2) if estate else at
        if estate and start < estate.start():
            spans.append((start, dashed.end()))
    return spans


def named_estate(plain: str, end: int) -> str:
    """Return the word of an estate or village that stands with its name before `end`, or nothing.

    >>> named_estate("翠苑小区12号", 4), named_estate("我们小区12号", 4)
    ('小区', '')
    """
    found = _ESTATE_BEFORE.search(plain, max(0, end - _SIGN_REACH), end)
    if not found:
        return ""
    least = min(2, len(found[0].strip()))
    return found[0] if _name_start(plain, found.start(), least=least) < found.start() else ""


def _home(found: re.Match[str]) -> tuple[int, int] | None:
    """Return the place of a house or group with its name and what is said of its inside."""
    plain, is_group = found.string, found[0][-1] == "组"
    start = _name_start(plain, found.start(), least=2 if is_group else 1)
    if start == found.start():
        return None
    inside = (_IN_GROUP if is_group else _INSIDE).match(plain, found.end())
    if not (is_group or inside or _LIVES.search(plain, max(0, start - 2), start)):
        return None
    return start, inside.end() if inside else found.end()


def _name_start(plain: str, end: int, *, least: int) -> int:
    """Return where the name before `end` begins; `end` where it has fewer characters."""
    name = _NAME.search(plain, max(0, end - _REACH), end)
    if not name:
        return end
    area = _AREA.search(plain, name.start(), end)
    first = area.start() - _MAX_AREA_NAME if area else end - _MAX_NAME
    words = [match.end() for match in _BEFORE.finditer(plain, name.start(), end)]
    start = max(name.start(), first, *words)
    return start if end - start >= least else end


# -- postcodes -----------------------------------------------------------------------------------

_BRITISH = r"[A-Z]{1,2}[0-9][0-9A-Z]? [0-9][A-Z]{2}"
_STATES = (
    "A[KLRZ]|C[AOT]|D[CE]|FL|GA|HI|I[ADLN]|K[SY]|LA|M[ADEINOST]|N[CDEHJMVY]|O[HKR]|PA|RI|S[CD]"
    "|T[NX]|UT|V[AT]|W[AIVY]"
)
_BY_CODE = re.compile(
    r"(?<![0-9A-Za-z$£€.,:/-])[0-9]{1,5}[A-Za-z]?,? "
    r"(?:(?:[A-Z0-9][\w'’.-]{0,20}|on|upon|of|the|under|in),? ){1,8}?"
    rf"(?:{_BRITISH}|(?:{_STATES}),? [0-9]{{5}}(?:-[0-9]{{4}})?)(?![0-9A-Za-z])"
)
_BOX_LABEL = labelled(
    "po box|p.o. box|p.o.box|post office box",
    r"(?<![a-z])(?:p\.?o\.? ?|post office )box",
    links=r"(?: no\.?)? ",
)
_BOX = re.compile(
    r"[0-9]{1,6}(?![0-9a-z])(?:(?:,? [A-Z][A-Za-z'’-]{1,20}){1,3}"
    rf"(?:,? (?:{_BRITISH}|(?:[A-Z]{{2}},? )?[0-9]{{5}}(?:-[0-9]{{4}})?)(?![0-9A-Za-z])))?"
)
_CODE_LABEL = labelled(
    "postcode|post code|postal code", "(?<![a-z])(?:post ?code|postal code)(?![a-z])", links=LINKS
)
_CODE = re.compile("[a-z]{1,2}[0-9][0-9a-z]? ?[0-9][a-z]{2}(?![0-9a-z])")
_FLAT = re.compile(
    r"(?<![A-Za-z])(?:Apt|Apartment|Suite|Ste|Unit|Flat|Room|apt|suite|unit|flat|room)\.? ?#?"
    r"(?:[0-9]{1,5}[A-Za-z]?,? )?$"
)
_FLAT_REACH = 20


def by_postcode(view: View) -> Spans:
    """Return English addresses that a postcode, a ZIP code or a post office box makes one."""
    spans = [match.span() for match in matches(_BY_CODE, view.text, view.runs)]
    if "code" in view.near:
        spans += [match.span() for match in values(_CODE_LABEL, _CODE, view)]
    if "box" in view.near:
        for value in values(_BOX_LABEL, _BOX, view, is_cased=True):
            box = view.plain.rfind("box", 0, value.start())
            spans.append((view.plain.rfind("p", 0, box), value.end()))
    return spans


def with_flat(spans: Spans, text: str) -> Spans:
    """Return English addresses with the flat before the house: Flat 5, 12 Oak House."""
    whole: Spans = []
    for start, end in spans:
        flat = _FLAT.search(text, max(0, start - _FLAT_REACH), start)
        whole.append((flat.start() if flat else start, end))
    return whole
