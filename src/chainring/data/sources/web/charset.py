"""Bytes of a page become text, in the encoding it really has.

Enter bytes and what the server says, leave text and the encoding's name. What pages declare is
believed when the bytes bear it out: a page that is served as ISO-8859-1 and is GBK is read as GBK.

=====================================  ==================
``退货`` in GB2312, GBK or GB18030       read as gb18030
``退貨`` in Big5                          read as big5hkscs
``returns`` in ISO-8859-1 or ASCII      read as cp1252
=====================================  ==================

>>> decoded("<meta charset=gb2312>三十天内可免费退货".encode("gbk"))[1]
'gb18030'
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator

_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"),
          (codecs.BOM_UTF16_BE, "utf-16-be"))  # fmt: skip
_META = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([A-Za-z0-9_:.-]{2,40})", re.I)
_XML = re.compile(rb"<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([A-Za-z0-9_:.-]{2,40})", re.I)
_HEADER = re.compile(r"charset\s*=\s*[\"']?\s*([A-Za-z0-9_:.-]{2,40})", re.I)
# what browsers read these names as (WHATWG Encoding Standard)
_SUPERSETS = {
    "gb2312": "gb18030", "gbk": "gb18030", "big5": "big5hkscs", "iso8859-1": "cp1252",
    "ascii": "cp1252", "shift_jis": "cp932", "euc_kr": "cp949", "utf-16": "utf-16-le",
}  # fmt: skip
_MAX_BAD_SHARE = 0.01  # a page with a few broken letters is still in the encoding it names
_HEAD = 4096


def decoded(body: bytes, *, content_type: str = "") -> tuple[str, str]:
    """Return the text of a page and the name of its encoding."""
    for mark, name in _MARKS:
        if body.startswith(mark):
            return body[len(mark) :].decode(name, "replace"), name
    for name in _candidates(body, content_type):
        text = body.decode(name, "replace")
        if text.count("\ufffd") <= _MAX_BAD_SHARE * len(text):
            return text, name
    return body.decode("utf-8", "replace"), "utf-8"


def _candidates(body: bytes, content_type: str) -> Iterator[str]:
    names = [_known(name) for name in (_in_header(content_type), _in_head(body)) if name]
    yield from (name for name in names if name and name != "cp1252")
    if _is_utf8(body):
        yield "utf-8"
    elif "cp1252" not in names or _foreign(body):
        yield from _guessed(body)
    yield "cp1252"


def _in_header(content_type: str) -> str:
    found = _HEADER.search(content_type)
    return found[1] if found else ""


def _in_head(body: bytes) -> str:
    head = body[:_HEAD]
    found = _META.search(head) or _XML.search(head)
    name = found[1].decode("ascii") if found else ""
    return "utf-8" if name.lower().startswith("utf-16") else name  # it could not be read here


def _known(name: str) -> str:
    try:
        found = codecs.lookup(name).name
    except LookupError:
        return ""
    if found in ("idna", "punycode", "undefined") or not codecs.lookup(name)._is_text_encoding:
        return ""
    return _SUPERSETS.get(found, found)


def _is_utf8(body: bytes) -> bool:
    try:
        body.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _foreign(body: bytes) -> bool:
    """Return whether more bytes are no ASCII than any Western text has."""
    return 5 * len(body.translate(None, bytes(range(128)))) > len(body)


def _guessed(body: bytes) -> Iterator[str]:
    from trafilatura.utils import detect_encoding

    yield from (known for name in detect_encoding(body) if (known := _known(name)))
