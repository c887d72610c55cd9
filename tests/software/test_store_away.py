"""A ledger that is away for a moment: whatever was asked, the caller hears to come back."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from chainring.deployment.http.app import create_app
from chainring.deployment.http.server import running
from chainring.software.api import Project
from chainring.software.serving.service import Service
from chainring.software.verbs.turning import STORE_IS_AWAY
from chainring.store.ledger import Ledger
from chainring.store.locked import locked


@pytest.fixture
def served(grown_project: Project) -> Iterator[tuple[httpx.Client, Project]]:
    """Return a client, and the project that the server behind it has opened."""
    opened = Project.open(grown_project.folder)
    made = create_app(
        Service(opened, open_to_all=True),
        settings=opened.ring.recipe.deployment,
        passing=STORE_IS_AWAY,
    )
    with running(made) as url, httpx.Client(base_url=url) as client:
        yield client, opened


def lost(*given: Any, **facts: Any) -> Any:
    """Fail as a database whose connection is cut."""
    raise sa.exc.OperationalError("SELECT", {}, OSError("the server closed the connection"))


def kept_locked(*given: Any, **facts: Any) -> Any:
    """Fail as a database that another process has."""
    raise locked(Path("ledger.db"), waited_s=30)


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/v1/status", None),
        ("GET", "/v1/review", None),
        ("GET", "/v1/cases", None),
        ("POST", "/v1/keys", {"role": "ask", "name": "shop"}),
        ("POST", "/v1/cases/case_1/close", {"outcome": "fixed"}),
        ("POST", "/v1/review", {"item": "fb_1", "decision": "accept"}),
    ],
)
@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("fails", [lost, kept_locked])
def test_a_ledger_that_is_away_is_503_and_says_when_to_come_back(
    served: tuple[httpx.Client, Project],
    method: str,
    path: str,
    body: dict[str, str] | None,
    language: str,
    fails: Callable[..., Any],
) -> None:
    web, project = served
    sa.event.listen(project.ring.ledger.engine, "before_cursor_execute", fails)
    answer = web.request(method, path, json=body, headers={"accept-language": language})
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5"), answer.text
    told = answer.json()["error"]
    assert told["code"] == "unavailable"
    words = told["message"] + " ".join(told["faults"])
    assert ("does not answer now" if language == "en" else "现在没有响应") in words
    assert "OperationalError" not in words
    assert "SELECT" not in words
    assert "ledger.db" not in words


@pytest.mark.parametrize(
    ("fails", "told"),
    [
        (lost, "cause=OperationalError said=the server closed the connection"),
        (kept_locked, f"cause=LockedError said={locked(Path('ledger.db'), waited_s=30)}"),
    ],
)
def test_the_log_says_what_the_database_said_and_no_more(
    served: tuple[httpx.Client, Project],
    caplog: pytest.LogCaptureFixture,
    fails: Callable[..., Any],
    told: str,
) -> None:
    web, project = served
    sa.event.listen(project.ring.ledger.engine, "before_cursor_execute", fails)
    with caplog.at_level(logging.ERROR, logger="chainring.http"):
        web.get("/v1/cases")
    (line,) = [row.getMessage() for row in caplog.records if row.name == "chainring.http"]
    assert line == f"http.unanswered {told}"


def test_another_fault_stays_a_500(
    served: tuple[httpx.Client, Project], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*given: Any, **facts: Any) -> Any:
        raise ZeroDivisionError

    monkeypatch.setattr(Ledger, "facts", broken)
    assert served[0].get("/v1/cases").status_code == 500
