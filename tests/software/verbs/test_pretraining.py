from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest
from tests.litter import littered
from tests.software.conftest import copy, opened
from tests.training.conftest import make_row, shop_rows
from transformers import AutoTokenizer
from typer.testing import CliRunner

from chainring.contracts.dataset import Row
from chainring.contracts.errors import InputError, NotAllowedError
from chainring.software.cli import app
from chainring.software.verbs import pretraining
from chainring.software.verbs.pretraining import pretrain_files, with_sections
from chainring.training.base import find_base
from chainring.training.objectives.sample import sample
from chainring.training.settings import TrainingSettings

SMALL = {"layers": 1, "hidden": 32, "heads": 2, "max_tokens": 24, "epochs": 2, "held_out": 0.1}


@pytest.fixture
def texts(tmp_path: Path) -> Path:
    path = tmp_path / "help.jsonl"
    rows = [json.dumps({"text": f"{row.text} 13912345678"}) for row in shop_rows()]
    path.write_text("\n".join(rows), encoding="utf-8")
    return path


def test_files_become_a_gpt_that_goes_on_with_a_text(texts: Path, tmp_path: Path) -> None:
    said: list[str] = []
    out = tmp_path / "gpt"
    made = pretrain_files(
        [texts],
        out=out,
        licence="CC0-1.0",
        say=said.append,
        pretrain=SMALL | {"objective": "causal"},
        tokeniser={"size": 400},
    )
    assert find_base(str(out)).licence == made.base.licence == "CC0-1.0"
    assert made.base.folder == out
    assert any("documents" in line for line in said)
    assert not list(tmp_path.glob(".gpt*"))
    learnt = AutoTokenizer.from_pretrained(str(out)).get_vocab()
    assert not any("139" in token for token in learnt)
    first = sample(out, "我想", tokens=8, seed=1)
    assert first.startswith("我想")
    assert sample(out, "我想", tokens=8, seed=1) == first


def test_the_command_makes_a_base_and_says_where_it_may_stand(texts: Path, tmp_path: Path) -> None:
    out = tmp_path / "base"
    options = ["--minutes", "0.0001", "--epochs", "1", "--size", "300", "--licence", "mit"]
    told = CliRunner().invoke(app, ["pretrain", str(texts), "--out", str(out), *options])
    assert told.exit_code == 0, told.output
    assert f'base = "{out}"' in told.output
    assert "licence mit" in told.output
    assert "characters a token" in told.output
    assert find_base(str(out)).folder == out


def test_no_encoder_is_to_start_from_a_gpt_that_the_recipe_asked_for(
    turned: Path, tmp_path: Path
) -> None:
    folder, out = copy(turned, tmp_path / "shop"), tmp_path / "gpt"
    with (folder / "chainring.toml").open("a", encoding="utf-8") as recipe:
        recipe.write('[training.pretrain]\nobjective = "causal"\nlayers = 1\nhidden = 16\n')
    asked = ["-p", str(folder), "pretrain", "--out", str(out), "--minutes", "0.0001"]
    told = CliRunner().invoke(app, asked)
    assert told.exit_code == 0, told.output
    assert (out / "model.safetensors").is_file()
    assert "to start an encoder" not in told.output


def test_the_tokeniser_command_says_how_each_language_is_read(texts: Path, tmp_path: Path) -> None:
    out = tmp_path / "pieces"
    told = CliRunner().invoke(app, ["tokeniser", str(texts), "--out", str(out), "--size", "400"])
    assert told.exit_code == 0, told.output
    assert "en: " in told.output
    assert "zh: " in told.output
    assert "0.00% unknown" in told.output
    assert AutoTokenizer.from_pretrained(str(out)).vocab_size <= 400


def test_a_folder_that_is_not_empty_is_left_alone(texts: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="not empty"):
        pretrain_files([texts], out=tmp_path, pretrain=SMALL)


def test_all_keys_that_cannot_be_are_told_at_once() -> None:
    wrong: dict[str, dict[str, Any]] = {
        "pretrain": {"objective": "guess", "epochs": -1},
        "tokeniser": {"size": 1},
    }
    with pytest.raises(InputError) as caught:
        with_sections(TrainingSettings(), wrong)
    assert len(caught.value.faults) == 3
    assert "training.pretrain.objective" in str(caught.value)


LATER = """
[[access.rules]]
action = "train"
where = { language = "zh" }
allow = false
"""


