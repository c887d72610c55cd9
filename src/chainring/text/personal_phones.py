r"""Phone numbers of more national forms than `personal.phones` knows, and any after a label.

Enters a `View`, leaves sorted, disjoint spans:

============================================  =================================================
``139.1234.5678``, ``06 12 34 56 78``           mainland with dots, French
``090-1234-5678``, ``0412 345 678``             Japanese, Korean and Taiwanese, Australian
``8 (912) 345-67-89``, ``(11) 91234-5678``      Russian, Brazilian
``98765 43210`` after ``mobile``, ``电话``        seven to fifteen digits after a label
============================================  =================================================
"""

from __future__ import annotations

import re

from chainring.text.personal import is_other, phones
from chainring.text.places import Spans, View, disjoint, matches

_FREE = r"(?<![0-9a-z$¥€£#])(?<![0-9\x02\x1f][-.])"
_END = r"(?![0-9a-z])(?![-.][0-9\x02\x1f])"
_FORMS = tuple(
    re.compile(_FREE + form + _END)
    for form in (
        r"1[3-9][0-9](?P<a>\.| - |\. |  )[0-9]{4}(?P=a)[0-9]{4}",
        r"0[1-9](?P<b>[ .-])[0-9]{2}(?:(?P=b)[0-9]{2}){3}",
        r"0[1-9][0-9]{0,2}-[0-9]{3,4}-[0-9]{3,4}",
        r"0[1-9][0-9]{2}[ -][0-9]{3}[ -][0-9]{3}",
        r"\+[1-9][0-9]{0,2}[ -][0-9]{8,12}",
        r"8 ?\([0-9]{3}\) ?[0-9]{3}[- ][0-9]{2}[- ][0-9]{2}",
        r"\([1-9][0-9]\) ?9?[0-9]{4}-[0-9]{4}",
        r"\(0[1-9]\) ?[0-9]{4}[ -]?[0-9]{4}",
    )
)
_LABEL = re.compile(
    r"(?:电话|手机|座机|固话|热线|致电|拨打|传真|联系方式|号码|拨|(?<![a-z])(?:telephone|phone|tel|call|fax"
    r"|ring|cell|mobile|text|whatsapp|hotline|reach|contact)(?: (?:me|us|him|her|them))?)"
    r"(?:[\s:=\"'“”.()*,]|是|为|号码?|number\b|no\b|at\b|on\b|is\b|my\b|or\b|机){0,8}$"
)
_LABEL_REACH = 72
_ANY = re.compile(rf"\+?\(?[0-9](?:[ .()-]{{0,2}}[0-9]){{6,14}}{_END}(?![元块个件%])")
_DAY = re.compile(
    r"(?:19|20)[0-9]{2}[-./ ]?[0-9]{1,2}[-./ ]?[0-9]{1,2}|[0-9]{1,2}[-./ ][0-9]{1,2}[-./ ][0-9]{4}"
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
    for match in matches(_ANY, plain, starts):
        if not _DAY.fullmatch(match[0]) and _is_labelled(plain, match.start()):
            spans.append(match.span())
    return disjoint(spans)


def _is_decimal(plain: str, start: int) -> bool:
    """Return whether what begins at `start` are the decimals of a number: 3.26309."""
    return start > 1 and plain[start - 1] == "." and plain[start - 2].isdigit()


def _is_labelled(plain: str, start: int) -> bool:
    return _LABEL.search(plain, max(0, start - _LABEL_REACH), start) is not None
