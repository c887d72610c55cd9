"""A page is read for its text, its papers and its wishes; no page breaks the reader."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.data.sources.web.conftest import WORDS, html, links

from chainring.contracts.errors import InputError
from chainring.data.sources.web.dates import iso
from chainring.data.sources.web.page import read_page

URL = "http://shop.example/help/returns"


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_main_text_is_kept_and_the_menu_is_not(language: str) -> None:
    body = html('<ul><li><a href="/cart">Cart</a></li></ul>', number=7, language=language)
    page = read_page(body, url=URL)
    assert WORDS[language] in page.text
    assert "Cart" not in page.text
    assert (page.title, page.language) == ("Page 7", language)


def test_comments_of_readers_are_left_out() -> None:
    said = "<p>I am Ann, and I hate it, as does everybody whom I asked about the matter.</p>"
    body = html(f'<div id="comments"><div class="comment">{said}</div></div>')
    assert "Ann" not in read_page(body, url=URL).text


def test_a_template_that_names_the_wrong_language_is_not_believed() -> None:
    body = html(language="zh").replace(b'lang="zh"', b'lang="en-US"')
    body = body.replace(b"This is page", "这是第".encode()).replace(b"of the site", "页".encode())
    assert read_page(body, url=URL).language == "zh"
    assert read_page(html().replace(b'lang="en"', b'lang="de-AT"'), url=URL).language == "de"


def test_links_are_absolute_once_each_and_without_nofollow() -> None:
    unfollowed = '<a rel="ugc nofollow" href="/c">c</a>'
    body = html(links("a", "/b#x", "/b", "mailto:a@b.example") + unfollowed)
    assert read_page(body, url=URL).links == ("http://shop.example/help/a", "http://shop.example/b")
    based = html(links("a"), head='<base href="/other/">')
    assert read_page(based, url=URL).links == ("http://shop.example/other/a",)


def test_a_page_that_asks_not_to_be_kept_has_no_text_and_still_has_links() -> None:
    body = html(links("/a"), head='<meta name="robots" content="noai">')
    page = read_page(body, url=URL)
    assert (page.text, page.obeyed.why) == ("", "noai")
    assert page.links == ("http://shop.example/a",)
    silent = read_page(html(links("/a")), url=URL, headers=[("x-robots-tag", "nofollow")])
    assert silent.links == ()
    assert silent.text


@pytest.mark.parametrize(
    ("head", "found"),
    [
        ('<meta property="article:published_time" content="2026-11-02T08:00:00+08:00">',
         "2026-11-02T08:00:00+08:00"),
        ('<meta name="pubdate" content="2026/11/2">', "2026-11-02"),
        ('<script type="application/ld+json">{"datePublished": "2026-11-02"}</script>',
         "2026-11-02"),
        ('<meta name="date" content="yesterday">', ""),
        ("", ""),
    ],
)  # fmt: skip
def test_a_date_is_taken_where_the_page_names_it(head: str, found: str) -> None:
    assert read_page(html(head=head), url=URL).published == found


@pytest.mark.parametrize("text", ["", "0001-01-01", "2026-13-45", "99999999", "十一月二日"])
def test_what_is_no_date_is_none(text: str) -> None:
    assert iso(text) == ""


def test_plain_text_is_taken_as_it_is() -> None:
    headers = [("content-type", "text/plain")]
    page = read_page(b" Returns <b>are</b> free. ", url=URL, headers=headers)
    assert page.text == "Returns <b>are</b> free."


def test_a_title_is_put_before_a_text_that_does_not_begin_with_it() -> None:
    page = read_page(html(number=7), url=URL)
    assert page.titled.count("Page 7") == 1
    shared = '<meta property="og:title" content="Free returns">'
    other = read_page(html(number=7, head=shared), url=URL)
    assert other.titled.startswith("Free returns\n")


@given(st.binary(max_size=400))
def test_no_bytes_break_the_reader(body: bytes) -> None:
    with suppress(InputError):
        assert isinstance(read_page(b"<html><body>" + body, url=URL).text, str)


@pytest.mark.parametrize(
    "body",
    [
        b"<div>" * 20_000,
        b"<a href='" + b"x" * 100_000 + b"'>x</a>",
        b"<html lang='" + b"z" * 9999 + b"'>",
        b"",
        b"\x00" * 1000,
        b"<!DOCTYPE html [<!ENTITY a 'b'>]><html>&a;</html>",
    ],
)
def test_a_hostile_page_ends_as_a_page_or_an_error(body: bytes) -> None:
    with suppress(InputError):
        assert len(read_page(body, url=URL).links) <= 1
