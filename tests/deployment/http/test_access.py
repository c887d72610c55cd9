from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import httpx
import pytest
from tests.deployment.http.demo import DemoVerbs

from chainring.contracts.roles import ROLES, VERB_ROLES
from chainring.deployment.http.access import WrongKeys
from chainring.deployment.http.app import create_app
from chainring.deployment.http.calls import Route
from chainring.deployment.http.faults import HttpError
from chainring.deployment.http.pages.table import PAGES
from chainring.deployment.http.routes import ROUTES
from chainring.deployment.http.server import running
from chainring.deployment.http.verbs import VERB_NAMES
from chainring.deployment.settings import DeploymentSettings

TABLE = [pytest.param(r, id=f"{r.method} {r.path}") for r in (*ROUTES, *PAGES)]
CLOSED = [p for p in TABLE if p.values[0].verb is not None]  # type: ignore[union-attr]


def _call(client: httpx.Client, route: Route, **more: object) -> httpx.Response:
    path = route.path.replace("{id}", "none").replace("{name}", "style.css")
    content = b"{}" if route.method == "POST" else None
    return client.request(route.method, path, content=content, **more)  # type: ignore[arg-type]


def test_every_verb_of_the_table_is_a_known_one() -> None:
    used = {route.verb for route in (*ROUTES, *PAGES)} - {None}
    assert used == set(VERB_NAMES)


@pytest.mark.parametrize("route", CLOSED)
def test_without_a_key_no_closed_route_answers(stranger: httpx.Client, route: Route) -> None:
    answer = _call(stranger, route)
    assert answer.status_code == 401
    assert answer.json()["error"]["code"] == "no_key"
    assert answer.headers["www-authenticate"] == "Bearer"


@pytest.fixture(scope="module")
def guessed() -> Iterator[httpx.Client]:
    """Yield a client of a server that is guessed at, which locks its address out."""
    app = create_app(DemoVerbs(keys={"right": "admin"}), settings=DeploymentSettings())
    with running(app) as url, httpx.Client(base_url=url) as client:
        yield client


