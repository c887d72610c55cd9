"""The live page of a signed-in operator, and what becomes of it when the key ends."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from tests.deployment.http.demo import DemoVerbs

from chainring.deployment.http.app import create_app
from chainring.deployment.http.language import Language
from chainring.deployment.http.pages.strings import Strings
from chainring.deployment.http.server import running
from chainring.deployment.settings import DeploymentSettings

LOCALES = {"en": "en-GB", "zh": "zh-CN"}


def test_a_tab_whose_key_has_ended_asks_no_more_and_shows_the_way_in(chromium: Any) -> None:
    verbs = DemoVerbs(keys={"mine": "admin", "other": "admin"})
    with running(create_app(verbs, settings=DeploymentSettings())) as url:
        context = chromium.new_context()
        context.set_default_timeout(20_000)
        context.add_cookies([{"name": "chainring_key", "value": "mine", "url": url}])
        page = context.new_page()
        page.clock.install()
        page.goto(f"{url}/watch")
        assert page.url == f"{url}/watch"
        del verbs.keys["mine"]
        page.clock.run_for(5_100)
        page.wait_for_url("**/login?next=%2Fwatch")
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.clock.run_for(6_000)
        page.wait_for_timeout(300)
        assert f"{url}/watch" not in asked
        context.close()


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_every_page_tells_moments_in_the_zone_of_its_reader(chromium: Any, lang: Language) -> None:
    with running(create_app(DemoVerbs(), settings=DeploymentSettings())) as url:
        context = chromium.new_context(locale=LOCALES[lang], timezone_id="Asia/Shanghai")
        page = context.new_page()
        for path in ("/ring", "/review"):
            page.goto(url + path)
            page.wait_for_load_state()
            times = page.locator("time").all_inner_texts()
            assert times
            assert all("GMT+8" in one for one in times)
            assert any("18:33" in one for one in times), times
        page.goto(f"{url}/watch")
        page.get_by_text("GMT+8").wait_for()
        context.close()


def test_a_chart_names_its_lines_and_draws_nothing_of_before_the_server_was_there(
    chromium: Any,
) -> None:
    with running(create_app(DemoVerbs(), settings=DeploymentSettings())) as url:
        page = chromium.new_context(locale="en-GB").new_page()
        page.goto(f"{url}/watch")
        charts = page.locator("figure .desk")
        assert "Nothing yet" in charts.nth(0).inner_text()
        httpx.post(f"{url}/v1/predict", json={"text": "where"})
        page.goto(f"{url}/watch")
        rates, times = charts.nth(0).inner_text(), charts.nth(1).inner_text()
        assert "all" in rates
        assert "failed" not in rates
        assert "half take less than p50" in times
        assert "-280" not in rates
        page.context.close()


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_page_goes_on_after_a_click_and_says_when_the_server_is_away(
    chromium: Any, lang: Language
) -> None:
    verbs = DemoVerbs()
    with running(create_app(verbs, settings=DeploymentSettings())) as url:
        context = chromium.new_context(locale=LOCALES[lang])
        context.set_default_timeout(20_000)
        page = context.new_page()
        page.clock.install()
        page.goto(f"{url}/watch")
        as_of = Strings(lang)("watch.drawn", when="")
        page.get_by_text(as_of).wait_for()

        def is_redrawn() -> bool:
            page.evaluate("document.querySelector('.tiles').id = 'old'")
            with page.expect_response("**/watch"):
                page.clock.run_for(5_100)
            page.wait_for_timeout(300)
            return bool(page.locator("#old").count() == 0)

        page.locator("h1").click()
        assert page.evaluate("document.activeElement.tagName") == "MAIN"
        assert is_redrawn()

        for broken in (lambda route: route.abort(), lambda route: route.fulfill(status=503)):
            page.route("**/watch", broken)
            page.clock.run_for(5_100)
            page.locator("#away").wait_for()
            shown = page.locator("#away").inner_text()
            assert shown.startswith(Strings(lang)("watch.away", when="\0").partition("\0")[0])
            page.unroute("**/watch")
            assert is_redrawn()
            assert page.locator("#away").is_hidden()
        context.close()
