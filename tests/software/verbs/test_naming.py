"""Groups of texts that wait for a name, as the review page asks about them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from tests.software.conftest import copy, opened, served

from chainring.contracts.errors import InputError, UnknownNameError
from chainring.contracts.label import Label
from chainring.deployment.http.verbs import Caller, ReviewItem
from chainring.software.api import Project
from chainring.software.serving.people import ServedPeople
from chainring.software.verbs import naming
from chainring.software.verbs.naming import records

OPERATOR = Caller(role="operate", name="ann")


@pytest.fixture
def unlabelled(untouched: Path, tmp_path: Path) -> Iterator[Project]:
    """Yield a project of few texts without labels, before any turn."""
    shop = copy(untouched, tmp_path / "shop")
    for path in (shop / "data").glob("*.jsonl"):
        rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        path.with_suffix(".txt").write_text("\n".join(row["text"] for row in rows[:60]))
        path.unlink()
    with opened(shop) as project:
        yield project


def people(project: Project) -> ServedPeople:
    """Return the verbs of a server before a model serves."""
    served = ServedPeople()
    served.project, served._writer = project, None
    return served


def groups_on_the_page(project: Project) -> list[ReviewItem]:
    return people(project).review_items(limit=50, caller=OPERATOR, language="en")


def name(project: Project, item: str, value: str, decision: str = "change") -> None:
    people(project).decide(
        item,
        decision=decision,  # type: ignore[arg-type]
        value=value,
        must=False,
        caller=OPERATOR,
    )


def test_a_project_without_labels_starts_on_the_page_with_groups_to_name(
    unlabelled: Project,
) -> None:
    groups = groups_on_the_page(unlabelled)
    assert {group.kind for group in groups} == {"cluster"}
    first = max(groups, key=lambda group: len(group.text.split("\n")))
    lines = set(first.text.split("\n"))
    assert len(lines) == 10
    name(unlabelled, first.id, "parcels")
    labels = unlabelled.ring.ledger.facts("label", Label)
    texts = {record.id: record.text[:200] for record in records(unlabelled)}
    assert {one.value for one in labels} == {"parcels"}
    assert {one.author for one in labels} == {"ann"}
    assert {texts[one.record] for one in labels} == lines

    left = groups_on_the_page(unlabelled)
    assert not lines & {line for group in left for line in group.text.split("\n")}
    assert "parcels" not in left[0].text
    assert "label" in left[0].why  # how many are enough


def test_a_server_without_a_model_shows_groups_and_takes_a_name(unlabelled: Project) -> None:
    with (
        served(unlabelled.folder, is_ready=False) as server,
        httpx.Client(base_url=server.url, timeout=120) as client,
    ):
        first, *_ = client.get("/v1/review").raise_for_status().json()["items"]
        body = {"item": first["id"], "decision": "change", "value": "parcels"}
        client.post("/v1/review", json=body).raise_for_status()
    labels = unlabelled.ring.ledger.facts("label", Label)
    assert {one.value for one in labels} == {"parcels"}
    assert len(labels) == len(first["text"].split("\n"))


def test_a_group_is_the_same_for_another_process_that_is_told_its_name(
    unlabelled: Project,
) -> None:
    groups = groups_on_the_page(unlabelled)
    with opened(unlabelled.folder) as other:
        name(other, groups[-1].id, "late")
        name(other, groups[0].id, "money")
    labels = unlabelled.ring.ledger.facts("label", Label)
    assert {one.value for one in labels} == {"late", "money"}


def test_a_group_without_a_name_or_that_was_never_shown_labels_nothing(
    unlabelled: Project,
) -> None:
    (first, *_) = groups_on_the_page(unlabelled)
    with pytest.raises(InputError, match="gets a name"):
        name(unlabelled, first.id, "", decision="accept")
    with pytest.raises(InputError, match="was not named"):
        name(unlabelled, first.id, "two\nlines")
    with pytest.raises(UnknownNameError):
        name(unlabelled, "group_0", "parcels")
    assert unlabelled.ring.ledger.facts("label", Label) == []


def test_no_word_of_a_text_is_kept_with_a_group(unlabelled: Project) -> None:
    groups_on_the_page(unlabelled)
    kept = unlabelled.ring.ledger.facts(naming.SHOWN, naming.ShownGroup)
    known = {record.id for record in records(unlabelled)}
    assert kept
    assert all(set(group.records) <= known for group in kept)


def test_a_page_groups_only_so_many_texts_at_once(
    unlabelled: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(naming, "MOST", 20)
    shown = [line for group in groups_on_the_page(unlabelled) for line in group.text.split("\n")]
    assert 1 <= len(shown) <= 20


def test_where_a_model_serves_nothing_that_waits_means_no_groups(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(project, "review_items", lambda **_: [])
    assert groups_on_the_page(project) == []
    assert project.ring.ledger.facts(naming.SHOWN, naming.ShownGroup) == []
