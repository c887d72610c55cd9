"""What a person is told who decides: which labels are known, and what was said before."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from tests.software.conftest import copy, opened, refused, run

from chainring.contracts.ids import new_id
from chainring.contracts.label import Label
from chainring.contracts.reaction import Reaction
from chainring.feedback.queue import ReviewItem
from chainring.software.api import Project
from chainring.software.reports.studying import study_of
from chainring.software.verbs.deciding import new_names
from chainring.store.tables import read_rows


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


# what is asked for by its id, to be decided anew


def as_answers(shop: Path) -> None:
    recipe = shop / "chainring.toml"
    told = recipe.read_text().replace("[data]", '[data]\ntask = "question-answering"')
    recipe.write_text(told)


def reaction(project: Project, kind: str, value: str, comment: str = "") -> str:
    """React to an answer in words that teaches; return the id of the reaction."""
    asked = project.predict(["how long does it take"])[0]
    answer = replace(
        asked, id=new_id("pred"), label="", output="three days", confidence=0.3, holdout=False
    )
    project.ring.traffic.commit([(answer, "how long does it take")], [])
    return project.react(
        Reaction(prediction=answer.id, kind=kind, value=value, author="bob", comment=comment)  # type: ignore[arg-type]
    ).id


AGAIN_ASKED = {
    "en": {
        "down": "answered three days; rated down, and to accept is to agree; asked for by its id",
        "wrong": "answered three days; flagged as wrong: too slow; asked for by its id",
    },
    "zh": {
        "down": "答为 three days；评价为“差”，接受即同意；按编号重新决定",
        "wrong": "答为 three days；被举报为“错误”：too slow；按编号重新决定",
    },
}


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize(
    ("kind", "value", "comment"), [("rating", "down", ""), ("flag", "wrong", "too slow")]
)
def test_what_is_decided_anew_still_says_what_it_asks(
    shop: Path, kind: str, value: str, comment: str, language: str
) -> None:
    as_answers(shop)
    with opened(shop) as project:
        item = reaction(project, kind, value, comment)
    words = ("review", "--change", item, "--list", "-p", str(shop), "--language", language)
    assert AGAIN_ASKED[language][value] in run(*words)


def test_what_was_decided_before_is_told_by_whom(shop: Path) -> None:
    with opened(shop) as project:
        item = project.predict(["zxqv wvut"])[0].id
    words = ("review", "--change", item, "-p", str(shop))
    assert "now:" not in run(*words, "--list")
    run(*words, "--by", "ann", typed="invoice\n")
    assert "    now: accepted invoice, by ann\n" in run(*words, "--by", "ben", typed="-\n")
    with opened(shop) as project:
        (*_, (_, rejected)) = said_of(project, item)
    told = f"    现为：已拒绝 {rejected}，由 ben 决定\n"
    assert told in run(*words, "--list", "--language", "zh")


def test_of_an_agreed_thumbs_down_no_value_is_told(shop: Path) -> None:
    as_answers(shop)
    with opened(shop) as project:
        item = reaction(project, "rating", "down")
        answer = project.ring.traffic.feedback_named(item)[0].prediction
    words = ("review", "--change", item, "-p", str(shop))
    run(*words, "--by", "ann", typed="\n")
    assert "    now: accepted –, by ann\n" in run(*words, "--list")
    assert "reviewed   accepted: –\n" in run("why", answer, "-p", str(shop))


@pytest.mark.parametrize("decision", ["change", "reject"])
def test_a_decision_on_a_suspected_label_can_be_changed_after_the_next_turn(
    held: Path, decision: str
) -> None:
    with opened(held) as project:
        item = suspects(project)[0]
        value = "invoice" if decision == "change" else ""
        project.decide(item.id, decision=decision, value=value, by="ann")
        project.turn()
    words = ("review", "--change", item.id, "-p", str(held))
    told = run(*words, "--by", "ben", typed="track_order\n")
    assert item.text in told
    assert "    now: " in told
    with opened(held) as project:
        assert said_of(project, item.id)[-1] == ("accepted", "track_order")
        project.turn()
        made = project.ring.ledger.all_lineage(step="dataset")[-1]
        rows = read_rows(project.ring.runner.trees.open(json.loads(made.result)["address"]))
        assert {row.label for row in rows if item.id in row.records} == {"track_order"}


def test_a_record_of_which_nobody_decided_is_no_item_once_its_study_is_old(held: Path) -> None:
    with opened(held) as project:
        first, second = suspects(project)[:2]
        project.decide(first.id, decision="reject", by="ann")
        project.turn()
    assert "unknown item" in refused("review", "--change", second.id, "-p", str(held))


def test_a_suspected_text_that_a_rule_withholds_is_not_shown_again(held: Path) -> None:
    with opened(held) as project:
        item = suspects(project)[0]
        project.decide(item.id, decision="change", value="invoice", by="ann")
        project.turn()
    recipe = held / "chainring.toml"
    seal = '[[access.rules]]\naction = "read"\nwhere = { source = "data/*" }\nallow = false\n'
    recipe.write_text(f"{recipe.read_text()}\n{seal}")
    assert "unknown item" in refused("review", "--change", item.id, "-p", str(held))
