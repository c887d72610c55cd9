from __future__ import annotations

from collections.abc import Iterator, Sequence

import httpx
import pytest
from tests.deployment.http.demo import DemoVerbs

from chainring.contracts.errors import BusyError
from chainring.contracts.values import Input
from chainring.deployment.http.app import create_app
from chainring.deployment.http.openai_routes import OPENAI_PATHS
from chainring.deployment.http.server import running
from chainring.deployment.http.shell import SAFE_HEADERS
from chainring.deployment.http.verbs import Caller, Served
from chainring.deployment.settings import DeploymentSettings


class Full(DemoVerbs):
    def begin_offers(self) -> None:
        super().begin_offers()
        self.busy = BusyError("the queue is full: 96 texts wait", retry_after_s=2.4)


@pytest.fixture(scope="module")
def full_url() -> Iterator[str]:
    with running(create_app(Full(), settings=DeploymentSettings())) as url:
        yield url


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v1/predict", {"text": "a"}),
        ("/v1/embeddings", {"input": "a"}),
        ("/v1/chat/completions", {"messages": [{"role": "user", "content": "a"}]}),
    ],
)
def test_while_the_lane_is_full_its_routes_are_refused_at_once(
    full_url: str, path: str, body: dict[str, object]
) -> None:
    answer = httpx.post(f"{full_url}{path}", json=body)
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "2")
    error = answer.json()["error"]
    assert error["message"].startswith("the queue is full: 96 texts wait")
    assert ("type" in error, "param" in error) == (path in OPENAI_PATHS,) * 2
    assert SAFE_HEADERS.items() <= dict(answer.headers).items()
    assert answer.headers["cache-control"] == "no-store"


def test_other_routes_answer_while_the_lane_is_full_and_the_refusals_are_counted(
    full_url: str,
) -> None:
    with httpx.Client(base_url=full_url) as client:
        for _ in range(3):
            assert client.post("/v1/predict", json={"text": "a" * 10_000}).status_code == 429
        assert client.get("/v1/labels").status_code == 200
        counted = 'chainring_requests_total{route="/v1/predict",status="429"}'
        assert counted in client.get("/metrics").text


SITE = "https://shop.example"


def test_pages_of_named_sites_may_call_and_no_others() -> None:
    settings = DeploymentSettings(cors_origins=(SITE,))
    app = create_app(DemoVerbs(keys={"k": "ask"}), settings=settings)
    asked = {"access-control-request-method": "POST",
             "access-control-request-headers": "authorization,content-type"}  # fmt: skip
    with running(app) as url, httpx.Client(base_url=url) as client:
        before = client.options("/v1/predict", headers={"origin": SITE, **asked})
        assert before.headers["access-control-allow-origin"] == SITE
        assert "authorization" in before.headers["access-control-allow-headers"].lower()
        headers = {"origin": SITE, "authorization": "Bearer k"}
        answer = client.post("/v1/predict", json={"text": "a"}, headers=headers)
        assert answer.status_code == 200
        assert answer.headers["access-control-allow-origin"] == SITE
        read = answer.headers["access-control-expose-headers"].split(", ")
        assert {"retry-after", "idempotency-replayed"} <= set(read)
        assert "access-control-allow-credentials" not in answer.headers
        other = {"origin": "https://evil.example", **asked}
        refused = client.options("/v1/predict", headers=other)
        assert "access-control-allow-origin" not in refused.headers
        by_cookie = client.post(
            "/v1/predict", json={"text": "a"}, headers={"origin": SITE, "cookie": "chainring_key=k"}
        )
        assert by_cookie.status_code == 403


class Failing(DemoVerbs):
    async def predict(
        self, texts: Sequence[Input], *, episode: str, author: str, caller: Caller
    ) -> list[Served]:
        raise KeyError(texts[0])


def test_a_failure_in_the_house_has_the_headers_of_every_answer() -> None:
    settings = DeploymentSettings(cors_origins=(SITE,))
    with running(create_app(Failing(keys={"k": "ask"}), settings=settings)) as url:
        headers = {"origin": SITE, "authorization": "Bearer k"}
        answer = httpx.post(f"{url}/v1/predict", json={"text": "a"}, headers=headers)
    assert (answer.status_code, answer.json()["error"]["code"]) == (500, "internal")
    assert answer.headers["access-control-allow-origin"] == SITE
    assert SAFE_HEADERS.items() <= dict(answer.headers).items()
    assert answer.headers["cache-control"] == "no-store"


STAINLESS = "lang package-version os arch runtime runtime-version retry-count timeout helper-method"


def test_the_openai_client_of_a_page_may_send_what_it_says_of_itself() -> None:
    settings = DeploymentSettings(cors_origins=(SITE,))
    names = ["authorization", "content-type", "user-agent", "openai-organization", "openai-project"]
    names += [f"x-stainless-{name}" for name in STAINLESS.split()]
    asked = {"access-control-request-method": "POST"}
    with running(create_app(DemoVerbs(), settings=settings)) as url:
        with httpx.Client(base_url=f"{url}/v1", headers={"origin": SITE, **asked}) as page:
            headers = {"access-control-request-headers": ",".join(names)}
            assert page.options("/chat/completions", headers=headers).status_code == 200
            headers = {"access-control-request-headers": "x-forwarded-for"}
            assert page.options("/chat/completions", headers=headers).status_code == 400
