"""The live page of a signed-in operator, and what becomes of it when the key ends."""

from __future__ import annotations

from typing import Any

from chainring.deployment.http.app import create_app
from chainring.deployment.http.demo import DemoVerbs
from chainring.deployment.http.server import running
from chainring.deployment.settings import DeploymentSettings


def test_a_tab_whose_key_has_ended_asks_no_more_and_shows_the_way_in(chromium: Any) -> None:
    verbs = DemoVerbs(keys={"mine": "admin", "other": "admin"})
    with running(create_app(verbs, settings=DeploymentSettings())) as url:
        context = chromium.new_context()
        context.set_default_timeout(20_000)
        context.add_cookies([{"name": "chainring_key", "value": "mine", "url": url}])
        page = context.new_page()
        page.goto(f"{url}/watch")
        assert page.url == f"{url}/watch"
        del verbs.keys["mine"]
        page.wait_for_url("**/login?next=%2Fwatch")
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.wait_for_timeout(6_000)
        assert f"{url}/watch" not in asked
        context.close()
