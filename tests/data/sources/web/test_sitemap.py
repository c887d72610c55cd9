"""Sitemaps are read in each of their forms, and none of them can grow."""

from __future__ import annotations

import gzip

import pytest

from chainring.contracts.errors import InputError
from chainring.data.sources.web.sitemap import sitemap

NS = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'
MAP = f"""<?xml version="1.0" encoding="UTF-8"?>
<urlset {NS} xmlns:image="http://www.google.com/schemas/sitemap-image/1.1">
<url><loc> http://a.example/退货?a=1&amp;b=2 </loc><lastmod>2026-11-02</lastmod>
<image:image><image:loc>http://a.example/p.png</image:loc></image:image></url>
<url><loc>http://a.example/b</loc></url></urlset>""".encode()
PAGES = ["http://a.example/退货?a=1&b=2", "http://a.example/b"]


@pytest.mark.parametrize("body", [MAP, gzip.compress(MAP), b"\xef\xbb\xbf" + MAP])
def test_pages_come_in_their_order_and_pictures_not(body: bytes) -> None:
    assert sitemap(body) == (PAGES, [])


def test_an_index_names_other_sitemaps() -> None:
    body = f"<sitemapindex {NS}><sitemap><loc>http://a.example/1.xml</loc></sitemap></sitemapindex>"
    assert sitemap(body.encode()) == ([], ["http://a.example/1.xml"])


def test_lines_are_a_sitemap_too() -> None:
    assert sitemap(b"http://a.example/a\r\n\r\nhttp://a.example/b\n#x") == (
        ["http://a.example/a", "http://a.example/b"],
        [],
    )


def test_what_stood_before_a_break_is_kept() -> None:
    assert sitemap(MAP[:-40])[0] == PAGES[:1]


def test_entities_are_refused_before_they_grow() -> None:
    lols = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 9))
    body = f'<!DOCTYPE x [<!ENTITY l0 "lol">{lols}]><urlset><url><loc>&l8;</loc></url></urlset>'
    with pytest.raises(InputError, match="entities"):
        sitemap(body.encode())
    outer = (
        '<!DOCTYPE x [<!ENTITY x SYSTEM "file:///etc/passwd">]><urlset><url><loc>&x;</loc></url>'
    )
    with pytest.raises(InputError, match="entities"):
        sitemap(outer.encode())


def test_a_packed_sitemap_that_grows_is_stopped() -> None:
    with pytest.raises(InputError, match=r"fold|longer"):
        sitemap(gzip.compress(bytes(100 << 20)))


def test_what_is_no_sitemap_gives_nothing_or_says_so() -> None:
    assert sitemap(b"<html><body>404</body></html>") == ([], [])
    assert sitemap(b"") == ([], [])
    with pytest.raises(InputError, match="no sitemap"):
        sitemap(b"<html><br></html>")
