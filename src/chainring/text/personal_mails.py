"""Mail addresses with letters beyond ASCII, before the @ and behind it.

Enters plain text, leaves sorted, disjoint spans:

==================================  =====================================================
``müller@example.de``               Latin, Greek and Cyrillic letters belong to a name
``邮箱zhang@qq.com谢谢``               Chinese ones before a name and behind an address do not
``zhang.san@公司.com``, ``bob@bücher.de``   domains of any of these, each label of one script
==================================  =====================================================
"""

from __future__ import annotations

import re

from chainring.text.characters import HAN
from chainring.text.places import Spans

_LETTERS = (  # of scripts that write spaces between words: Latin, Greek, Cyrillic and their marks
    r"\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u02af\u0300-\u037d\u037f-\u052f\u1e00-\u1fff"
)
_LOCAL = re.compile(rf"[a-z0-9._%+'{_LETTERS}-]")
_LABEL = rf"(?:[a-z0-9{_LETTERS}-]{{1,63}}+|[{HAN}]{{1,20}}+)\."
_TOP = (  # a Chinese one must be known, as words may follow it at once
    r"(?:xn--[a-z0-9-]{2,59}|[a-z]{2,24}|中国|中國|公司|网络|网址|商城|集团|在线|中文网|香港|台湾|台灣"
    r"|[\u0370-\u037d\u037f-\u052f]{2,10})"
)
_DOMAIN = re.compile(rf"@(?:{_LABEL}){{1,8}}{_TOP}")
_NO_BEGINNING = ".%+'-"


def all_emails(plain: str) -> Spans:
    """Return mail addresses whose names and domains may have letters of more than English.

    >>> all_emails("müller@example.de"), all_emails("邮箱zhang@qq.com谢谢")
    ([(0, 17)], [(2, 14)])
    """
    found: Spans = []
    behind, at = 0, plain.find("@")
    while at >= 0:
        match = _DOMAIN.match(plain, at)
        start = _beginning(plain, behind, at) if match else at
        if match and start < at:
            found.append((start, match.end()))
        behind = match.end() if match else at + 1
        at = plain.find("@", behind)
    return found


def _beginning(plain: str, behind: int, at: int) -> int:
    """Return where the name before the @ begins; nothing before `behind` is looked at."""
    start = at
    while start > behind and _LOCAL.match(plain[start - 1]):
        start -= 1
    while start < at and plain[start] in _NO_BEGINNING:
        start += 1
    return start
