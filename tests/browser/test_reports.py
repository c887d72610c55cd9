"""Both reports in a real Chromium: each opens from a file, alone, at any width and in the dark."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.browser.conftest import Contexts
from tests.browser.test_look import CONTRAST
from tests.software.conftest import grow, opened, small_project

from chainring.software.reports.data_report_words import WORDS as DATA
from chainring.software.reports.report_words import WORDS as RING

EXTRA = """\
{"text": "", "label": "stock"}
{"text": "lonely, call 13912345678", "label": "a very long label of which there is but one row"}
{"text": "nobody may read this", "label": "stock", "consent": "refused"}
"""
POPULATION = """
[data.population]
language = { en = 0.2, zh = 0.8 }
"""


SHOTS = os.environ.get("CHAINRING_SCREENSHOTS")
Pages = dict[str, dict[str, Path]]


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Pages:
    """Return the reports of a project after its second turn, in both languages."""
    folder = small_project(tmp_path_factory.mktemp("report") / "shop")
    with opened(folder) as project:
        project.turn()
    grow(folder)
    (folder / "data" / "extra.jsonl").write_text(EXTRA, encoding="utf-8")
    with (folder / "chainring.toml").open("a") as recipe:
        recipe.write(POPULATION)
    with opened(folder) as project:
        project.turn()
        data, ring = project.data.report, project.report
        return {
            "data": {
                lang: data(folder / "data-report" / f"{lang}.html", language=lang) for lang in DATA
            },
            "ring": {lang: ring(folder / f"{lang}.html", language=lang) for lang in RING},
        }


@pytest.fixture(params=["data", "ring"])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def page(contexts: Contexts, pages: Pages, kind: str) -> Iterator[Any]:
    """Yield a way to open a report; at the end nothing was loaded besides, nothing complained."""
    asked, complaints = [], []

    def opened_page(*, lang: str = "en", width: int = 1280, theme: str = "light") -> Any:
        found = contexts.lend(
            viewport={"width": width, "height": 800}, color_scheme=theme, offline=True
        ).new_page()
        found.on("request", lambda request: asked.append(request.url))
        found.on("console", lambda said: complaints.append(said.text))
        found.goto(pages[kind][lang].as_uri())
        if SHOTS:
            shot = Path(SHOTS) / f"{kind}-report-{lang}-{width}-{theme}.png"
            found.screenshot(path=str(shot), full_page=True)
        return found

    yield opened_page
    contexts.take_back()
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
    assert all(one.get_attribute("aria-label") for one in seen)


SECTIONS = {
    "data": ("short", "rows", "left out", "origin", "words", "drift", "population", "card"),
    "ring": (
        "short", "turns", "verdict", "quality", "better", "candidates", "users", "cost", "card",
    ),
}  # fmt: skip


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_sections_stand_in_their_order(page: Any, kind: str, lang: str) -> None:
    heads = page(lang=lang).locator("main > h2").all_inner_texts()
    words = {"data": DATA, "ring": RING}[kind][lang]
    assert heads == [words[key] for key in SECTIONS[kind]]


@pytest.mark.parametrize("kind", ["data"], indirect=True)
def test_what_may_not_be_read_is_not_in_the_page(page: Any) -> None:
    text = page().locator("main").inner_text()
    assert "lonely, call [phone]" in text
    assert "nobody may read" not in text
    assert "not shown" in text
