"""Every task goes once round the ring: text, model, forms, verdict, answer, correction, text."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from starlette.testclient import TestClient
from tests.ring.task_examples import (
    EXAMPLES,
    Example,
    matching_pairs,
    numbers,
    several_labels,
    tagged_texts,
)

from chainring.contracts.codec import decode
from chainring.contracts.errors import InputError, RecipeError
from chainring.contracts.evaluation import Evaluation
from chainring.contracts.tasks import TASKS
from chainring.contracts.values import canonical, labels_in
from chainring.contracts.verdict import Verdict
from chainring.deployment.http.app import create_app
from chainring.ring.recipe import load_recipe
from chainring.software.api import Project
from chainring.software.serving.service import Service
from chainring.store.tables import read_rows


@pytest.mark.slow
@pytest.mark.parametrize("made", EXAMPLES, ids=lambda made: made().task)
def test_a_task_goes_round_the_ring(made: Callable[[], Example], tmp_path: Path) -> None:
    example = made()
    folder = example.project(tmp_path / "shop")
    project = Project.open(folder)
    first = project.turn()
    assert first.outcome == "promoted", first.because
    evaluation = _evaluation(project)
    assert evaluation.task == example.task
    assert evaluation.accuracy.low < evaluation.accuracy.estimate <= 1.0
    facts = TASKS[evaluation.task]
    if facts.headline != "accuracy":
        figure = evaluation.metrics[facts.headline]
        assert figure.low <= figure.estimate <= figure.high
    settings = project.ring.recipe.deployment
    with TestClient(create_app(Service(project, open_to_all=True), settings=settings)) as client:
        body = {"text": example.text, **example.pair}
        answered = client.post("/v1/predict", json=body).raise_for_status().json()
        value = answered["label"] or answered["output"]
        assert canonical(facts.form, value) == value
        reaction = {"prediction": answered["id"], "kind": "correction", "consent": "training"}
        if example.nonsense:
            refused = client.post("/v1/react", json={**reaction, "value": example.nonsense})
            assert refused.status_code == 422
        said = client.post("/v1/react", json={**reaction, "value": example.correction})
        assert said.status_code == 201
        truth = said.json()["value"]
        assert truth == canonical(facts.form, example.correction)
        why = client.get(f"/v1/why/{answered['id']}").raise_for_status().json()
        assert why["text"] == example.text
        assert why["nearest"]
    project = Project.open(folder)
    project.turn()
    rows = read_rows(project.ring.runner.trees.open(_dataset(project)))
    learnt = [row for row in rows if row.feedback]
    assert [(row.text, row.pair) for row in learnt] == [
        (example.text, example.pair.get("pair", ""))
    ]
    assert (learnt[0].label or learnt[0].target) == truth
    pooled = decode(Verdict, project.ring.ledger.all_lineage(step="verdict")[-1].result).pooled
    assert pooled is not None
    if facts.form in ("one", "number"):  # F1 of rows may all be 0 or 1, which McNemar's test takes
        bootstrapped = pooled.test.startswith("paired bootstrap")
        assert bootstrapped == (facts.form == "number"), pooled.test
    card = tmp_path / "card.md"
    page = project.report(card=card).read_text(encoding="utf-8")
    train = [row.label or row.target for row in rows if row.split == "train"]
    told = "by label: " in card.read_text(encoding="utf-8")
    assert told == (facts.form in ("one", "several", "tags"))
    for label, n in Counter(n for value in train for n in labels_in(facts.form, value)).items():
        assert f"{label} {n}" in card.read_text(encoding="utf-8")
    assert ("Figures of the task" in page) == bool(evaluation.metrics)
    project.close()


THINGS = "bed bath pool view bar tea door lamp soup room roof lift wine desk".split()
SENT = ("call 13912345678  send it to Rome", "电话13912345678，\u200b寄到北京")


@pytest.mark.slow
def test_places_of_tags_count_in_the_text_as_it_was_sent(tmp_path: Path) -> None:
    folder = tagged_texts().project(tmp_path / "shop")
    project = Project.open(folder)
    assert project.turn().outcome == "promoted"
    settings = project.ring.recipe.deployment
    words = []
    for sent, answered in zip(SENT, project.predict(SENT), strict=True):
        words += [sent[start:end] for start, end, _ in json.loads(answered.output)]
    assert {"Rome", "北京"} <= set(words)
    with TestClient(create_app(Service(project, open_to_all=True), settings=settings)) as client:
        told = client.post("/v1/predict", json={"texts": SENT}).raise_for_status().json()
        spoken = []
        for sent, answered in zip(SENT, told["predictions"], strict=True):
            spoken += [sent[start:end] for start, end, _ in json.loads(answered["output"])]
            city = "Rome" if "Rome" in sent else "北京"
            value = f'[[{sent.index(city)},{sent.index(city) + len(city)},"city"]]'
            reaction = {"prediction": answered["id"], "kind": "correction", "consent": "training"}
            said = client.post("/v1/react", json={**reaction, "value": value})
            assert (said.status_code, said.json()["value"]) == (201, value)
        assert spoken == words
    project = Project.open(folder)
    project.turn()
    rows = read_rows(project.ring.runner.trees.open(_dataset(project)))
    learnt = {row.text: json.loads(row.target or row.label) for row in rows if row.feedback}
    marked = [text[start:end] for text, tags in learnt.items() for start, end, _ in tags]
    assert sorted(marked) == ["Rome", "北京"]
    assert all("[phone]" in text for text in learnt)
    project.close()


def test_all_that_is_said_of_the_hold_out_of_numbers_judges(tmp_path: Path) -> None:
    project = Project.open(numbers().project(tmp_path / "shop"))
    project.turn()
    asked = [f"the {thing} was {how}" for thing in THINGS for how in ("okay", "poor", "lovely")]
    kept = [one.id for one in project.predict(asked) if one.holdout]
    waiting = {one.id: one for one in project.review_items(limit=100) if one.kind == "holdout"}
    assert set(waiting) == set(kept)
    assert {one.answer for one in waiting.values()} == {""}
    with pytest.raises(InputError, match="cannot be stored"):
        project.decide(kept[0], decision="accept", by="ann")
    said = [project.decide(one, decision="change", value="4", by="ann") for one in kept]
    assert {one.guideline for one in said} == {"review of kind holdout"}
    assert all(one.unseen for one in said)
    decided = replace(said[0], guideline="review of kind deciding")  # as it was said before
    project.ring.ledger.add_fact("label", decided.id, decided, about=decided.record)
    project.turn()
    rows = read_rows(project.ring.runner.trees.open(_dataset(project)))
    assert sum(row.split == "holdout" for row in rows) == len(kept) >= 8
    again = project.decide(kept[0], decision="change", value="5", by="ann")
    assert again.guideline == "review of kind holdout"
    project.close()


def _evaluation(project: Project) -> Evaluation:
    return decode(Evaluation, project.ring.ledger.all_lineage(step="evaluation")[-1].result)


def _dataset(project: Project) -> str:
    from chainring.contracts.dataset import Dataset

    return decode(Dataset, project.ring.ledger.all_lineage(step="dataset")[-1].result).address


def test_a_task_without_its_columns_says_which_are_missing(tmp_path: Path) -> None:
    folder = matching_pairs().project(tmp_path / "shop")
    rows = [{"text_a": "退款", "text_b": "退钱", "y": "same"}]
    (folder / "data" / "a.jsonl").write_text(json.dumps(rows[0], ensure_ascii=False) + "\n")
    project = Project.open(folder)
    with pytest.raises(InputError) as raised:
        project.turn()
    assert "columns `text`, `pair`, `label` expected by the task matching" in str(raised.value)
    assert 'pair = "text_b"' in str(raised.value)
    project.close()


def test_a_column_that_the_task_does_not_read_is_a_fault_of_the_recipe(tmp_path: Path) -> None:
    folder = several_labels().project(tmp_path / "shop")
    recipe = (folder / "chainring.toml").read_text() + '[data.columns]\ntarget = "score"\n'
    (folder / "chainring.toml").write_text(recipe)
    with pytest.raises(RecipeError, match=r"columns\.target: the task multi-label reads"):
        load_recipe(folder)


def test_tags_that_cannot_stand_are_faults_or_left_out_with_the_reason(tmp_path: Path) -> None:
    folder = tagged_texts().project(tmp_path / "shop")
    lines = [
        {"text": "ask Anna", "target": [[4, 99, "name"]]},
        {"text": "ask Ben", "target": "Ben"},
    ]
    text = "".join(json.dumps(line) + "\n" for line in lines)
    (folder / "data" / "b.jsonl").write_text(text)
    project = Project.open(folder)
    with pytest.raises(InputError) as raised:
        project.turn()
    assert "line 1: target: tag [4, 99, 'name'] ends behind the text" in str(raised.value)
    assert "line 2: target: tags are written" in str(raised.value)
    project.close()


@pytest.mark.parametrize("task", ["regression", "tagging", "multi-label"])
def test_another_task_than_the_champions_is_refused_before_anything_is_made(
    folder: Path, opened: Callable[[Path], Project], task: str
) -> None:
    recipe = folder / "chainring.toml"
    told = recipe.read_text("utf-8")
    recipe.write_text(told.replace("[data]", f'[data]\ntask = "{task}"'), "utf-8")
    project = opened(folder)
    with pytest.raises(RecipeError) as raised:
        project.turn()
    assert f"data.task: '{task}' found; the champion does 'classification'" in str(raised.value)
    assert "chainring init" in str(raised.value)
    assert len(project.ring.ledger.all_lineage(step="records")) == 1
    recipe.write_text(told, "utf-8")
    assert opened(folder).turn().outcome == "nothing changed"