@pytest.mark.parametrize("guesses", [300, pytest.param(10_000, marks=pytest.mark.slow)])
def test_guesses_open_nothing_and_leave_no_trace_of_themselves(
    guesses: int, caplog: pytest.LogCaptureFixture
) -> None:
    answered: Counter[int] = Counter()
    app = create_app(DemoVerbs(keys={"right": "admin"}), settings=DeploymentSettings())
    with running(app) as url, httpx.Client(base_url=url) as client:
        for number in range(guesses):
            headers = {"authorization": f"Bearer guess-{number}"}
            answer = client.get("/v1/status", headers=headers)
            answered[answer.status_code] += 1
            assert "guess-" not in answer.text
        locked = client.get("/v1/status", headers={"authorization": "Bearer right"})
    assert 10 <= answered[401] <= 10 * (1 + guesses // 1000)
    assert set(answered) == {401, 429}
    assert "guess-" not in caplog.text
    assert (locked.status_code, locked.json()["error"]["code"]) == (429, "too_many_tries")
    assert 1 <= int(locked.headers["retry-after"]) <= 60


@pytest.fixture
def keyed() -> Iterator[httpx.Client]:
    """Yield a client of a server of its own, where nobody has guessed yet."""
    app = create_app(DemoVerbs(keys={"right": "admin"}), settings=DeploymentSettings())
    with running(app) as url, httpx.Client(base_url=url) as client:
        yield client


def test_a_page_that_asks_on_with_an_ended_key_locks_nobody_out(keyed: httpx.Client) -> None:
    for _ in range(30):
        polled = keyed.get("/watch", headers={"cookie": "chainring_key=ended"})
        assert polled.status_code == 401
    right = keyed.get("/v1/status", headers={"authorization": "Bearer right"})
    assert right.status_code == 200


def test_guesses_in_the_cookie_of_an_open_page_are_counted(keyed: httpx.Client) -> None:
    for number in range(30):
        guess = {"cookie": f"chainring_key=guess-{number}"}
        assert keyed.get("/docs", headers=guess).status_code == 200
    locked = keyed.get("/v1/status", headers={"authorization": "Bearer right"})
    assert (locked.status_code, locked.json()["error"]["code"]) == (429, "too_many_tries")
    page = keyed.get("/docs", headers={"cookie": "chainring_key=right"})
    assert page.status_code == 200
    assert 'href="/review"' not in page.text


def test_an_open_page_knows_its_visitor_and_so_does_the_next_call(keyed: httpx.Client) -> None:
    page = keyed.get("/docs", headers={"cookie": "chainring_key=right"})
    assert 'href="/review"' in page.text
    for number in range(12):
        keyed.get("/v1/status", headers={"authorization": f"Bearer guess-{number}"})
    known = keyed.get("/v1/status", headers={"cookie": "chainring_key=right"})
    assert known.status_code == 200


@pytest.mark.parametrize("route", CLOSED)
def test_a_wrong_key_opens_no_route(guessed: httpx.Client, route: Route) -> None:
    answer = _call(guessed, route, headers={"authorization": "Bearer wrong"})
    assert "wrong" not in answer.text.replace("wrong_key", "").replace("wrong key", "")
    assert answer.status_code in (401, 429)


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("route", CLOSED)
def test_each_role_reaches_the_routes_of_its_verbs_and_no_other(
    stranger: httpx.Client, route: Route, role: str
) -> None:
    headers = {"authorization": f"Bearer demo-key-to-{role}"}
    answer = _call(stranger, route, headers=headers)
    assert route.verb is not None
    assert (answer.status_code == 403) is (role not in VERB_ROLES[route.verb])
    assert answer.status_code not in (401, 500)


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


@pytest.mark.parametrize(
    "header", ["", "Bearer", "Basic abc", "Bearer \xff", f"Bearer {'x' * 5000}", "Token abc"]
)
def test_a_server_without_keys_looks_at_none(client: httpx.Client, header: str) -> None:
    headers = [(b"authorization", header.encode("latin-1"))]
    answer = client.post("/v1/predict", json={"text": "where is it"}, headers=headers)
    assert answer.status_code == 200
    foreign = [*headers, (b"origin", b"http://evil.example")]
    assert client.post("/v1/predict", json={"text": "x"}, headers=foreign).status_code == 403


def test_a_person_is_known_by_the_cookie_behind_a_proxy_with_a_password(
    keyed_url: str,
) -> None:
    cookies, proxied = {"chainring_key": "demo-key-to-ask"}, {"authorization": "Basic YTpi"}
    with httpx.Client(base_url=keyed_url, cookies=cookies, headers=proxied) as browser:
        assert browser.get("/v1/status").status_code == 200
        refused = browser.post("/v1/predict", json={"text": "where is it"})
        assert refused.json()["error"]["code"] == "foreign_origin"
        browser.headers["authorization"] = "Bearer made-up"
        assert browser.get("/v1/status").json()["error"]["code"] == "wrong_key"


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
    made_up = {"origin": "http://evil.example", "authorization": "Bearer made-up"}
    assert client.post("/v1/predict", json=body, headers=made_up).status_code == 403
    assert client.post("/v1/predict", json=body).status_code == 200


@pytest.mark.parametrize("sites", [("https://shop.example",), ("*",)])
def test_a_listed_site_may_only_ask_a_server_without_keys(sites: tuple[str, ...]) -> None:
    settings = DeploymentSettings(cors_origins=sites)
    with running(create_app(DemoVerbs(), settings=settings)) as url:
        with httpx.Client(base_url=url, headers={"origin": "https://shop.example"}) as page:
            assert page.post("/v1/predict", json={"text": "where is it"}).status_code == 200
            made = page.post("/v1/keys", json={"role": "admin", "name": "mine"})
            assert made.json()["error"]["code"] == "not_allowed"
            assert page.get("/v1/audit").status_code == 403
            page.headers["authorization"] = "Bearer made-up"  # what is no key proves nothing
            made = page.post("/v1/keys", json={"role": "admin", "name": "mine"})
            assert made.json()["error"]["code"] == "not_allowed"
        with httpx.Client(base_url=url, headers={"origin": url}) as own:
            made = own.post("/v1/keys", json={"role": "ask", "name": "page"})
            assert made.status_code == 201


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
    for number in range(3):
        wrong.count("a", f"guess-{number}")
    with pytest.raises(HttpError) as raised:
        wrong.count("a", "guess-3")
    assert raised.value.code == "too_many_tries"
    wrong.count("b", "guess-3")
    now = 61.0
    wrong.count("a", "guess-3")


def test_a_wrong_key_that_is_sent_again_and_again_counts_once_a_window() -> None:
    now = 0.0
    wrong = WrongKeys(limit=3, window_s=60, clock=lambda: now)
    for second in range(600):
        now = float(second)
        wrong.count("office", "ended")
        wrong.require("office", "a right one")
    wrong.count("office", "guess-1")
    wrong.count("office", "guess-2")
    with pytest.raises(HttpError, match="too_many_tries"):
        wrong.require("office", "a right one")


def test_an_address_that_guesses_is_locked_out_but_for_the_keys_that_worked_there() -> None:
    now = 0.0
    wrong = WrongKeys(limit=3, window_s=60, clock=lambda: now)
    wrong.let_in("office", "right")
    for number in range(3):
        wrong.require("office", f"guess-{number}")
        wrong.count("office", f"guess-{number}")
    with pytest.raises(HttpError, match="too_many_tries"):
        wrong.require("office", "another right one")
    wrong.require("office", "right")
    wrong.require("elsewhere", "another right one")
    now = 61.0
    wrong.require("office", "another right one")


def test_a_guesser_with_a_network_of_ipv6_addresses_is_one() -> None:
    wrong = WrongKeys(limit=3, clock=lambda: 0.0)
    for number in range(3):
        wrong.count(f"2001:db8:1:2::{number + 1:x}", f"guess-{number}")
    with pytest.raises(HttpError, match="too_many_tries"):
        wrong.require("2001:db8:1:2:ffff::9", "guess")
    wrong.require("2001:db8:1:3::1", "guess")


def test_no_address_makes_the_count_of_wrong_keys_grow_without_bound() -> None:
    wrong = WrongKeys(limit=3, clock=lambda: 0.0)
    for index in range(30_000):
        wrong.count(str(index), "guess")
    assert len(wrong._tries) <= 10_001


def test_no_other_site_may_read_an_answer(operator: httpx.Client) -> None:
    answer = operator.options(
        "/v1/predict",
        headers={"origin": "https://evil.example", "access-control-request-method": "POST"},
    )
    assert not [name for name in answer.headers if name.startswith("access-control")]
