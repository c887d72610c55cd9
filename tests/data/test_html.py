"""html.v1 reads the main text of a saved page, whatever it is packed with."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from chainring.data.html import html

TEXT = "自收到商品之日起三十天内，商品完好且未经使用的，可以免费退货，运费由本店承担。"
PAGE = (
    '<html lang="zh"><head><title>退货</title>'
    '<link rel="license" href="https://creativecommons.org/licenses/by/4.0/"></head><body>'
    '<nav><a href="/">首页</a> <a href="/cart">购物车</a></nav><main><article>'
    + "".join(f"<p>第{number}条：{TEXT}</p>" for number in range(9))
    + "</article></main></body></html>"
)


def read(
    path: Path, *, max_bytes: int = 1 << 20
) -> tuple[list[tuple[str, dict[str, str]]], list[str]]:
    said: list[str] = []
    found = list(
        html(path, report=lambda at, why: said.append(f"{at}: {why}"), max_bytes=max_bytes)
    )
    return found, said


@pytest.mark.parametrize("charset", ["utf-8", "gb18030"])
def test_the_main_text_is_one_row_with_its_language_and_licence(
    tmp_path: Path, charset: str
) -> None:
    page = PAGE.replace("<head>", f'<head><meta charset="{charset}">')
    (tmp_path / "a.html").write_bytes(page.encode(charset))
    ((place, row),), said = read(tmp_path / "a.html")
    assert (place, row["language"], said) == ("page", "zh", [])
    assert TEXT in row["text"]
    assert "购物车" not in row["text"]
    assert "BY-4.0" in row["licence"]


def test_a_packed_page_is_the_same(tmp_path: Path) -> None:
    (tmp_path / "a.html").write_bytes(PAGE.encode())
    (tmp_path / "a.html.gz").write_bytes(gzip.compress(PAGE.encode()))
    assert read(tmp_path / "a.html.gz") == read(tmp_path / "a.html")


@pytest.mark.parametrize(
    ("body", "fault"),
    [(b"<html></html>", "no main text"), (b"x" * 9000, "more than 8000 bytes")],
)
def test_a_page_without_text_or_end_is_told(tmp_path: Path, body: bytes, fault: str) -> None:
    (tmp_path / "a.html").write_bytes(body)
    found, (said,) = read(tmp_path / "a.html", max_bytes=8000)
    assert found == []
    assert fault in said
