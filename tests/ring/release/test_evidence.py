"""Whose complaints count, and what an answer is measured by before it is called slow."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from tests.deployment.lane.test_routing import RELEASE

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


def answered(project: Project, model: str, count: int, *, ms: float, texts: int = 1) -> None:
    """Log so many answers of single texts, or of requests that hold several, the first of each."""
    project.ring.traffic.commit(
        [
            (
                Prediction(
                    id=new_id("pred"), app=project.app, model=model, form="exact", label="stock",
                    confidence=0.9, passed_on=False, language="zh", request="", group="g",
                    holdout=False, at=1.0, latency_ms=ms, texts=0 if place % texts else texts,
                ),
                None,
            )
            for place in range(count)
        ],
        [],
    )  # fmt: skip


def test_one_quick_answer_among_batches_makes_no_equal_candidate_slow(shop: Project) -> None:
    champion, candidate = MODELS
    answered(shop, champion, 200, ms=10.0)
    answered(shop, champion, 499, ms=80.0, texts=50)
    answered(shop, champion, 1, ms=2.0)
    answered(shop, candidate, 30, ms=10.0)
    assert Collector(RELEASE).collect(shop.ring).slow == {0: 30}


def test_answers_are_judged_by_the_last_median_where_batches_alone_are_new(shop: Project) -> None:
    champion, candidate = MODELS
    answered(shop, champion, 200, ms=10.0)
    answered(shop, candidate, 30, ms=10.0)
    collector = Collector(RELEASE)
    assert collector.collect(shop.ring).slow == {0: 30}
    answered(shop, champion, 5_000, ms=80.0, texts=50)
    answered(shop, candidate, 7, ms=90.0)
    assert collector.collect(shop.ring).slow == {0: 30, 1: 7}


def test_answers_wait_until_the_champion_gave_enough_to_compare_with(shop: Project) -> None:
    champion, candidate = MODELS
    answered(shop, champion, 19, ms=2.0)
    answered(shop, candidate, 30, ms=10.0)
    collector = Collector(RELEASE)
    assert collector.collect(shop.ring).slow == {}
    answered(shop, champion, 30, ms=10.0)
    assert collector.collect(shop.ring).slow == {0: 30}
    assert collector.collect(shop.ring).slow == {0: 30}
