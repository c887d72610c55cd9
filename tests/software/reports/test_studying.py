"""From a planted wrong label to the review that mends it, and the report that shows it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from html import escape
from pathlib import Path

import pytest
from tests.software.conftest import copy, opened, run

from chainring.contracts.study import Study
from chainring.data.looking.samples import shown
from chainring.ring.built import built_of
from chainring.software.api import Project
from chainring.software.reports.history import history
from chainring.software.reports.report_words import WORDS
from chainring.software.reports.studying import KIND, standing, study_of
from chainring.store.tables import read_rows

SEAL = """
[[access.rules]]
where = { language = "zh" }
allow = false
action = "read"
"""


@pytest.fixture
def studied(grown: Path, tmp_path: Path) -> Iterator[Project]:
    """Yield the larger small project after its study."""
    with opened(copy(grown, tmp_path / "shop")) as project:
        study_of(project)
        yield project


def champion_of(project: Project) -> str:
    return project.champion().deployment.model


def test_a_planted_wrong_label_is_suspected_reviewed_and_mended(
    grown: Path, tmp_path: Path
) -> None:
    shop = copy(grown, tmp_path / "shop")
    path = shop / "data" / "utterances.en.jsonl"
    lines = path.read_text(encoding="utf-8").splitlines()
    planted: dict[str, str] = {}
    for i, line in enumerate(lines):
        row = json.loads(line)
        if "password" in row["text"] and row["label"] == "reset_password" and len(planted) < 4:
            planted[row["text"]] = row["label"]
            lines[i] = json.dumps(row | {"label": "stock"}, ensure_ascii=False)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    with opened(shop) as project:
        project.turn()
        assert "suspect" not in history(project).waiting
        study_of(project)
        items = {i.text: i for i in project.review_items(limit=200) if i.kind == "suspect"}
        found = [items[text] for text in planted if text in items]
        assert found, "of four planted labels none was suspected"
        assert all((i.proposed, i.answer) == ("stock", "reset_password") for i in found)
        project.decide(found[0].id, decision="change", value="reset_password", by="ann")
        left = {i.text for i in project.review_items(limit=200) if i.kind == "suspect"}
        assert left == set(items) - {found[0].text}
        assert history(project).waiting["suspect"] == len(left)
        project.turn()
        data = project.ring.ledger.all_lineage(step="dataset")[-1]
        rows = read_rows(project.ring.runner.trees.open(json.loads(data.result)["address"]))
        assert {r.label for r in rows if r.text == found[0].text} == {"reset_password"}


def test_a_study_is_made_once_and_names_only_rows_that_teach(studied: Project) -> None:
    again = standing(studied)
    assert again is not None
    assert again.study == study_of(studied).study
    assert len(studied.ring.ledger.facts(KIND, Study)) == 1
    assert again.study is not None
    data = built_of(studied.ring, champion_of(studied)).dataset.noun
    rows = read_rows(studied.ring.runner.trees.open(data.address))
    split = {row.id: row.split for row in rows}
    assert {split[one.row] for one in again.study.suspects} <= {"train"}
    assert {split[one.row] for one in again.study.mistakes} <= {"validation"}
    near = {near.row for one in again.study.mistakes for near in one.near}
    assert {split[one] for one in near} <= {"train"}


def test_no_text_stands_in_the_fact(studied: Project) -> None:
    """Texts are read from the data set when they are shown, so that forgetting reaches them."""
    found = standing(studied)
    assert found is not None
    written = json.dumps([str(one) for one in studied.ring.ledger.facts(KIND, Study)])
    assert found.rows
    assert not [row.text for row in found.rows.values() if row.text in written]


def test_the_report_says_what_twice_the_labels_bring_and_names_rows_to_trace(
    studied: Project, tmp_path: Path
) -> None:
    found = standing(studied)
    assert found is not None
    assert found.study is not None
    for language in ("en", "zh"):
        page = studied.report(tmp_path / "r.html", language=language).read_text(encoding="utf-8")
        assert WORDS[language]["better"] in page
        assert f"{found.study.forecast[-1].rows:,}" in page
        assert found.study.mistakes[0].row in page
        assert escape(shown(found.rows[found.study.mistakes[0].row].text)) in page
    traced = studied.data.trace(found.study.mistakes[0].near[0].row)
    assert traced["row"]["split"] == "train"


def test_texts_that_a_rule_withholds_stand_neither_in_the_report_nor_in_the_review(
    studied: Project, tmp_path: Path
) -> None:
    folder = studied.folder
    recipe = folder / "chainring.toml"
    recipe.write_text(recipe.read_text(encoding="utf-8") + SEAL, encoding="utf-8")
    with opened(folder) as project:
        found = standing(project)
        assert found is not None
        long = [row for row in found.rows.values() if len(row.text) > 6]
        chinese = [row.text for row in long if row.language == "zh"]
        english = [row.text for row in long if row.language == "en"]
        page = project.report(tmp_path / "r.html").read_text(encoding="utf-8")
        texts = [item.text for item in project.review_items(limit=500)]
    assert chinese
    assert not [text for text in chinese if text in page or text in texts]
    assert [text for text in english if text in page]


def test_without_texts_a_report_shows_ids_alone(studied: Project, tmp_path: Path) -> None:
    page = studied.report(tmp_path / "r.html", texts=False).read_text(encoding="utf-8")
    found = standing(studied)
    assert found is not None
    long = [row.text for row in found.rows.values() if len(row.text) > 12]
    assert long
    assert not [text for text in long if text in page]


def test_before_any_turn_the_report_says_why_there_is_no_study(untouched: Path) -> None:
    with opened(untouched) as project:
        found = study_of(project)
    assert found.study is None
    assert "chainring turn" in found.because


def test_the_review_at_the_terminal_says_where_labels_should_be_added(
    studied: Project,
) -> None:
    said = run("review", "--list", "-p", str(studied.folder))
    assert "labels are wanted most for" in said
    assert "the data says" in said
