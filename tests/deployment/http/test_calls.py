"""What a key is held to, over a real server: verbs, requests a minute, texts a day."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import httpx
import pytest
from tests.deployment.http.demo import DemoVerbs

from chainring.contracts.roles import Role
from chainring.deployment.http.app import create_app
from chainring.deployment.http.calls import MAX_WHYS
from chainring.deployment.http.server import running
from chainring.deployment.http.verbs import Caller
from chainring.deployment.settings import DeploymentSettings

TERMS: dict[str, dict[str, Any]] = {
    "held to predict": {"only": ("predict",)},
    "twice a minute": {"per_minute": 2},
    "five texts": {"per_day": 5},
    "no more texts": {"per_day": 1},
    "of another shop": {},
    "of this shop": {},
}
TEXT = {"text": "where is my parcel"}


class Held(DemoVerbs):
    """The demonstration, with keys of role `ask` that are held to something."""

    def __init__(self) -> None:
        keys: dict[str, Role] = dict.fromkeys(TERMS, "ask")
        super().__init__(keys=keys)

    def authenticate(self, secret: str | None, client: str) -> Caller:
        return replace(super().authenticate(secret, client), **TERMS[secret or ""])


@pytest.fixture(scope="module")
def house() -> Held:
    return Held()


@pytest.fixture(scope="module")
def url(house: Held) -> Iterator[str]:
    with running(create_app(house, settings=DeploymentSettings())) as found:
        yield found


def holding(url: str, key: str) -> httpx.Client:
    return httpx.Client(base_url=url, headers={"authorization": f"Bearer {key}"})


def code(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["code"]


def test_a_key_held_to_some_verbs_of_its_role_reaches_no_other_and_its_try_is_kept(
    url: str, house: Held
) -> None:
    with holding(url, "held to predict") as client:
        assert client.post("/v1/predict", json=TEXT).status_code == 200
        refused = client.get("/v1/labels")
    assert code(refused) == (403, "not_allowed")
    assert refused.json()["error"]["faults"] == ["this key is held to predict"]
    (act,) = house.acts(limit=1, caller=Caller(role="admin"))
    assert (act.verb, act.decision) == ("labels", "denied")


def test_a_key_that_asks_too_often_hears_when_to_come_back(url: str) -> None:
    with holding(url, "twice a minute") as client:
        first, second, third = (client.get("/v1/labels") for _ in range(3))
    assert (first.status_code, second.status_code) == (200, 200)
    assert code(third) == (429, "too_often")
    assert 1 <= int(third.headers["retry-after"]) <= 30


def test_texts_of_a_day_are_counted_however_they_are_asked(url: str) -> None:
    with holding(url, "five texts") as client:
        asked = [
            client.post("/v1/predict", json={"texts": ["refund", "退款"]}),
            client.post("/v1/predict", json=TEXT | {"stream": True}),
            client.post("/v1/embeddings", json={"input": ["refund", "退款"]}),
        ]
    assert [answer.status_code for answer in asked] == [200, 200, 200]
    with holding(url, "five texts") as client:
        assert code(client.post("/v1/predict", json=TEXT)) == (429, "quota")


@pytest.mark.parametrize(
    ("route", "body"),
    [
        ("/v1/predict", {"texts": ["refund", "退款"]}),
        ("/v1/embeddings", {"input": ["refund", "退款"]}),
    ],
)
def test_texts_beyond_the_quota_are_refused_whole(
    url: str, route: str, body: dict[str, Any]
) -> None:
    with holding(url, "no more texts") as client:
        assert code(client.post(route, json=body)) == (429, "quota")


def test_texts_that_found_no_room_count_for_no_quota() -> None:
    verbs = Held()
    verbs.queue = 3
    with (
        running(create_app(verbs, settings=DeploymentSettings())) as own,
        holding(own, "five texts") as client,
    ):
        found = [
            client.post("/v1/predict", json={"texts": ["refund"] * count})
            for count in (4, 3, 4, 2, 1)
        ]
    assert [answer.status_code for answer in found] == [429, 200, 429, 200, 429]
    assert code(found[-1]) == (429, "quota")


def test_the_idempotency_key_of_one_caller_is_not_that_of_another(url: str) -> None:
    found = []
    for key in ("of this shop", "of another shop"):
        with holding(url, key) as client:
            answer = client.post("/v1/predict", json=TEXT, headers={"idempotency-key": "order-1"})
        found.append(answer.json()["id"])
        assert "idempotency-replayed" not in answer.headers
    assert found[0] != found[1]


@pytest.mark.parametrize("path", ["/v1%2flabels", "/v1%2Flabels", "/v1%252flabels"])
def test_a_path_whose_slashes_are_written_otherwise_is_refused(url: str, path: str) -> None:
    """A proxy that lets paths through by how they begin reads another path than we would."""
    with holding(url, "of this shop") as client:
        assert client.get("/v1/labels").status_code == 200
        answer = client.get(path)
    assert answer.request.url.raw_path == path.encode()
    assert answer.status_code == (404 if "25" in path else 422)


class Tracing(DemoVerbs):
    """Notes how many whys are on their way together."""

    def __init__(self, *, takes_s: float = 0.3) -> None:
        super().__init__()
        self.lock, self.running, self.most = threading.Lock(), 0, 0
        self.crowded, self.takes_s = threading.Event(), takes_s

    def why(self, prediction: str, *, caller: Caller, language: str) -> dict[str, Any]:
        with self.lock:
            self.running += 1
            self.most = max(self.most, self.running)
            if self.running > MAX_WHYS:
                self.crowded.set()
        self.crowded.wait(self.takes_s)  # so long may another one come
        with self.lock:
            self.running -= 1
        return super().why(prediction, caller=caller, language=language)


@pytest.mark.parametrize("route", ["/v1/why/", "/why/"])
def test_few_whys_run_together_for_each_opens_the_champion_anew(route: str) -> None:
    verbs = Tracing()
    with running(create_app(verbs, settings=DeploymentSettings())) as own:
        asked = httpx.post(f"{own}/v1/predict", json=TEXT).json()["id"]
        with ThreadPoolExecutor(8) as pool:
            found = list(pool.map(httpx.get, [f"{own}{route}{asked}"] * 8))
    assert [answer.status_code for answer in found] == [200] * 8
    assert 1 <= verbs.most <= MAX_WHYS


def test_a_why_that_nobody_waits_for_any_more_keeps_its_place_until_it_ends() -> None:
    verbs = Tracing(takes_s=2.0)
    with running(create_app(verbs, settings=DeploymentSettings(timeout_s=0.5))) as own:
        asked = httpx.post(f"{own}/v1/predict", json=TEXT).json()["id"]
        found: list[httpx.Response] = []
        for _ in range(2):
            with ThreadPoolExecutor(4) as pool:
                found += pool.map(httpx.get, [f"{own}/v1/why/{asked}"] * 4)
        assert 1 <= verbs.most <= MAX_WHYS
        assert {code(answer) for answer in found} == {(503, "too_slow")}
        time.sleep(2.5)
        assert verbs.running == 0
        verbs.takes_s = 0.0
        assert httpx.get(f"{own}/v1/why/{asked}").status_code == 200
