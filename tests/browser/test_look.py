from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.deployment.http.demo import DemoVerbs

House = tuple[DemoVerbs, str]
OpenPage = Callable[..., Any]

PATHS = ["/", "/review", "/cases", "/ring", "/watch", "/docs", "/login"]
SHOTS = os.environ.get("CHAINRING_SCREENSHOTS")

CONTRAST = """
() => {
  const parse = (text) => text.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => {
    const [x, y, z] = [r, g, b].map((v) => {
      const s = v / 255;
      return s <= 0.03928 ? s / 12.92 : ((s + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * x + 0.7152 * y + 0.0722 * z;
  };
  const behind = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const colour = parse(getComputedStyle(at).backgroundColor);
      if (colour.length < 4 || colour[3] === 1) return colour;
    }
    return [255, 255, 255];
  };
  const low = [];
  for (const element of document.querySelectorAll("main *, header *, footer *")) {
    const own = [...element.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim());
    if (!own || !element.checkVisibility()) continue;
    if (element.closest(".unseen, .skip")) continue;
    const style = getComputedStyle(element);
    const a = light(parse(element.closest("svg") ? style.fill : style.color));
    const b = light(behind(element));
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < 4.5) low.push(`${element.tagName} ${element.className} ${ratio.toFixed(2)}`);
  }
  return low;
}
"""


def _full(page: Any) -> None:
    """Show every kind of thing that the page to ask on can show."""
    for text in ("Do you ship to the moon?", "Where is my parcel? " + "verylongword" * 12):
        page.locator("#text").fill(text)
        page.locator("#text").press("Enter")
        page.get_by_text(text).wait_for()
    page.locator("[data-rate=down]").first.click()
    page.locator(".combo input:focus").wait_for()
    page.locator("[data-open=flag]").last.click()


def _hostile(url: str) -> None:
    """Let a user say what has no blank in it: it waits on the pages of those who review."""
    with httpx.Client(base_url=url) as user:
        asked = user.post("/v1/predict", json={"text": "where " + "w" * 2000}).json()["id"]
        for kind, value in (("correction", "l" * 200), ("flag", "wrong")):
            said = {"prediction": asked, "kind": kind, "value": value, "comment": "y" * 2000}
            user.post("/v1/react", json=said).raise_for_status()


def _shoot(page: Any, name: str) -> None:
    if SHOTS:
        page.screenshot(path=str(Path(SHOTS) / f"{name}.png"), full_page=True)


@pytest.mark.parametrize("width", [320, 360, 768, 1280])
@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("path", PATHS)
def test_no_page_scrolls_sideways(
    house: House, open_page: OpenPage, path: str, lang: str, width: int
) -> None:
    _hostile(house[1])
    page = open_page(path, lang=lang, width=width)
    if path == "/":
        _full(page)
    _shoot(page, f"{path.strip('/') or 'ask'}-{lang}-{width}")
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("path", PATHS)
def test_every_text_has_the_contrast_that_wcag_asks_for(
    open_page: OpenPage, path: str, theme: str
) -> None:
    page = open_page(path, theme=theme)
    if path == "/":
        _full(page)
        page.wait_for_timeout(400)
    if path == "/review":
        page.keyboard.press("r")
        page.locator(".done").wait_for()
    _shoot(page, f"{path.strip('/') or 'ask'}-{theme}")
    assert page.evaluate(CONTRAST) == []


FRAMES = """
() => {
  const frames = [...document.querySelectorAll("input[type=password], input[type=text], textarea")]
    .filter((e) => e.checkVisibility() && parseFloat(getComputedStyle(e).borderTopWidth) > 0);
  const behind = (at) => {
    const colour = getComputedStyle(at).backgroundColor;
    return colour === "rgba(0, 0, 0, 0)" ? behind(at.parentElement) : colour;
  };
  return frames.map((e) => [getComputedStyle(e).borderTopColor, behind(e.parentElement)]);
}
"""


def _light(colour: str) -> float:
    values = [int(part) / 255 for part in re.findall(r"\d+", colour)[:3]]
    red, green, blue = (v / 12.92 if v <= 0.03928 else ((v + 0.055) / 1.055) ** 2.4 for v in values)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("path", ["/", "/login"])
def test_a_field_stands_out_from_what_is_around_it(
    open_page: OpenPage, path: str, theme: str
) -> None:
    page = open_page(path, theme=theme)
    if path == "/":
        _full(page)
    frames = page.evaluate(FRAMES)
    assert frames
    for frame, behind in frames:
        low, high = sorted((_light(frame), _light(behind)))
        assert (high + 0.05) / (low + 0.05) >= 3, (frame, behind)


@pytest.mark.parametrize("path", PATHS)
def test_what_is_pressed_with_a_finger_is_large_enough(open_page: OpenPage, path: str) -> None:
    page = open_page(path, width=360)
    small = page.evaluate(
        "() => [...document.querySelectorAll('button, header nav a, .tabs a')]"
        ".filter((e) => e.checkVisibility() && e.getBoundingClientRect().height < 32)"
        ".map((e) => e.outerHTML)"
    )
    assert small == []


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_every_field_and_button_has_a_name(open_page: OpenPage, lang: str) -> None:
    page = open_page("/", lang=lang)
    _full(page)
    for role in ("button", "textbox", "combobox", "radio", "link", "meter"):
        for found in page.get_by_role(role).all():
            snapshot = found.aria_snapshot()
            assert '"' in snapshot, snapshot


def test_the_ring_is_drawn_with_what_the_house_knows(house: House, open_page: OpenPage) -> None:
    page = open_page("/ring")
    drawn = page.locator("figure .desk svg")
    assert drawn.count() == 5
    assert all(name for name in (svg.get_attribute("aria-label") for svg in drawn.all()))
    turns = page.locator("tbody tr")
    assert turns.count() == len(house[0].history().turns)
    assert "89.3%" in turns.first.inner_text()


def test_the_ring_is_drawn_anew_for_a_phone(open_page: OpenPage) -> None:
    page = open_page("/ring", width=360)
    assert page.locator("figure .phone svg").first.is_visible()
    assert not page.locator("figure .desk svg").first.is_visible()
    size = page.evaluate(
        "() => { const t = document.querySelector('figure .phone text');"
        " return parseFloat(getComputedStyle(t).fontSize) * t.getScreenCTM().a; }"
    )
    assert size >= 11


def test_the_language_is_switched_by_a_link_and_stays(open_page: OpenPage) -> None:
    page = open_page("/ring", lang="en")
    page.get_by_role("link", name="中文").click()
    page.get_by_role("heading", name="闭环").wait_for()
    page.get_by_role("link", name="提问").click()
    page.get_by_role("button", name="提问").wait_for()
    assert page.evaluate("document.documentElement.lang") == "zh-CN"
