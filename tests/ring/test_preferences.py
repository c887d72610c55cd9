"""The ring closes on preferences: users rate, correct and compare what a small writer wrote."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from chainring.contracts.codec import decode
from chainring.contracts.dataset import Row
from chainring.contracts.model import Model
from chainring.deployment.http.app import create_app
from chainring.software.api import Project
from chainring.software.serving.service import Service
from chainring.store.tables import read_rows

pytest.importorskip("trl")

RECIPE = """
[project]
name = "writer"
[data]
task = "generation"
min_jaccard = 1.0
[gate]
placebo = false
[training]
candidates = {candidates}
[training.{section}]
layers = 1
hidden = 32
inner = 64
heads = 2
vocabulary = 340
dropout = 0.0
epochs = {epochs}
batch_size = 8
learning_rate = 0.01
patience = 0
max_input_tokens = 48
max_output_tokens = 16
[store]
min_free_mib = 0
[deployment]
speed_rounds = 1
"""
NAMES = "Ann Bob Cid Dan Eva Flo Gus Hal Ida Jon Kim Leo".split()
USERS = "Ivy Jim Kay Lea Max Ned Pam Quin Ray Sam Tia Ulf Vic Wes Xan Yan Zoe Abe".split()
THINGS = {"parcel": "包裹", "coat": "外套", "refund": "退款", "book": "书"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a project that writes a curt reply to every prompt."""
    folder = tmp_path_factory.mktemp("preferences") / "writer"
    (folder / "data").mkdir(parents=True)
    rows = [
        {
            "text": f"{name}要{chinese}" if n % 2 else f"{name} wants a {thing}",
            "target": "走开" if n % 2 else "go away",
            "split": {3: "validation", 4: "test"}.get((n + m) % 5, "train"),
        }
        for n, name in enumerate(NAMES)
        for m, (thing, chinese) in enumerate(THINGS.items())
    ]
    body = "\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
    (folder / "data" / "rows.jsonl").write_text(body + "\n", encoding="utf-8")
    (folder / ".chainring").mkdir()
    (folder / ".chainring" / "key").write_text("07" * 32)
    _write(folder, ["decoder.v1"], "decoder", epochs=25)
    project = Project.open(folder)
    assert project.turn().outcome == "promoted"
    project.close()
    return folder


@pytest.fixture(scope="module")
def told(folder: Path) -> dict[str, list[dict[str, Any]]]:
    """Return what users of the served model did, by kind: each with text and answer."""
    project = Project.open(folder)
    settings = project.ring.recipe.deployment
    done: dict[str, list[dict[str, Any]]] = {"correction": [], "up": [], "down": []}
    with TestClient(create_app(Service(project, open_to_all=True), settings=settings)) as client:
        for n, (name, kind) in enumerate(zip(USERS, ["correction", "down", "up"] * 6, strict=True)):
            text = f"{name}要帽子" if n % 4 < 2 else f"{name} wants a hat"
            answer = client.post("/v1/predict", json={"text": text}).raise_for_status().json()
            reaction = {"prediction": answer["id"], "author": f"user-{n % 5}"}
            if kind == "correction":
                better = "请稍等" if "要" in text else "one moment"
                reaction |= {"kind": "correction", "value": better}
            else:
                reaction |= {"kind": "rating", "value": kind}
            client.post("/v1/react", json=reaction).raise_for_status()
            found = project.ring.traffic.prediction(answer["id"])
            assert found is not None
            if not found.holdout and not found.passed_on:
                done[kind].append({"text": text, "answer": answer["output"], **reaction})
    project.close()
    return done


@pytest.mark.parametrize("candidate", ["dpo.v1", "kto.v1"])
def test_what_users_said_of_written_answers_becomes_rows_that_preferences_are_learnt_from(
    candidate: str, folder: Path, told: dict[str, list[dict[str, Any]]]
) -> None:
    assert min(map(len, told.values())) >= 2
    _write(folder, [candidate], "preference", epochs=3)
    project = Project.open(folder)
    try:
        done = project.turn()
        rows = [row for row in _rows(project, done.dataset) if row.feedback]
        pairs = {(row.text, row.target, row.rejected) for row in rows if row.split == "train"}
        assert pairs == {*_wanted(told)}
        made = _model(project)
        assert made.part == candidate
        (rival,) = made.rivals
        assert "texts that people did not want" in rival.because
        (prediction,) = project.predict(["Kay wants a hat"])
        assert prediction.output
    finally:
        project.close()


def test_the_cards_name_the_feedback_and_why_leads_back_to_it(
    folder: Path, told: dict[str, list[dict[str, Any]]]
) -> None:
    _write(folder, ["kto.v1"], "preference", epochs=3)
    project = Project.open(folder)
    try:
        rows = [row for row in _rows(project, project.turn().dataset) if row.rejected]
        assert all(any(one.startswith("fb_") for one in row.feedback) for row in rows)
        assert {row.licence for row in rows} == {"user feedback"}
    finally:
        project.close()


def _wanted(told: dict[str, list[dict[str, Any]]]) -> Iterator[tuple[str, str, str]]:
    for one in told["correction"]:
        yield one["text"], one["value"], one["answer"]
    for one in told["up"]:
        yield one["text"], one["answer"], ""
    for one in told["down"]:
        yield one["text"], "", one["answer"]


def _write(folder: Path, candidates: list[str], section: str, *, epochs: int) -> None:
    recipe = RECIPE.format(candidates=json.dumps(candidates), section=section, epochs=epochs)
    (folder / "chainring.toml").write_text(recipe, encoding="utf-8")


def _rows(project: Project, dataset: str) -> list[Row]:
    return read_rows(project.ring.runner.trees.open(dataset))


def _model(project: Project) -> Model:
    return decode(Model, project.ring.ledger.all_lineage(step="model")[-1].result)
