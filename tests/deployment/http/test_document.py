"""The OpenAPI document and its page: labels only for who may list them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import httpx
import pytest
from tests.deployment.http.demo import DemoVerbs

from chainring.deployment.http.app import create_app
from chainring.deployment.http.server import running
from chainring.deployment.http.verbs import Caller
from chainring.deployment.settings import DeploymentSettings

LABEL, ASK, NARROW = "change_address", "key-to-ask", "key-to-ask-only"


class Narrow(DemoVerbs):
    """Holds one of its keys to a single verb."""

    def authenticate(self, secret: str | None, client: str) -> Caller:
        caller = super().authenticate(secret, client)
        return replace(caller, only=("predict",)) if secret == NARROW else caller


@pytest.fixture
def url() -> Iterator[str]:
    verbs = Narrow(keys={ASK: "ask", NARROW: "ask"})
    with running(create_app(verbs, settings=DeploymentSettings())) as found:
        yield found


def bearer(secret: str) -> dict[str, str]:
    return {"authorization": f"Bearer {secret}"}


def cookie(secret: str) -> dict[str, str]:
    return {"cookie": f"chainring_key={secret}"}


@pytest.mark.parametrize("path", ["/openapi.json", "/docs"])
@pytest.mark.parametrize("headers", [{}, cookie("wrong"), bearer(NARROW), cookie(NARROW)])
def test_who_may_not_list_the_labels_does_not_read_them_there(
    url: str, path: str, headers: dict[str, str]
) -> None:
    found = httpx.get(url + path, headers=headers)
    assert found.status_code == 200
    assert "/v1/predict" in found.text
    assert LABEL not in found.text


@pytest.mark.parametrize("path", ["/openapi.json", "/docs"])
@pytest.mark.parametrize("headers", [bearer(ASK), cookie(ASK)])
def test_who_may_list_them_reads_them(url: str, path: str, headers: dict[str, str]) -> None:
    assert LABEL in httpx.get(url + path, headers=headers).text


def test_the_document_without_labels_describes_every_route_all_the_same(url: str) -> None:
    def paths(headers: dict[str, str]) -> Any:
        return httpx.get(f"{url}/openapi.json", headers=headers).json()["paths"].keys()

    assert paths({}) == paths(bearer(ASK))


def test_a_wrong_key_in_the_header_is_refused_and_counted(url: str) -> None:
    statuses = [
        httpx.get(f"{url}/openapi.json", headers=bearer(f"guess-{i}")).status_code
        for i in range(12)
    ]
    assert (statuses[0], statuses[-1]) == (401, 429)


def test_a_server_without_keys_tells_its_labels_under_its_own_name_only(open_url: str) -> None:
    for path in ("/openapi.json", "/docs"):
        assert LABEL in httpx.get(open_url + path).text
        foreign = httpx.get(open_url + path, headers={"host": "rebound.example"})
        assert foreign.status_code == 200
        assert LABEL not in foreign.text
