"""A page is read in the encoding it really has, whatever it declares."""

from __future__ import annotations

import codecs

import pytest

from chainring.data.sources.web.charset import decoded

ZH = "自收到商品之日起三十天内，商品完好且未经使用的，可以免费退货，运费由本店承担。" * 3
TW = "自收到商品之日起三十天內，商品完好且未經使用的，可以免費退貨，運費由本店承擔。" * 3
EN = "Returns are free within thirty days – even on “café” chairs. " * 3


@pytest.mark.parametrize(
    ("text", "encoding", "head", "content_type"),
    [
        (ZH, "gbk", "<meta charset=gb2312>", "text/html"),
        (ZH, "gb18030", "<meta charset='GB18030'>", "text/html"),
        (ZH, "gbk", "", "text/html; charset=GBK"),
        (ZH, "gbk", "<meta charset=gbk>", "text/html; charset=ISO-8859-1"),
        (ZH, "gbk", "<meta charset=utf-8>", "text/html; charset=gb2312"),
        (ZH, "utf-8", "<meta charset=gbk>", "text/html; charset=utf-8"),
        (ZH, "utf-8", "", "text/html; charset=ISO-8859-1"),
        (ZH, "gbk", "<meta charset=gbk>", "text/html; charset=utf-8"),
        (ZH, "utf-8", "", ""),
        (TW, "big5", "<meta http-equiv=Content-Type content='text/html; charset=big5'>", ""),
        (TW, "big5", "", "text/html; charset=Big5"),
        (EN, "cp1252", "", "text/html; charset=iso-8859-1"),
        (EN, "utf-8", "<meta charset=nonsense>", "text/html; charset=x-unknown"),
        (ZH, "gb18030", "<?xml version='1.0' encoding='gbk'?>", "application/xhtml+xml"),
    ],
)
def test_the_text_comes_back(text: str, encoding: str, head: str, content_type: str) -> None:
    page = head + text
    assert decoded(page.encode(encoding), content_type=content_type)[0] == page


@pytest.mark.parametrize(
    ("mark", "encoding"),
    [
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
    ],
)
def test_a_byte_order_mark_counts_before_all_else(mark: bytes, encoding: str) -> None:
    body = mark + ZH.encode(encoding)
    assert decoded(body, content_type="text/html; charset=gbk") == (ZH, encoding)


def test_a_few_broken_letters_do_not_turn_a_page_into_another_encoding() -> None:
    body = b"<meta charset=gbk>" + ZH.encode("gbk") + b"\xff" + ZH.encode("gbk")
    text, encoding = decoded(body)
    assert encoding == "gb18030"
    assert text.count(ZH) == 2


def test_chinese_without_a_word_on_its_encoding_is_guessed() -> None:
    assert ZH in decoded(ZH.encode("gbk") * 4)[0]


@pytest.mark.parametrize("name", ["base64", "idna", "punycode", "rot13", "hex", "undefined"])
def test_codecs_that_are_no_text_encoding_are_passed_over(name: str) -> None:
    assert decoded(ZH.encode(), content_type=f"text/html; charset={name}")[0] == ZH
