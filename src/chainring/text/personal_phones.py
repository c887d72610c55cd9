r"""Phone numbers of more national forms than `personal.phones` knows, and any after a label.

Enters a `View`, leaves sorted, disjoint spans:

============================================  =================================================
``139.1234.5678``, ``139-12345678``            mainland in other groups
``06 12 34 56 78``                             French
``090-1234-5678``, ``0412 345 678``             Japanese, Korean and Taiwanese, Australian
``8 (912) 345-67-89``, ``(11) 91234-5678``      Russian, Brazilian
``98765 43210`` after ``mobile``, ``电话``        seven to fifteen digits after a label
``vx13912345678``, ``13912345678wx``            mainland, glued to the word of a chat
``128 256 512`` after ``手机``, ``mobile``        stays: sizes
============================================  =================================================
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence
from itertools import pairwise

from chainring.text.personal import is_other, phones
from chainring.text.places import Spans, View, disjoint, matches

_FREE = r"(?<![0-9a-z$¥€£#])(?<![0-9\x02\x1f][-.])"
_END = r"(?![0-9a-z])(?![-.][0-9\x02\x1f])"
_NO_COUNT = (
    r"(?! ?(?:[元块件个次年月日份台套万亿%]|(?:people|users|items|units|pieces|pcs|bytes|rows)\b))"
)
_FORMS = tuple(
    re.compile(_FREE + form + _END)
    for form in (
        r"1[3-9][0-9](?P<a>\.| - |\. |  )[0-9]{4}(?P=a)[0-9]{4}",
        rf"1[3-9][0-9](?:[ -][0-9]{{8}}|[0-9]{{4}}(?:-| (?!19|20))[0-9]{{4}}){_NO_COUNT}",
        r"0[1-9](?P<b>[ .-])[0-9]{2}(?:(?P=b)[0-9]{2}){3}",
        r"0[1-9][0-9]{0,2}-[0-9]{3,4}-[0-9]{3,4}",
        r"0[1-9][0-9]{2}[ -][0-9]{3}[ -][0-9]{3}",
        r"\+[1-9][0-9]{0,2}[ -][0-9]{8,12}",
        r"8 ?\([0-9]{3}\) ?[0-9]{3}[- ][0-9]{2}[- ][0-9]{2}",
        r"\([1-9][0-9]\) ?9?[0-9]{4}-[0-9]{4}",
        r"\(0[1-9]\) ?[0-9]{4}[ -]?[0-9]{4}",
    )
)
_MOBILE = "1[3-9][0-9](?:[0-9]{8}|(?P<s>[ -])[0-9]{4}(?P=s)[0-9]{4})"
_BEFORE_CHAT = re.compile(f"{_FREE}{_MOBILE}(?=(?:[wv]x|v)(?![0-9a-z]))")
_GLUED = re.compile(_MOBILE + _END)
_GLUE = re.compile("(?<![0-9a-z])(?:vx?|wx|weixin|zfb|mob|id)$")
_GLUE_REACH = 7
_LABEL = re.compile(
    r"(?:电话|座机|固话|热线|致电|拨打|传真|联系方式|拨|(?P<loose>手机|"
    # what has a number of its own before it: an order, a shoe, a seat, a card
    r"(?<![单票奖牌证照])(?<!快递|快件|物流|鞋子|裤子|衣服|服装|体检|座位|车位|床位|房间)"
    r"(?<!合同|车次|航班|产品)号码|(?<![a-z])(?:ring|cell|mobile|text))"
    r"|(?<![a-z])(?:telephone|phone|tel|call|fax|whatsapp|hotline|reach|contact))"
    r"(?: (?:me|us|him|her|them))?"
    r"(?:[\s:=\"'“”.()*,]|是|为|号码?|number\b|no\b|at\b|on\b|is\b|my\b|or\b|机){0,8}$"
)
_TOLD = re.compile(
    r"手机号|号码[是为]|[a-z] ?[:=]|\b(?:number|no|at|on|is|me|us|him|her|them)\b", re.ASCII
)
_LABEL_REACH = 72
_ANY = re.compile(rf"\+?\(?[0-9](?:[ .()-]{{0,2}}[0-9]){{6,14}}{_END}(?![元块个件%])")
_DAY = re.compile(
    r"(?:19|20)[0-9]{2}[-./ ]?[0-9]{1,2}[-./ ]?[0-9]{1,2}|[0-9]{1,2}[-./ ][0-9]{1,2}[-./ ][0-9]{4}"
)
_SHORT_ONES = re.compile(r"[1-9][0-9]{0,3}(?:[ .()-]{1,2}[1-9][0-9]{0,3})+")
_LOCAL = re.compile(r"[0-9]{3,4}[ .-][0-9]{4}")
_SIZES = frozenset(  # of memory and of screens
    map(
        int,
        "1 2 3 4 6 8 12 16 18 24 32 64 128 256 512 1024 2048 360 480 640 720 768 1080 1170 1280"
        " 1440 1600 1920 2160 2340 2400 2560 3840".split(),
    )
)


def all_phones(view: View) -> Spans:
    """Return what `personal.phones` finds, but for decimals, and national and labelled forms."""
    plain, starts = view.plain, view.starts
    if not starts:
        return []
    spans = [span for span in phones(plain, starts) if not _is_decimal(plain, span[0])]
    for form in _FORMS:
        found = matches(form, plain, starts)
        spans += [match.span() for match in found if not is_other(plain, match.start())]
    labelled = (match for match in matches(_ANY, plain, starts) if _is_labelled(match, view.runs))
    spans += [match.span() for match in labelled]
    spans += _beside_chats(plain, starts)
    return disjoint(spans)


def _beside_chats(plain: str, starts: list[int]) -> Spans:
    """Return mainland mobiles that touch the word of a chat, whose account they name: 加vx139…."""
    before = matches(_BEFORE_CHAT, plain, starts)
    spans = [match.span() for match in before if not is_other(plain, match.start())]
    for match in matches(_GLUED, plain, starts):
        start = match.start()
        glue = _GLUE.search(plain, max(0, start - _GLUE_REACH), start)
        if glue and not is_other(plain, glue.start()):
            spans.append(match.span())
    return spans


def _is_decimal(plain: str, start: int) -> bool:
    """Return whether what begins at `start` are the decimals of a number: 3.26309."""
    return start > 1 and plain[start - 1] == "." and plain[start - 2].isdigit()


def _is_labelled(found: re.Match[str], runs: Sequence[int]) -> bool:
    """Return whether a label makes a phone number of what was found, and not a list of sizes.

    No label has a digit: it is looked for behind the last of the `runs` of digits before.
    """
    plain, start = found.string, found.start()
    before = bisect_left(runs, start)
    since = max(start - _LABEL_REACH, runs[before - 1] + 1 if before else 0, 0)
    label = _LABEL.search(plain, since, start)
    if label is None or is_other(plain, start) or _DAY.fullmatch(found[0]):
        return False
    if _TOLD.search(label[0]):
        return True
    return not _are_sizes(found[0], is_loose=label["loose"] is not None)


def _are_sizes(number: str, *, is_loose: bool) -> bool:
    """Return whether `number` is several short ones that nobody has as a phone number.

    After any label 100 200 300; after a word with other meanings (手机, ring) also neighbours
    (17 18 19 20) and what memory or screens have (128 256 512). Any other list of short numbers may
    be a phone number: 612 345 678, 852 9123 4567.
    """
    if not _SHORT_ONES.fullmatch(number) or _LOCAL.fullmatch(number):
        return False
    ones = [int(one) for one in re.findall("[0-9]+", number)]
    steps = {after - before for before, after in pairwise(ones)}
    if steps == {ones[0]} and number[0] == "1":
        return True
    is_counted = steps in ({1}, {2}) and ones[-1] < 100
    return is_loose and (is_counted or (max(ones) >= 100 and _SIZES.issuperset(ones)))
