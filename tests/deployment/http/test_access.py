from __future__ import annotations

import httpx
import pytest

from chainring.deployment.http.access import WrongKeys
from chainring.deployment.http.calls import Route
from chainring.deployment.http.demo import ASK_VERBS
from chainring.deployment.http.faults import HttpError
from chainring.deployment.http.pages.table import PAGES
from chainring.deployment.http.routes import ROUTES
from chainring.deployment.http.verbs import VERB_NAMES

TABLE = [pytest.param(r, id=f"{r.method} {r.path}") for r in (*ROUTES, *PAGES)]
CLOSED = [p for p in TABLE if p.values[0].verb is not None]  # type: ignore[union-attr]
ASK_IS_ENOUGH = {"predict", "react", "why", "status", "labels", "case"}


def _call(client: httpx.Client, route: Route, **more: object) -> httpx.Response:
    path = route.path.replace("{id}", "none").replace("{name}", "style.css")
    content = b"{}" if route.method == "POST" else None
    return client.request(route.method, path, content=content, **more)  # type: ignore[arg-type]


def test_every_verb_of_the_table_is_a_known_one() -> None:
    used = {route.verb for route in (*ROUTES, *PAGES)} - {None}
    assert used == set(VERB_NAMES)
    assert ASK_VERBS == ASK_IS_ENOUGH


@pytest.mark.parametrize("route", CLOSED)
def test_without_a_key_no_closed_route_answers(stranger: httpx.Client, route: Route) -> None:
    answer = _call(stranger, route)
    assert answer.status_code == 401
    assert answer.json()["error"]["code"] == "no_key"
    assert answer.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize("route", CLOSED)
def test_a_wrong_key_opens_no_route(stranger: httpx.Client, route: Route) -> None:
    answer = _call(stranger, route, headers={"authorization": "Bearer wrong"})
    assert answer.status_code in (401, 429)


@pytest.mark.parametrize("route", CLOSED)
def test_the_role_ask_reaches_its_verbs_and_no_other(asker: httpx.Client, route: Route) -> None:
    refused = _call(asker, route).status_code == 403
    assert refused == (route.verb not in ASK_IS_ENOUGH)


@pytest.mark.parametrize("route", TABLE)
def test_the_role_operate_reaches_everything(operator: httpx.Client, route: Route) -> None:
    if route.path in ("/login", "/logout") and route.method == "POST":
        pytest.skip("posts of pages want an origin, see the tests of signing in")
    assert _call(operator, route).status_code not in (401, 403, 500)


@pytest.mark.parametrize("route", [p for p in CLOSED if p.values[0].page])  # type: ignore[union-attr]
def test_a_page_sends_a_browser_without_a_key_to_sign_in(
    stranger: httpx.Client, route: Route
) -> None:
    answer = _call(stranger, route, headers={"accept": "text/html"})
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/login?next=%2F")


@pytest.mark.parametrize(
    "header", ["", "Bearer", "Basic abc", "Bearer \xff", f"Bearer {'x' * 5000}", "wrong"]
)
def test_a_malformed_authorization_is_401(stranger: httpx.Client, header: str) -> None:
    headers = [(b"authorization", header.encode("latin-1"))]
    assert stranger.get("/v1/status", headers=headers).status_code == 401


def test_a_key_in_the_cookie_reads_but_posts_only_from_our_own_pages(keyed_url: str) -> None:
    cookies = {"chainring_key": "demo-key-to-ask"}
    with httpx.Client(base_url=keyed_url, cookies=cookies) as browser:
        assert browser.get("/v1/status").status_code == 200
        body = {"text": "where is it"}
        for origin in (None, "https://evil.example", "null", keyed_url + ".evil.example"):
            headers = {} if origin is None else {"origin": origin}
            answer = browser.post("/v1/predict", json=body, headers=headers)
            assert answer.json()["error"]["code"] == "foreign_origin", origin
        own = browser.post("/v1/predict", json=body, headers={"origin": keyed_url})
        assert own.status_code == 200


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_an_open_server_refuses_posts_that_other_sites_send(
    client: httpx.Client, site: str
) -> None:
    body = {"text": "where is it"}
    answer = client.post("/v1/predict", json=body, headers={"sec-fetch-site": site})
    assert answer.status_code == 403
    answer = client.post("/v1/predict", json=body, headers={"origin": "http://evil.example"})
    assert answer.status_code == 403
    assert client.post("/v1/predict", json=body).status_code == 200


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8000", "127.0.0.1.evil.example"])
def test_an_open_server_answers_under_its_own_name_only(client: httpx.Client, host: str) -> None:
    answer = client.get("/v1/status", headers={"host": host})
    assert answer.json()["error"]["code"] == "foreign_host"


@pytest.mark.parametrize("host", ["localhost", "localhost:8000", "127.0.0.1", "[::1]:8000"])
def test_the_names_of_the_own_machine_are_let_in(client: httpx.Client, host: str) -> None:
    assert client.get("/v1/status", headers={"host": host}).status_code == 200


def test_a_server_with_keys_answers_under_any_name(operator: httpx.Client) -> None:
    answer = operator.get("/v1/status", headers={"host": "shop.example"})
    assert answer.status_code == 200


def test_wrong_keys_are_counted_by_address_and_forgotten_after_the_window() -> None:
    now = 0.0
    wrong = WrongKeys(limit=3, window_s=60, clock=lambda: now)
    for _ in range(3):
        wrong.count("a")
    with pytest.raises(HttpError) as raised:
        wrong.count("a")
    assert raised.value.code == "too_many_tries"
    wrong.count("b")
    now = 61.0
    wrong.count("a")


def test_no_address_makes_the_count_of_wrong_keys_grow_without_bound() -> None:
    wrong = WrongKeys(limit=3, clock=lambda: 0.0)
    for index in range(30_000):
        wrong.count(str(index))
    assert len(wrong._tries) <= 10_001


def test_no_other_site_may_read_an_answer(operator: httpx.Client) -> None:
    answer = operator.options(
        "/v1/predict",
        headers={"origin": "https://evil.example", "access-control-request-method": "POST"},
    )
    assert not [name for name in answer.headers if name.startswith("access-control")]
