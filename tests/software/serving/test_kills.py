"""kill -9 at every step of a turn and at any moment, and of a server under load: nothing is lost.

The list of steps is the ring's own, so that a new step is covered by itself.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.software.conftest import (
    ALONE,
    RECIPE,
    Server,
    copy,
    grow,
    opened,
    served,
    texts_of,
    wait_until,
)

from chainring.contracts.lineage import Lineage
from chainring.ring.steps import STEPS
from chainring.software.api import Project

KILLED = 9
STORED = {"table", "dataset", "model", "forms", "evaluation"}
"""Nouns whose bytes lie in a tree: their steps are also killed between the bytes and the commit."""

DEATHS = [
    *((step.name, "made") for step in STEPS.values() if step.memo and not step.optional),
    *(
        (step.name, "middle")
        for step in STEPS.values()
        if step.makes in STORED and not step.optional
    ),
    ("deployment", "kept"),  # before the reference to it
]
ASKED_FOR = {"cleaned": '[data.clean]\nprofile = "messages"\n'}
"""What a recipe says to have an optional step."""

OPTIONAL = [
    (step.name, place)
    for step in STEPS.values()
    if step.optional
    for place in ("made", *(["middle"] if step.makes in STORED else []))
]

Kill = Callable[..., dict[str, Any]]


@pytest.fixture(scope="module")
def kill() -> Iterator[Kill]:
    """Yield a function that turns a ring in another process, which is killed on the way."""
    script = Path(__file__).with_name("dying.py")
    with subprocess.Popen(
        [sys.executable, str(script)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**ALONE, "OMP_NUM_THREADS": os.environ.get("OMP_NUM_THREADS", "")},
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None

        def killed(folder: Path, **how: Any) -> dict[str, Any]:
            assert process.stdin is not None
            assert process.stdout is not None
            process.stdin.write(json.dumps({"folder": str(folder), **how}) + "\n")
            process.stdin.flush()
            found: dict[str, Any] = json.loads(process.stdout.readline())
            return found

        yield killed
        process.stdin.close()


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """What stands after a turn: champion, number of its versions, and what was executed."""

    champion: str
    version: int
    executions: Counter[tuple[str, str, str]]


def made(project: Project) -> Made:
    rows = project.ring.ledger.all_lineage()
    return Made(
        champion=project.champion().deployment.model,
        version=len(project.ring.ledger.ref_history("champion")),
        executions=Counter(map(_what, rows)),
    )


def _what(row: Lineage) -> tuple[str, str, str]:
    # Of forms and what follows the speed enters the result, which is measured anew.
    measured = {"forms", "evaluation", "verdict", "deployment"}
    return row.step, row.key if row.step not in measured else "", ""


@pytest.fixture(scope="module")
def unbroken(turned: Path, tmp_path_factory: pytest.TempPathFactory) -> Made:
    """Return what stands after a first turn that nothing broke, in a project of the same key."""
    with opened(copy(turned, tmp_path_factory.mktemp("twin") / "shop")) as project:
        return made(project)


def turn_again(folder: Path, twin: Made) -> None:
    """Turn in this process and hold what stands against the unbroken twin."""
    with opened(folder) as project:
        finished = Counter(row.step for row in project.ring.ledger.all_lineage())
        again = Counter(project.turn().steps)
        assert finished + again == Counter(step for step, _, _ in twin.executions.elements())
        assert made(project) == twin
        verify(project)
        assert project.turn().steps == ()


def verify(project: Project) -> None:
    """Read every byte of the store again."""
    trees = project.ring.runner.trees
    for address in trees.addresses():
        trees.verify(address)


@pytest.mark.parametrize(("step", "place"), DEATHS)
def test_a_first_turn_killed_at_a_step_ends_like_one_that_was_not(
    untouched: Path, tmp_path: Path, kill: Kill, unbroken: Made, step: str, place: str
) -> None:
    shop = copy(untouched, tmp_path / "shop")
    assert kill(shop, step=step, place=place)["signal"] == KILLED
    with opened(shop) as project:
        stands = [row.step for row in project.ring.ledger.all_lineage()]
        assert (step in stands) is (place == "kept")
    turn_again(shop, unbroken)


@pytest.mark.parametrize(("step", "place"), OPTIONAL)
def test_a_turn_killed_at_a_step_that_the_recipe_asks_for_ends_like_one_that_was_not(
    untouched: Path, tmp_path: Path, kill: Kill, step: str, place: str
) -> None:
    shop = copy(untouched, tmp_path / "shop")
    (shop / "chainring.toml").write_text(RECIPE + ASKED_FOR[step])
    with opened(copy(shop, tmp_path / "twin")) as project:
        assert step in project.turn().steps
        twin = made(project)
    assert kill(shop, step=step, place=place)["signal"] == KILLED
    turn_again(shop, twin)


@pytest.fixture
def growing(turned: Path, tmp_path: Path) -> Path:
    """Return a turned project with more text beside it."""
    shop = copy(turned, tmp_path / "shop")
    grow(shop)
    return shop


@pytest.mark.parametrize(("step", "place"), [("verdict", "made"), ("deployment", "kept")])
def test_a_second_turn_killed_leaves_the_champion_of_before_until_the_next(
    grown: Path, growing: Path, tmp_path: Path, kill: Kill, step: str, place: str
) -> None:
    with opened(copy(grown, tmp_path / "twin")) as project:
        twin = made(project)
    with opened(growing) as project:
        before = project.champion().deployment
    assert kill(growing, step=step, place=place)["signal"] == KILLED
    with opened(growing) as project:
        assert project.champion().deployment == before
        assert project.predict(["where is my parcel"])[0].model == before.model
    turn_again(growing, twin)


def test_scratch_that_a_killed_turn_left_is_taken_by_gc(
    untouched: Path, tmp_path: Path, kill: Kill
) -> None:
    shop = copy(untouched, tmp_path / "shop")
    kill(shop, step="records", place="middle")
    with opened(shop) as project:
        scratch = project.ring.runner.scratch
        assert [path for path in scratch.rglob("rows.*") if path.is_file()]
        project.gc(min_age_s=0)
        assert [path for path in scratch.rglob("*") if path.is_file()] == []
        assert project.turn().outcome == "promoted"


def at_moments(
    untouched: Path, place: Path, kill: Kill, twin: Made, *, count: int, seed: int
) -> int:
    """Kill first turns at random moments, turn each again; return how many were killed."""
    dice, killed = random.Random(seed), 0
    lasts_s = kill(copy(untouched, place / "whole"))["took_s"]
    for number in range(count):
        shop = copy(untouched, place / f"shop-{number}")
        killed += kill(shop, after_s=dice.random() * lasts_s)["signal"] == KILLED
        turn_again(shop, twin)
    return killed


def test_first_turns_killed_at_random_moments_end_like_one_that_was_not(
    untouched: Path, tmp_path: Path, kill: Kill, unbroken: Made
) -> None:
    assert at_moments(untouched, tmp_path, kill, unbroken, count=4, seed=1) >= 1


@pytest.mark.slow
def test_fifty_turns_killed_at_random_moments_end_like_one_that_was_not(
    untouched: Path, tmp_path: Path, kill: Kill, unbroken: Made
) -> None:
    assert at_moments(untouched, tmp_path, kill, unbroken, count=50, seed=2) >= 25


# A server under load


@dataclass(slots=True, kw_only=True)
class Crowd:
    """Users who ask and react until the server dies; `told` are the reactions it acknowledged.

    Every reaction carries a key; one in eight is sent a second time with the same key.
    """

    url: str
    texts: list[str]
    seed: int
    told: dict[str, str] = field(default_factory=dict)
    twice: list[tuple[str, str]] = field(default_factory=list)

    def user(self, number: int) -> None:
        dice, count = random.Random(f"{self.seed}-{number}"), 0
        with httpx.Client(base_url=self.url, timeout=60) as client:
            while True:
                count += 1
                body = {"text": dice.choice(self.texts), "author": f"user-{number}"}
                try:
                    answer = client.post("/v1/predict", json=body).raise_for_status().json()["id"]
                    key = f"{self.seed}-{number}-{count}"
                    stored = self.react(client, answer, f"user-{number}", key)
                    if dice.random() < 1 / 8:
                        again = self.react(client, answer, f"user-{number}", key)
                        self.twice.append((stored, again))
                except httpx.TransportError:
                    return

    def react(self, client: httpx.Client, answer: str, author: str, key: str) -> str:
        body = {"prediction": answer, "kind": "rating", "value": "up", "author": author}
        found = client.post("/v1/react", json={**body, "key": key}).raise_for_status().json()["id"]
        self.told[found] = answer
        return str(found)


def under_load(server: Server, texts: list[str], *, seed: int, enough: int) -> Crowd:
    """Let a crowd ask until so many reactions were acknowledged, then kill -9 the server."""
    crowd = Crowd(url=server.url, texts=texts, seed=seed)
    users = [threading.Thread(target=crowd.user, args=(number,)) for number in range(8)]
    for user in users:
        user.start()
    wait_until(lambda: len(crowd.told) >= enough, server)
    server.process.kill()
    for user in users:
        user.join()
    return crowd


def over_kills(shop: Path, *, kills: int, reactions: int) -> None:
    """Kill a loaded server so many times; every acknowledged reaction must be there, and once."""
    texts = [row["text"] for row in texts_of(shop, 100)]
    told: dict[str, str] = {}
    twice: list[tuple[str, str]] = []
    for number in range(kills):
        with served(shop) as server:
            crowd = under_load(server, texts, seed=number, enough=reactions // kills)
        told |= crowd.told
        twice += crowd.twice
    assert len(told) >= reactions
    assert twice
    assert [pair for pair in twice if pair[0] != pair[1]] == []
    with opened(shop) as project:
        kept = {row.id: row for row in project.ring.traffic.feedback()}
    assert {one for one in told if one not in kept} == set()
    assert {one for one, answer in told.items() if kept[one].prediction != answer} == set()
    assert [one for one in told if not kept[one].model or not kept[one].text] == []
    assert max(Counter(row.key for row in kept.values()).values()) == 1


def test_no_acknowledged_reaction_is_lost_over_two_kills_of_a_loaded_server(shop: Path) -> None:
    over_kills(shop, kills=2, reactions=120)


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_no_acknowledged_reaction_of_10000_is_lost_over_50_kills_of_a_loaded_server(
    shop: Path,
) -> None:
    over_kills(shop, kills=50, reactions=10_000)
