from __future__ import annotations

import httpx
import pytest

from chainring.deployment.http.pages.login import local


def _sign_in(url: str, key: str, *, next_: str = "/", origin: str | None = None) -> httpx.Response:
    headers = {"origin": origin or url}
    return httpx.post(f"{url}/login", data={"key": key, "next": next_}, headers=headers)


def test_a_right_key_becomes_a_cookie_that_no_script_and_no_other_site_sees(keyed_url: str) -> None:
    answer = _sign_in(keyed_url, "demo-key-to-ask", next_="/why/x")
    assert (answer.status_code, answer.headers["location"]) == (303, "/why/x")
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie


def test_after_signing_in_the_pages_open(keyed_url: str) -> None:
    with httpx.Client(base_url=keyed_url, headers={"origin": keyed_url}) as browser:
        browser.post("/login", data={"key": "demo-key-to-operate"})
        assert browser.get("/review").status_code == 200
        browser.post("/logout")
        assert browser.get("/review").status_code == 401


def test_the_other_language_of_a_refused_form_knows_where_to_go(keyed_url: str) -> None:
    answer = _sign_in(keyed_url, "k8-not-a-key", next_="/review")
    assert 'href="/login?next=%2Freview&amp;lang=zh"' in answer.text


@pytest.mark.parametrize(
    ("role", "start"), [("ask", "/"), ("annotate", "/review"), ("operate", "/"), ("admin", "/")]
)
def test_signing_in_ends_on_a_page_that_the_role_may_see(
    keyed_url: str, role: str, start: str
) -> None:
    with httpx.Client(base_url=keyed_url, headers={"origin": keyed_url}) as browser:
        answer = browser.post("/login", data={"key": f"demo-key-to-{role}"})
        assert answer.headers["location"] == start
        assert browser.get(start).status_code == 200
        lost = browser.get("/nowhere", headers={"accept": "text/html"}).text
        assert lost.count(f'href="{start}"') >= 2 + (start != "/")
        assert start == "/" or 'href="/"' not in lost


@pytest.mark.parametrize(("language", "told"), [("en", "for programs"), ("zh", "供程序使用")])
def test_a_key_that_opens_no_page_is_told_so(keyed_url: str, language: str, told: str) -> None:
    headers = {"origin": keyed_url, "accept-language": language}
    answer = httpx.post(f"{keyed_url}/login", data={"key": "demo-key-to-react"}, headers=headers)
    assert answer.status_code == 403
    assert told in answer.text
    assert "chainring_key" not in answer.headers.get("set-cookie", "")


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_command_that_makes_a_key_is_set_as_code(keyed_url: str, language: str) -> None:
    form = httpx.get(f"{keyed_url}/login", headers={"accept-language": language}).text
    assert "<code>chainring keys</code>" in form
    assert "`" not in form


@pytest.mark.parametrize("key", ["", "k9-not-a-key", "x" * 600, "密钥", "a\nb"])
def test_a_wrong_key_stays_on_the_form_and_sets_no_key(keyed_url: str, key: str) -> None:
    answer = _sign_in(keyed_url, key)
    assert answer.status_code in (401, 429)
    assert "chainring_key" not in answer.headers.get("set-cookie", "")
    assert 'role="alert"' in answer.text
    assert key == "" or key not in answer.text


@pytest.mark.parametrize("path", ["/login", "/logout"])
def test_another_site_can_neither_sign_in_nor_out(keyed_url: str, path: str) -> None:
    for headers in ({"origin": "https://evil.example"}, {}):
        assert httpx.post(keyed_url + path, headers=headers).status_code == 403


@pytest.mark.parametrize(
    "path",
    ["https://evil.example", "//evil.example", "/\\evil.example", "javascript:1", "", "/a\r\nb: c"],
)
def test_signing_in_leads_nowhere_else(keyed_url: str, path: str) -> None:
    assert local(path) == "/"
    answer = _sign_in(keyed_url, "demo-key-to-ask", next_=path)
    assert answer.headers["location"] == "/"


def test_many_wrong_keys_are_429_and_lock_out_all_but_those_that_opened_before() -> None:
    from tests.deployment.http.demo import DemoVerbs

    from chainring.deployment.http.app import create_app
    from chainring.deployment.http.server import running
    from chainring.deployment.settings import DeploymentSettings

    verbs = DemoVerbs(keys={"right": "ask", "known": "ask"})
    with running(create_app(verbs, settings=DeploymentSettings())) as url:
        assert _sign_in(url, "known").status_code == 303
        statuses = [_sign_in(url, f"wrong-{n}").status_code for n in range(12)]
        assert statuses == [401] * 10 + [429] * 2
        assert _sign_in(url, "right").status_code == 429
        assert _sign_in(url, "known").status_code == 303


def test_a_form_of_many_fields_is_refused_and_no_failure_of_the_server(keyed_url: str) -> None:
    fields = {str(number): "1" for number in range(12)}
    answer = httpx.post(f"{keyed_url}/login", data=fields, headers={"origin": keyed_url})
    assert answer.status_code == 422
    assert 'name="key"' in answer.text
