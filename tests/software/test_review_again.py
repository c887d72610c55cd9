"""What a person is told who decides: which labels are known, and what was said before."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.software.conftest import copy, opened, run

from chainring.contracts.label import Label
from chainring.feedback.queue import ReviewItem
from chainring.software.api import Project
from chainring.software.reports.studying import study_of
from chainring.software.verbs.deciding import new_names


@pytest.fixture(scope="module")
def held_first(untouched: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a project whose first model was held, with a study that suspects two labels."""
    folder = copy(untouched, tmp_path_factory.mktemp("held") / "shop")
    for path in (folder / "data").glob("*.jsonl"):
        rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        for row in [row for row in rows if row["label"] == "invoice"][:2]:
            row["label"] = "reset_password"
        lines = [json.dumps(row, ensure_ascii=False) + "\n" for row in rows]
        path.write_text("".join(lines), encoding="utf-8")
    recipe = folder / "chainring.toml"
    told = recipe.read_text().replace("[gate]", "[gate]\nalpha = 0.0000000001")
    recipe.write_text(told)
    with opened(folder) as project:
        assert project.turn().outcome == "held"
        assert project.labels() == ()
        study_of(project)
    return folder


@pytest.fixture
def held(held_first: Path, tmp_path: Path) -> Path:
    return copy(held_first, tmp_path / "shop")


def suspects(project: Project) -> list[ReviewItem]:
    return [item for item in project.review_items(limit=50) if item.kind == "suspect"]


def said_of(project: Project, record: str) -> list[tuple[str, str]]:
    facts = project.ring.ledger.facts("label", Label, about=record)
    return [(label.state, label.value) for label in facts]


# labels that are known though no model serves


@pytest.mark.parametrize("new_labels", ["true", "false"])
def test_labels_of_the_data_are_known_though_the_first_model_was_held(
    held: Path, new_labels: str
) -> None:
    recipe = held / "chainring.toml"
    recipe.write_text(f"{recipe.read_text()}\n[feedback]\nnew_labels = {new_labels}\n")
    with opened(held) as project:
        item = suspects(project)[0]
        assert new_names(project, item, "invoice") == []
    run("review", "--limit", "1", "-p", str(held), typed="track_order\n")
    with opened(held) as project:
        assert said_of(project, item.id) == [("accepted", "track_order")]


def test_what_an_item_shows_is_no_new_label(project: Project) -> None:
    item = ReviewItem(
        id="fb_1", app=project.app, kind="correction", prediction="pred_1", text="my gift card",
        answer="vouchers", proposed="gift_card",
    )  # fmt: skip
    names = ["vouchers", "gift_card", "invoice", "gift_cards"]
    assert [name for name in names if new_names(project, item, name)] == ["gift_cards"]
