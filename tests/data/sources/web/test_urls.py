"""One page has one address, and what leads nowhere is no address."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chainring.data.sources.web.urls import host_of, normal, origin_of, trap, within


@pytest.mark.parametrize(
    ("link", "found"),
    [
        ("HTTP://Shop.Example:80/a/../b?utm_source=x#top", "http://shop.example/b"),
        ("https://shop.example:443", "https://shop.example/"),
        ("https://shop.example:8443/a", "https://shop.example:8443/a"),
        ("/a//b/./c/", "http://a.example/a/b/c/"),
        ("?page=2", "http://a.example/x/y?page=2"),
        ("//other.example/x", "http://other.example/x"),
        ("/%7eann/%e9%80%80", "http://a.example/~ann/%E9%80%80"),
        ("/退货?q=运费", "http://a.example/%E9%80%80%E8%B4%A7?q=%E8%BF%90%E8%B4%B9"),
        ("http://例子.测试/", "http://xn--fsqu00a.xn--0zwm56d/"),
        ("http://a.example./b", "http://a.example/b"),
        ("/a;jsessionid=12?gclid=3&b=4", "http://a.example/a?b=4"),
        ("http://[::1]:8000/", "http://[::1]:8000/"),
    ],
)
def test_a_link_has_one_normal_form(link: str, found: str) -> None:
    assert normal(link, base="http://a.example/x/y") == found


@pytest.mark.parametrize(
    "link",
    [
        "mailto:ann@shop.example", "javascript:void(0)", "ftp://a.example/", "file:///etc/passwd",
        "gopher://a.example/", "data:text/html,x", "http://ann:secret@a.example/",
        "http://a.example:99999/", "http://[fe80::1%25eth0]/", "http://a b.example/",
        "http://a.example/" + "x" * 3000,
    ],
)  # fmt: skip
def test_what_is_no_web_page_has_none(link: str) -> None:
    assert normal(link, base="http://a.example/") is None


@given(st.text(max_size=60))
def test_a_normal_form_is_its_own_normal_form(link: str) -> None:
    found = normal(link, base="http://a.example/x/")
    if found is not None:
        assert normal(found) == found
        assert found.isascii()


def test_hosts_are_told_with_their_port() -> None:
    url = "http://127.0.0.1:8000/a"
    assert (host_of(url), origin_of(url)) == ("127.0.0.1", "http://127.0.0.1:8000")
    assert within(url, ["127.0.0.1:8000"])
    assert not within(url, ["127.0.0.1"])
    assert not within("http://evilshop.example/", ["*.shop.example", "shop.example"])
    assert within("http://help.shop.example/", ["*.shop.example"])


def test_addresses_that_grow_without_end_are_told() -> None:
    assert trap("http://a.example/" + "x/y/" * 4)
    assert trap("http://a.example/?" + "&".join(f"a{n}=1" for n in range(20)))
    assert not trap("http://a.example/help/returns?page=2")
