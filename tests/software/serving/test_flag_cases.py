"""Flags whose cases cannot be opened at once: told clearly, and opened when the ledger is back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
import sqlalchemy as sa
from tests.software.conftest import ON_BOTH, wait_until

from chainring.contracts.case import Case
from chainring.contracts.reaction import Reaction
from chainring.deployment.http.app import create_app
from chainring.deployment.http.server import running
from chainring.software.api import Project
from chainring.software.serving import flag_cases
from chainring.software.serving.flag_cases import FlagCases
from chainring.software.serving.service import Service
from chainring.store.ledger import Ledger

pytestmark = ON_BOTH


@pytest.fixture
def shop(grown_in: Project) -> Project:
    """Return a project with a champion, its ledger in SQLite and in PostgreSQL."""
    return grown_in


@contextmanager
def away(patched: pytest.MonkeyPatch) -> Iterator[None]:
    """Let the ledger fail where a case is written."""
    add_once = Ledger.add_once

    def failing(self: Ledger, kind: str, *words: Any, **about: Any) -> bool:
        if kind == "case":
            raise sa.exc.OperationalError("INSERT", {}, OSError("the server closed the connection"))
        return add_once(self, kind, *words, **about)

    with patched.context() as broken:
        broken.setattr(Ledger, "add_once", failing)
        yield


def flags_and_cases(project: Project) -> tuple[list[str], list[str]]:
    """Return the ids of the flags, and what the cases were opened by."""
    flags = [one.id for one in project.ring.traffic.feedback(kinds=["flag"])]
    return flags, [one.opened_by for one in project.ring.ledger.facts("case", Case)]


@pytest.mark.parametrize("is_sent_again", [True, False])
def test_a_flag_whose_case_cannot_be_opened_is_503_and_has_its_case_later(
    shop: Project, monkeypatch: pytest.MonkeyPatch, is_sent_again: bool
) -> None:
    monkeypatch.setattr(
        "chainring.software.serving.watching._ALERT_S", 600 if is_sent_again else 0.05
    )
    folder = Path(shop.folder)
    service = Service(Project.open(folder), open_to_all=True)
    settings = shop.ring.recipe.deployment
    with running(create_app(service, settings=settings)) as url, httpx.Client(base_url=url) as web:
        wait_until(lambda: web.get("/health/ready").status_code == 200)
        answer = web.post("/v1/predict", json={"text": "where is my parcel"}).json()["id"]
        body = {"prediction": answer, "kind": "flag", "value": "harmful"}
        sent: dict[str, Any] = {"json": body, "headers": {"idempotency-key": "once"}}
        with away(monkeypatch):
            told = web.post("/v1/react", **sent)
            assert told.status_code == 503, told.text
            assert told.headers["retry-after"] == "5"
            assert "the flag is stored" in told.json()["error"]["message"]
            flags, cases = flags_and_cases(shop)
            assert (len(flags), cases) == (1, [])
        if is_sent_again:
            again = web.post("/v1/react", **sent)
            assert (again.status_code, again.json()["id"]) == (201, flags[0])
            assert again.json()["case"] == shop.cases()[0].id
        else:
            wait_until(lambda: bool(shop.cases()))
    assert flags_and_cases(shop) == (flags, flags)


def test_a_flag_that_a_kill_parted_from_its_case_has_one_when_a_server_starts(
    shop: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    (answer,) = shop.predict(["where is my parcel"])
    flag = Reaction(prediction=answer.id, kind="flag", value="wrong", author="ann")
    shop.react(flag)
    with away(monkeypatch), pytest.raises(sa.exc.OperationalError):
        shop.react(flag)
    (closed,) = shop.cases()
    shop.close_case(closed.id, outcome="looked", told="yes", by="op")
    cases = FlagCases(shop)
    with away(monkeypatch), pytest.raises(sa.exc.OperationalError):
        cases.catch_up()
    cases.catch_up()
    flags, opened = flags_and_cases(shop)
    assert sorted(opened) == sorted(flags)
    assert len(flags) == 2
    assert {one.state for one in shop.cases()} == {"closed", "open"}


def flagged_and_killed(project: Project, patched: pytest.MonkeyPatch) -> None:
    """Flag an answer in a program that a kill ends before the case is opened."""
    (answer,) = project.predict(["where is my parcel"])
    flag = Reaction(prediction=answer.id, kind="flag", value="wrong", author="ann")
    with away(patched), pytest.raises(sa.exc.OperationalError):
        project.react(flag)


def test_a_flag_of_a_killed_command_has_its_case_minutes_later_while_the_server_runs(
    shop: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    cases = FlagCases(shop)
    cases.catch_up()
    flagged_and_killed(shop, monkeypatch)
    cases.catch_up()
    assert shop.cases() == []  # not looked through at each beat
    monkeypatch.setattr(flag_cases, "AGAIN_S", 0.0)
    cases.catch_up()
    flags, opened = flags_and_cases(shop)
    assert opened == flags
    cases.catch_up()
    assert len(shop.cases()) == 1


def test_a_flag_of_a_killed_command_has_its_case_at_the_next_turn(
    shop: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    flagged_and_killed(shop, monkeypatch)
    shop.turn()
    flags, opened = flags_and_cases(shop)
    assert opened == flags


def test_a_key_that_was_used_for_another_reaction_is_refused_and_the_same_one_is_replayed(
    shop: Project,
) -> None:
    service = Service(Project.open(Path(shop.folder)), open_to_all=True)
    settings = shop.ring.recipe.deployment
    with running(create_app(service, settings=settings)) as url, httpx.Client(base_url=url) as web:
        wait_until(lambda: web.get("/health/ready").status_code == 200)
        answer = web.post("/v1/predict", json={"text": "where is my parcel"}).json()["id"]
        key = {"idempotency-key": answer}
        thumb = {"prediction": answer, "kind": "rating", "value": "up"}
        first = web.post("/v1/react", json=thumb, headers=key)
        assert first.status_code == 201
        assert "idempotency-replayed" not in first.headers
        for change in (
            {"kind": "flag", "value": "harmful"},
            {"kind": "correction", "value": "invoice"},
            {"value": "down"},
            {"comment": "thank you"},
        ):
            other = web.post("/v1/react", json=thumb | change, headers=key)
            assert (other.status_code, other.json()["error"]["code"]) == (422, "key_reused"), change
        again = web.post("/v1/react", json=thumb, headers=key)
        assert (again.status_code, again.json()) == (201, first.json())
        assert again.headers["idempotency-replayed"] == "true"
    (row,) = shop.ring.traffic.feedback()
    assert (row.id, row.kind, row.value) == (first.json()["id"], "rating", "up")
    assert shop.cases() == []
