"""The report in a real Chromium: it opens from a file, alone, at any width and in the dark."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.browser.test_look import CONTRAST
from tests.software.conftest import opened, small_project

from chainring.software.report_words import WORDS

SHOTS = os.environ.get("CHAINRING_SCREENSHOTS")


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
    contexts, asked, complaints = [], [], []

    def opened_page(*, lang: str = "en", width: int = 1280, theme: str = "light") -> Any:
        context = chromium.new_context(
            viewport={"width": width, "height": 800}, color_scheme=theme, offline=True
        )
        contexts.append(context)
        found = context.new_page()
        found.on("request", lambda request: asked.append(request.url))
        found.on("console", lambda said: complaints.append(said.text))
        found.goto(pages[lang].as_uri())
        if SHOTS:
            name = f"report-{lang}-{width}-{theme}.png"
            found.screenshot(path=str(Path(SHOTS) / name), full_page=True)
        return found

    yield opened_page
    for context in contexts:
        context.close()
    assert {url.rpartition("/")[2] for url in asked} <= {"en.html", "zh.html"}
    assert not complaints


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