@pytest.fixture
def learnt(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the texts that would be learnt from; nothing is trained."""
    texts: list[str] = []
    monkeypatch.setattr(pretraining, "_pretrained", lambda found, **_: texts.extend(found))
    return texts


def test_a_project_s_base_learns_from_no_text_that_a_later_rule_keeps_from_training(
    turned: Path, tmp_path: Path, learnt: list[str]
) -> None:
    folder, said = copy(turned, tmp_path / "shop"), list[str]()
    with opened(folder) as project:
        pretraining.pretrain_project(project, out=tmp_path / "before", say=said.append)
        before = list(learnt)
    assert any(not text.isascii() for text in before)
    assert said == []
    with (folder / "chainring.toml").open("a", encoding="utf-8") as recipe:
        recipe.write(LATER)
    learnt.clear()
    with opened(folder) as project:
        assert any(row["language"] == "zh" and row["text"] for row in project.data.show())
        pretraining.pretrain_project(project, out=tmp_path / "after", say=said.append)
        act = project.audit(verb="pretrain")[0]
    assert learnt
    assert set(learnt) < set(before)
    assert not any("\u4e00" <= character <= "\u9fff" for text in learnt for character in text)
    assert f"{len(before) - len(learnt)} not be trained on" in said[0]
    assert (act.action, act.decision, act.rows) == ("train", "in part", len(learnt))
    assert act.withheld == len(before) - len(learnt)


def test_where_no_text_may_be_trained_on_nothing_is(
    turned: Path, tmp_path: Path, learnt: list[str]
) -> None:
    folder = copy(turned, tmp_path / "shop")
    with (folder / "chainring.toml").open("a", encoding="utf-8") as recipe:
        recipe.write('[[access.rules]]\naction = "train"\nallow = false\n')
    with opened(folder) as project, pytest.raises(NotAllowedError, match="let none of"):
        pretraining.pretrain_project(project, out=tmp_path / "base")
    assert learnt == []


def texts_learnt(
    folder: Path, rows: list[Row], task: str, monkeypatch: pytest.MonkeyPatch, learnt: list[str]
) -> list[str]:
    """Return what a base of a project of the task learns from, which has these rows to train on."""
    (folder / "chainring.toml").write_text(f'[project]\nname = "shop"\n[data]\ntask = "{task}"\n')
    shown = {"train": [dataclasses.asdict(row) for row in rows]}
    monkeypatch.setattr(pretraining, "_shown", lambda _, split: shown.get(split, []))
    with opened(folder) as project:
        pretraining.pretrain_project(project, out=folder / "base")
    return learnt


def test_a_project_s_base_names_each_licence_of_a_text_that_came_on_several(
    untouched: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    monkeypatch.setattr(
        pretraining, "_pretrained", lambda _, *, licence, **__: told.append(licence)
    )
    rows = [make_row("one", "a"), make_row("two", "a")]
    rows[0] = dataclasses.replace(rows[0], licence=f"{rows[1].licence}|MIT")
    texts_learnt(copy(untouched, tmp_path / "shop"), rows, "classification", monkeypatch, [])
    assert told == [f"{rows[1].licence}, MIT"]


@pytest.mark.parametrize(
    ("task", "expected"),
    [
        ("matching", {"asked", "second"}),
        ("question-answering", {"asked", "second", "written"}),
        ("translation", {"asked", "written"}),
        ("preference", {"asked", "written"}),
        ("tagging", {"asked"}),
    ],
)
def test_a_project_s_base_learns_from_second_texts_and_written_answers_and_from_no_rejected_one(
    untouched: Path,
    tmp_path: Path,
    learnt: list[str],
    monkeypatch: pytest.MonkeyPatch,
    task: str,
    expected: set[str],
) -> None:
    row = make_row("asked", "", "en", "train", "1")
    rows = [
        dataclasses.replace(row, pair="second", target="written", rejected="not wanted"),
        dataclasses.replace(row, id="2", rejected="not wanted"),
    ]
    folder = copy(untouched, tmp_path / "shop")
    found = texts_learnt(folder, rows, task, monkeypatch, learnt)
    assert set(found) == expected


def test_a_folder_of_what_a_system_laid_there_takes_a_base(texts: Path, tmp_path: Path) -> None:
    (tmp_path / "base").mkdir()
    out = littered(tmp_path / "base")
    pretrain_files([texts], out=out, minutes=0.0001, pretrain=SMALL)
    assert (out / "model.safetensors").is_file()
