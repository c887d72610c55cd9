"""Reports that are files, opened in a real Chromium without a network."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

SHOTS = os.environ.get("CHAINRING_SCREENSHOTS")


def report_pages(chromium: Any, pages: dict[str, Path], *, name: str) -> Iterator[Any]:
    """Yield a way to open a report; at the end nothing was loaded besides, nothing complained."""
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
            shot = Path(SHOTS) / f"{name}-{lang}-{width}-{theme}.png"
            found.screenshot(path=str(shot), full_page=True)
        return found

    yield opened_page
    for context in contexts:
        context.close()
    assert {url.rpartition("/")[2] for url in asked} <= {"en.html", "zh.html"}
    assert not complaints
