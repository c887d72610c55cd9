"""A server in memory that wants keys, for the client."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.deployment.http.demo import DemoVerbs

from chainring.contracts.roles import ROLES
from chainring.deployment.http.app import create_app
from chainring.deployment.http.server import running
from chainring.deployment.settings import DeploymentSettings


@pytest.fixture(scope="session")
def url() -> Iterator[str]:
    verbs = DemoVerbs(keys={f"key-to-{role}": role for role in ROLES})
    with running(create_app(verbs, settings=DeploymentSettings())) as found:
        yield found


class Talker(DemoVerbs):
    """Says that it was trained for conversations."""

    task = "dialogue"


@pytest.fixture(scope="session")
def talking_url() -> Iterator[str]:
    with running(create_app(Talker(), settings=DeploymentSettings())) as found:
        yield found
