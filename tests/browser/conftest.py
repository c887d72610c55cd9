"""A real Chromium on a real server; without one the tests skip, or fail where one is required."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from tests.deployment.http.demo import DemoVerbs

from chainring.deployment.http.app import create_app
from chainring.deployment.http.server import running
from chainring.deployment.settings import DeploymentSettings

CHROMIUM = Path(os.environ.get("CHAINRING_CHROMIUM", "/usr/bin/chromium"))
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
LOCALES = {"en": "en-GB", "zh": "zh-CN"}

Page = Any
OpenPage = Callable[..., Page]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    if not CHROMIUM.exists():
        reason = f"no Chromium at {CHROMIUM}; install it, or name it in CHAINRING_CHROMIUM"
        if os.environ.get("CHAINRING_REQUIRE_BROWSER") == "1":
            pytest.fail(reason)
        pytest.skip(reason)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        yield browser
        browser.close()


class Contexts:
    """Contexts lent to one test at a time and emptied behind it: to make one costs half a test.

    They hold cookies alone: no page stores anything else, and each house has an origin of its own.
    """

    def __init__(self, browser: Any) -> None:
        self._browser = browser
        self._free: dict[str, list[Any]] = {}
        self._lent: list[tuple[str, Any]] = []

    def lend(self, **look: Any) -> Any:
        """Return a context that no other has, made so: its `viewport`, its `locale` and so on."""
        kind = repr(sorted(look.items()))
        free = self._free.setdefault(kind, [])
        context = free.pop() if free else self._browser.new_context(**look)
        self._lent.append((kind, context))
        return context

    def take_back(self) -> None:
        """Empty what was lent, for the next test."""
        while self._lent:
            kind, context = self._lent.pop()
            for page in context.pages:
                page.close()
            context.clear_cookies()
            self._free[kind].append(context)


@pytest.fixture(scope="session")
def contexts(chromium: Any) -> Contexts:
    return Contexts(chromium)


@pytest.fixture
def house() -> Iterator[tuple[DemoVerbs, str]]:
    verbs = DemoVerbs()
    with running(create_app(verbs, settings=DeploymentSettings())) as url:
        yield verbs, url


@pytest.fixture
def open_page(contexts: Contexts, house: tuple[DemoVerbs, str]) -> Iterator[OpenPage]:
    """Open a page of the house; at the end nothing was asked elsewhere and nothing complained."""
    host = urlsplit(house[1]).netloc
    complaints, elsewhere = [], []

    def note(request: Any) -> None:
        if urlsplit(request.url).netloc != host:
            elsewhere.append(request.url)

    def complain(text: str, expected: str) -> None:
        if not (expected and expected in text):
            complaints.append(text)

    def opened(
        path: str = "/",
        *,
        lang: str = "en",
        width: int = 1100,
        theme: str = "light",
        expected: str = "",
    ) -> Page:
        context = contexts.lend(
            viewport={"width": width, "height": 800}, locale=LOCALES[lang], color_scheme=theme
        )
        context.set_default_timeout(15_000)
        page = context.new_page()
        page.on("request", note)
        page.on("console", lambda said: complain(said.text, expected))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(house[1] + path)
        return page

    yield opened
    contexts.take_back()
    assert not elsewhere
    assert not complaints
