"""What a site allows is read as RFC 9309 and its neighbours say."""

from __future__ import annotations

import json

import pytest

from chainring.data.sources.web.robots import Rules, tdm_reserved

SHOP = """
User-agent: *
Disallow: /cart
Allow: /cart/help
Crawl-delay: 2

User-agent: chainring
Disallow: /staff
Request-rate: 1/5

Sitemap: https://shop.example/map.xml
"""


def test_our_own_group_counts_before_everybodys() -> None:
    rules = Rules(SHOP)
    assert not rules.allows("https://shop.example/staff/list")
    assert rules.allows("https://shop.example/cart")
    assert rules.delay_s == 5.0
    assert rules.sitemaps == ["https://shop.example/map.xml"]


def test_everybodys_group_counts_where_there_is_none_of_ours() -> None:
    rules = Rules(SHOP.replace("chainring", "otherbot"))
    assert not rules.allows("https://shop.example/cart")
    assert rules.allows("https://shop.example/cart/help")
    assert rules.delay_s == 2.0


@pytest.mark.parametrize("text", ["", "<html>not found</html>", "\x00\xff", "Disallow: /\n"])
def test_what_is_no_robots_txt_allows_everything(text: str) -> None:
    assert Rules(text).allows("https://shop.example/cart")
    assert Rules(text).delay_s == 0


@pytest.mark.parametrize(
    ("text", "reserved"),
    [
        ("User-agent: *\nContent-Signal: search=yes, ai-train=no\nAllow: /", True),
        ("User-agent: *\nContent-Signal: search=yes, ai-train=yes\nAllow: /", False),
        ("User-agent: *\nContent-Usage: train-ai=n", True),
        ("Content-Signal: ai-train=no", True),
        ("User-agent: otherbot\nContent-Signal: ai-train=no", False),
        (
            "User-agent: *\nContent-Signal: ai-train=no\n\n"
            "User-agent: otherbot\nUser-agent: Chainring\nContent-Signal: ai-train=yes",
            False,
        ),
        ("User-agent: *\n# Content-Signal: ai-train=no", False),
    ],
)
def test_a_site_may_keep_its_pages_from_training(text: str, reserved: bool) -> None:
    assert bool(Rules(text).reserved) is reserved


@pytest.mark.parametrize(
    ("text", "path", "reserved"),
    [
        ('[{"location": "/", "tdm-reservation": 1}]', "/a", True),
        ('[{"location": "/", "tdm-reservation": 0}]', "/a", False),
        ('[{"location": "/blog", "tdm-reservation": 1}]', "/a", None),
        (
            '[{"location": "/", "tdm-reservation": 1}, {"location": "/open/", '
            '"tdm-reservation": 0}]',
            "/open/a",
            False,
        ),
        ('[{"location": "/*.html$", "tdm-reservation": 1}]', "/a/b.html", True),
        ('[{"location": "/*.html$", "tdm-reservation": 1}]', "/a/b.html5", None),
        ('[{"location": "/$", "tdm-reservation": 1}]', "/a", None),
        ('[{"location": "/a*a$", "tdm-reservation": 1}]', "/a", None),
        ('[{"location": "/*a*b$", "tdm-reservation": 1}]', "/abab", True),
        ('{"location": "/"}', "/a", None),
        ("<html>", "/a", None),
        ("[" * 100_000, "/a", None),
        ('[1, null, {"location": 3}]', "/a", None),
    ],
)
def test_the_longest_location_of_a_tdmrep_file_counts(
    text: str, path: str, reserved: bool | None
) -> None:
    assert tdm_reserved(text, path) is reserved


def test_a_location_of_many_stars_is_told_at_once() -> None:
    text = json.dumps([{"location": "/" + "*a" * 40 + "*b", "tdm-reservation": 1}])
    assert tdm_reserved(text, "/" + "a" * 200) is None


@pytest.mark.parametrize(("asked", "waits"), [("5", 5.0), ("1e308", 3600.0), ("nan", 0.0)])
def test_no_site_asks_for_more_than_an_hour_between_two_requests(asked: str, waits: float) -> None:
    assert Rules(f"User-agent: *\nCrawl-delay: {asked}\n").delay_s == waits
