"""Two server processes and a turn on one PostgreSQL ledger: they never disagree."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.software.conftest import (
    ALONE,
    PATIENCE_S,
    RECIPE,
    Server,
    child,
    copy,
    grow,
    opened,
    served,
    wait_until,
)

from chainring.contracts.errors import ConflictError
from chainring.software.api import Project

pytestmark = pytest.mark.postgres
TEXT = "where is my parcel right now"


@pytest.fixture
def shop(untouched: Path, tmp_path: Path, postgres: str) -> Path:
    """Return the small project, its ledger and its traffic in a PostgreSQL database of its own."""
    folder = copy(untouched, tmp_path / "shop")
    (folder / ".chainring" / "ledger.db").unlink()
    (folder / "chainring.toml").write_text(f'{RECIPE}\n[store]\nledger = "{postgres}"\n')
    return folder


@pytest.fixture
def turned_shop(shop: Path) -> Path:
    with opened(shop) as project:
        assert project.turn().outcome == "promoted"
    return shop


@pytest.fixture
def servers(turned_shop: Path) -> Iterator[list[Server]]:
    with ExitStack() as stack:
        yield [stack.enter_context(served(turned_shop)) for _ in range(2)]


def predicted(server: Server) -> dict[str, Any]:
    answer = httpx.post(f"{server.url}/v1/predict", json={"text": TEXT}, timeout=PATIENCE_S)
    found: dict[str, Any] = answer.raise_for_status().json()
    return found


def numbers(project: Project) -> list[int]:
    """Return the versions of the champion, oldest first."""
    return [ref.number for ref in reversed(project.ring.ledger.ref_history("champion"))]


def test_nothing_of_the_ledger_or_the_traffic_lies_in_the_folder(turned_shop: Path) -> None:
    assert list((turned_shop / ".chainring").rglob("*.db")) == []
    assert child("turn", "-p", str(turned_shop)).stdout == "nothing changed\n"


def test_both_servers_take_up_what_a_turn_promotes_and_a_person_rolls_back(
    turned_shop: Path, servers: list[Server]
) -> None:
    grow(turned_shop)
    with opened(turned_shop) as project:
        first = project.champion().deployment.model
        assert {predicted(server)["model"] for server in servers} == {first}
        assert project.turn().outcome == "promoted"
        second = project.champion().deployment.model
        for server in servers:
            wait_until(lambda one=server: predicted(one)["model"] == second, server)  # type: ignore[misc]
        project.rollback(by="bo", reason="a test")
        for server in servers:
            wait_until(lambda one=server: predicted(one)["model"] == first, server)  # type: ignore[misc]
        assert numbers(project) == [1, 2, 3]


def test_a_reaction_sent_to_either_server_is_found_by_both(
    turned_shop: Path, servers: list[Server]
) -> None:
    one, other = servers
    answer = predicted(one)["id"]
    said = []
    for number, server in enumerate((one, other)):
        body = {"prediction": answer, "kind": "correction", "value": "invoice", "key": f"k{number}"}
        stored = httpx.post(f"{server.url}/v1/react", json=body, timeout=PATIENCE_S)
        said.append(stored.raise_for_status().json()["id"])
        again = httpx.post(f"{other.url}/v1/react", json=body, timeout=PATIENCE_S)
        assert again.json()["id"] == said[-1], "one key is one reaction, whichever server took it"
        assert again.headers["idempotency-replayed"] == "true"
        changed = body | {"value": "stock"}
        refused = httpx.post(f"{other.url}/v1/react", json=changed, timeout=PATIENCE_S)
        assert refused.json()["error"]["code"] == "key_reused"
    for server in servers:
        found = httpx.get(f"{server.url}/v1/why/{answer}", timeout=PATIENCE_S).json()
        assert [row["id"] for row in found["feedback"]] == said
    with opened(turned_shop) as project:
        assert project.ring.traffic.orphans() == []


def test_many_who_move_the_champion_at_once_leave_no_gap_and_no_fork(turned_shop: Path) -> None:
    with opened(turned_shop) as project:
        deployment = project.champion().deployment
    told: list[str] = []

    def move(number: int) -> None:
        with opened(turned_shop) as project:
            for _ in range(5):
                head = project.ring.ledger.ref("champion")
                assert head is not None
                try:
                    project.ring.ledger.append_ref(
                        "champion",
                        deployment,
                        expected=head.number,
                        by=f"p{number}",
                        reason="rollback",
                    )
                except ConflictError:
                    continue
                told.append(f"p{number}")

    threads = [threading.Thread(target=move, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with opened(turned_shop) as project:
        assert numbers(project) == list(range(1, len(told) + 2))
        by = [ref.by for ref in project.ring.ledger.ref_history("champion")]
    assert sorted(by[:-1]) == sorted(told), "who was told that it moved did move it"


def test_while_one_turn_is_at_work_another_is_told_so(shop: Path) -> None:
    with opened(shop) as project:
        with project.ring.ledger.lease("turn"):
            done = child("turn", "-p", str(shop))
        assert done.returncode == 1
        assert done.stderr.startswith("chainring: another process is at work on 'turn'")
        assert "try again" in done.stderr
        assert project.ring.ledger.all_lineage() == []
        assert project.turn().outcome == "promoted"


def test_of_two_turns_begun_at_once_one_makes_the_champion(shop: Path) -> None:
    command = [sys.executable, "-m", "chainring.software.cli", "turn", "-p", str(shop)]
    both = [
        subprocess.Popen(
            command, env=ALONE, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        for _ in range(2)
    ]
    ended = [(one.communicate(timeout=PATIENCE_S), one.returncode) for one in both]
    said = "".join(out for (out, _), _ in ended)
    assert said.count("promoted in") == 1
    for (out, error), code in ended:
        assert code in (0, 1)
        assert code == 0 or "another process" in error, error
        assert code == 1 or "promoted in" in out or out == "nothing changed\n"
    with opened(shop) as project:
        assert numbers(project) == [1]
        steps = [row.step for row in project.ring.ledger.all_lineage()]
        assert len(steps) == len(set(steps))


def test_a_killed_server_loses_no_acknowledged_reaction(
    turned_shop: Path, servers: list[Server]
) -> None:
    one, other = servers
    told = []
    for _ in range(40):
        body = {"prediction": predicted(one)["id"], "kind": "rating", "value": "up"}
        stored = httpx.post(f"{one.url}/v1/react", json=body, timeout=PATIENCE_S)
        told.append(stored.raise_for_status().json()["id"])
    one.process.kill()
    assert predicted(other)["label"] == "track_order"
    with opened(turned_shop) as project:
        assert {row.id for row in project.ring.traffic.feedback()} == set(told)
        assert project.ring.traffic.orphans() == []
