"""A licence is read where a page states its own, and nowhere else."""

from __future__ import annotations

import pytest
from trafilatura import load_html

from chainring.data.sources.web.licence import licence_of, named

CC = "https://creativecommons.org/licenses"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (f"{CC}/by-sa/4.0/", "CC-BY-SA-4.0"),
        (f"{CC}/by/2.5/cn/", "CC-BY-2.5-CN"),
        (f"{CC}/by-nc-nd/3.0/deed.zh", "CC-BY-NC-ND-3.0"),
        (f"{CC}/by/4.0/legalcode", "CC-BY-4.0"),
        ("http://creativecommons.org/publicdomain/zero/1.0/", "CC0-1.0"),
        ("本站内容采用 CC BY-NC-SA 4.0 许可协议", "CC-BY-NC-SA-4.0"),
        ("Creative Commons BY 3.0", "CC-BY-3.0"),
        ("All rights reserved", ""),
        ("版权所有", ""),
    ],
)
def test_a_creative_commons_licence_has_its_spdx_name(text: str, found: str) -> None:
    assert named(text) == found


@pytest.mark.parametrize(
    ("body", "found"),
    [
        (f'<a rel="license" href="{CC}/by/4.0/">x</a>', "CC-BY-4.0"),
        (f'<link rel="alternate license" href="{CC}/by/4.0/">', "CC-BY-4.0"),
        ('<a rel="license" href="/terms">terms</a>', "http://a.example/terms"),
        (f'<figure><a rel="license" href="{CC}/by/4.0/">photo</a></figure>', ""),
        (f'<p>a film under <a href="{CC}/by/4.0/">CC BY</a></p>', ""),
        (f'<footer><a href="{CC}/by-sa/4.0/">CC</a></footer>', "CC-BY-SA-4.0"),
        (f'<div id="copyright"><a href="{CC}/by/3.0/">CC</a></div>', "CC-BY-3.0"),
        (
            f'<footer><a href="{CC}/by-sa/4.0/">text</a><a href="{CC}/by/4.0/">code</a></footer>',
            "",
        ),
        (
            f'<a rel="license" href="{CC}/by/4.0/">text</a>'
            '<a rel="license" href="https://opensource.org/license/mit">code</a>',
            "CC-BY-4.0 AND https://opensource.org/license/mit",
        ),
        ('<meta name="DC.rights" content="CC BY 4.0">', "CC-BY-4.0"),
        ('<meta name="dcterms.rights" content="© Shop, 版权所有">', "© Shop, 版权所有"),
        (
            f'<script type="application/ld+json">{{"@graph": [{{"@type": "Article", '
            f'"license": "{CC}/by/4.0/"}}]}}</script>',
            "CC-BY-4.0",
        ),
        (
            f'<script type="application/ld+json">{{"@type": "ImageObject", '
            f'"license": "{CC}/by/4.0/"}}</script>',
            "",
        ),
        ('<script type="application/ld+json">{"license": {"url": "/l"}}</script>', "/l"),
        ('<script type="application/ld+json">{broken</script>', ""),
        ("nothing", ""),
    ],
)
def test_a_page_states_its_licence(body: str, found: str) -> None:
    tree = load_html(f"<html><head></head><body>{body}</body></html>")
    expected = "http://a.example/l" if found == "/l" else found
    assert licence_of(tree, url="http://a.example/x") == expected


def test_a_link_header_states_it_too() -> None:
    tree = load_html("<html><body>x</body></html>")
    header = f'<{CC}/by/4.0/>; rel="license", </style.css>; rel=preload'
    assert licence_of(tree, links=[header]) == "CC-BY-4.0"


@pytest.mark.parametrize(
    "header", ["<" * 90_000, "<a>; rel=" * 10_000, "<a>;" + " rel= x" * 20_000]
)
def test_a_long_link_header_of_a_stranger_is_read_at_once(header: str) -> None:
    assert licence_of(load_html("<html><body>x</body></html>"), links=[header]) == ""


def test_a_licence_behind_many_other_links_is_read() -> None:
    header = "</a.css>; rel=preload, " * 200 + f'<{CC}/by/4.0/>; rel="license"'
    assert licence_of(load_html("<html><body>x</body></html>"), links=[header]) == "CC-BY-4.0"
