"""The report in a real Chromium: it opens from a file, alone, at any width and in the dark."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.browser.reports import report_pages
from tests.browser.test_look import CONTRAST
from tests.software.conftest import opened, small_project

from chainring.software.reports.report_words import WORDS


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Return the report of a project after its first turn, in both languages."""
    folder = small_project(tmp_path_factory.mktemp("ring-report") / "shop")
    with opened(folder) as project:
        project.turn()
        return {lang: project.report(folder / f"{lang}.html", language=lang) for lang in WORDS}


@pytest.fixture
def page(chromium: Any, pages: dict[str, Path]) -> Iterator[Any]:
    """Yield a way to open the report; at the end nothing was loaded besides, nothing complained."""
    yield from report_pages(chromium, pages, name="report")


@pytest.mark.parametrize("width", [360, 768, 1280])
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_report_does_not_scroll_sideways(page: Any, lang: str, width: int) -> None:
    assert page(lang=lang, width=width).evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_every_text_of_the_report_has_contrast(page: Any, lang: str, theme: str) -> None:
    assert page(lang=lang, theme=theme).evaluate(CONTRAST) == []


@pytest.mark.parametrize("width", [360, 1280])
def test_each_chart_is_drawn_once_for_the_width_with_letters_one_can_read(
    page: Any, width: int
) -> None:
    opened_page = page(width=width)
    drawn = opened_page.locator("svg")
    seen = [one for one in drawn.all() if one.is_visible()]
    assert len(seen) == drawn.count() / 2
    sizes = opened_page.evaluate(
        "() => [...document.querySelectorAll('svg text')].filter((t) => t.checkVisibility())"
        ".map((t) => t.getBoundingClientRect().height)"
    )
    assert min(sizes) >= 9


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_sections_stand_in_their_order(page: Any, lang: str) -> None:
    heads = page(lang=lang).locator("main > h2").all_inner_texts()
    keys = (
        "short", "turns", "verdict", "quality", "better", "candidates", "users", "cost", "card",
    )  # fmt: skip
    assert heads == [WORDS[lang][key] for key in keys]
