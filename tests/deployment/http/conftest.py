"""Real servers over the demonstration house: one open, one that wants keys."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest
from tests.deployment.http.demo import DemoVerbs

from chainring.contracts.roles import ROLES
from chainring.deployment.http.app import create_app
from chainring.deployment.http.server import running
from chainring.deployment.settings import DeploymentSettings

ASK, OPERATE = "demo-key-to-ask", "demo-key-to-operate"
KEYS = {f"demo-key-to-{role}": role for role in ROLES}


@pytest.fixture(scope="session")
def open_url() -> Iterator[str]:
    with running(create_app(DemoVerbs(), settings=DeploymentSettings())) as url:
        yield url


@pytest.fixture(scope="session")
def keyed_url() -> Iterator[str]:
    verbs = DemoVerbs(keys=KEYS)
    with running(create_app(verbs, settings=DeploymentSettings())) as url:
        yield url


@pytest.fixture
def client(open_url: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=open_url) as found:
        yield found


@pytest.fixture
def asker(keyed_url: str) -> Iterator[httpx.Client]:
    headers = {"authorization": f"Bearer {ASK}"}
    with httpx.Client(base_url=keyed_url, headers=headers) as found:
        yield found


@pytest.fixture
def operator(keyed_url: str) -> Iterator[httpx.Client]:
    headers = {"authorization": f"Bearer {OPERATE}"}
    with httpx.Client(base_url=keyed_url, headers=headers) as found:
        yield found


@pytest.fixture
def stranger(keyed_url: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=keyed_url) as found:
        yield found
