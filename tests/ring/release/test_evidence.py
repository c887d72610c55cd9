"""Whose complaints count: those of users, as the release draws them, each one's first."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from tests.deployment.test_routing import RELEASE

from chainring.contracts.feedback import Feedback
from chainring.contracts.ids import new_id
from chainring.contracts.prediction import Prediction
from chainring.ring.release.evidence import Collector
from chainring.software.api import Project

MODELS = (RELEASE.champion, RELEASE.candidate.model)


@pytest.fixture
def shop(tmp_path: Path, opened: Callable[[Path], Project]) -> Project:
    (tmp_path / "chainring.toml").write_text('[project]\nname = "new"\n')
    return opened(tmp_path)


def complained(
    project: Project, model: str, *, by: str, asker: str = "", episode: str = "", group: str = ""
) -> None:
    """Log an answer of the model and a correction of it."""
    row = Prediction(
        id=new_id("pred"), app=project.app, model=model, form="exact", label="stock",
        confidence=0.9, passed_on=False, language="zh", request="", group=group or new_id("g"),
        holdout=False, at=1.0, author=asker or by, episode=episode,
    )  # fmt: skip
    said = Feedback(
        id=new_id("fb"), app=project.app, prediction=row.id, kind="correction", value="退款",
        author=by, at=1.0, episode=episode,
    )  # fmt: skip
    project.ring.traffic.commit([(row, "没货了吗")], [said])


def complaints(project: Project) -> dict[float, int]:
    return dict(Collector(RELEASE).collect(project.ring).complaints)


def test_those_who_share_a_key_are_not_one_user(shop: Project) -> None:
    _, key = shop.make_key("react", "web shop")
    _, older = shop.make_key("react", "web shop")
    shop.revoke_key(older.id)
    for place in range(20):
        complained(shop, MODELS[place % 2], by=(key, older)[place % 3 == 0].id)
    assert complaints(shop) == {0.0: 10, 1.0: 10}


def test_without_a_user_an_episode_counts_once_and_so_does_a_text(shop: Project) -> None:
    _, key = shop.make_key("react", "web shop")
    for _ in range(5):
        complained(shop, MODELS[0], by=key.id, episode="a talk")
        complained(shop, MODELS[1], by=key.id, group="what all ask")
    assert complaints(shop) == {0.0: 1, 1.0: 1}


def test_a_user_who_was_named_when_asking_counts_once(shop: Project) -> None:
    _, key = shop.make_key("react", "web shop")
    for _ in range(5):
        complained(shop, MODELS[1], by=key.id, asker="ann")
        complained(shop, MODELS[0], by="bob")
    assert complaints(shop) == {0.0: 1, 1.0: 1}
