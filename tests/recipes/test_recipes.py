"""Each recipe of the repository, run small: from its own texts to an answer that is served."""

from __future__ import annotations

import json
import shutil
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient
from tests.bert import tiny_bert

from chainring.deployment.http.app import create_app
from chainring.ring.recipe import load_recipe
from chainring.software.api import Project
from chainring.software.serving.service import Service

RECIPES = Path(__file__).resolve().parents[2] / "recipes"
WORK = ("clinical-decision-support", "customer-service", "education", "finance", "translation",
        "writing")  # fmt: skip
TINY: dict[str, Any] = {
    "layers": 1, "hidden": 32, "inner": 64, "heads": 2, "vocabulary": 400, "dropout": 0.0,
    "epochs": 30, "batch_size": 8, "learning_rate": 0.01, "patience": 0,
    "max_input_tokens": 48, "max_output_tokens": 32,
}  # fmt: skip
ENCODER: dict[str, Any] = {
    "encoder": {"epochs": 4, "learning_rate": 3e-3, "batch_size": 8, "base": "{base}"},
}
SMALL: dict[str, dict[str, Any]] = {
    "clinical-decision-support": {"candidates": ["linear.v1"]},
    "customer-service": {"candidates": ["linear.v1"]},
    "education": {
        "answering": {"base": "{base}", "epochs": 40, "learning_rate": 0.005, "batch_size": 8,
                      "patience": 0},
    },
    "finance": ENCODER,
    "translation": {"seq2seq": TINY | {"beams": 2}},
    "writing": {"decoder": TINY},
}  # fmt: skip
"""What each test turns down; all else is as the recipe says."""


@pytest.fixture(params=WORK)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_there_is_a_recipe_for_each_kind_of_work_and_each_is_explained_in_both_languages() -> None:
    assert tuple(sorted(path.parent.name for path in RECIPES.glob("*/chainring.toml"))) == WORK
    for page in ("README.md", "README.zh-CN.md"):
        text = (RECIPES / page).read_text(encoding="utf-8")
        assert not [one for one in WORK if f"({one}/chainring.toml)" not in text]


def test_a_recipe_says_what_it_is_and_what_may_be_done_with_its_texts(name: str) -> None:
    text = (RECIPES / name / "chainring.toml").read_text(encoding="utf-8")
    assert text.startswith("# ")
    recipe = load_recipe(RECIPES / name)
    assert recipe.project.name == name
    assert "Apache-2.0" in text


def test_a_recipe_has_texts_in_both_languages(name: str) -> None:
    paths = [path for path in (RECIPES / name).rglob("*.jsonl")]
    rows = [json.loads(line) for path in paths for line in path.read_text("utf-8").splitlines()]
    texts = [row["text"] + row.get("target", "") for row in rows]
    assert any("\u4e00" <= character <= "\u9fff" for text in texts for character in text)
    assert any(text.isascii() for text in (row["text"] for row in rows))
    assert len(rows) <= 200


def test_a_recipe_turns_and_its_model_answers(name: str, tmp_path: Path) -> None:
    folder = shutil.copytree(RECIPES / name, tmp_path / name)
    (folder / ".chainring").mkdir()
    (folder / ".chainring" / "key").write_text("07" * 32)
    _turn_down(folder, SMALL[name])
    project = Project.open(folder)
    done = project.turn()
    assert done.outcome == "promoted", done.because
    settings = project.ring.recipe.deployment
    with TestClient(create_app(Service(project, open_to_all=True), settings=settings)) as client:

        def ask(**body: str) -> dict[str, Any]:
            found: dict[str, Any] = client.post("/v1/predict", json=body).raise_for_status().json()
            return found

        ANSWERS[name](ask)


Ask = Callable[..., dict[str, Any]]


def _customer_service(ask: Ask) -> None:
    found = ask(text="Please refund my money.")
    assert (found["label"], found["article"]["title"]) == ("refund", "Refunds")
    assert ask(text="我的包裹什么时候送到？")["article"]["title"] == "配送"
    assert ask(text="给我讲个笑话吧。")["passed_on"]


def _clinical(ask: Ask) -> None:
    """Rank the statements of the reference by how well each fits a note."""
    rows = (RECIPES / "clinical-decision-support" / "notes" / "pairs.jsonl").read_text("utf-8")
    known = dict.fromkeys(json.loads(line)["pair"] for line in rows.splitlines())
    for note, wanted in (
        ("wheezing at night, short of breath in attacks", "Asthma"),
        ("排尿灼痛，尿频两天", "尿路感染"),
    ):
        told = {pair: ask(text=note, pair=pair)["scores"]["fits"] for pair in known}
        ranked = sorted(told, key=lambda pair: -told[pair])
        assert any(pair.startswith(wanted) for pair in ranked[:3])


def _education(ask: Ask) -> None:
    found = ask(text="Where does photosynthesis happen?")
    assert found["output"]
    lessons = (RECIPES / "education" / "lessons" / "lessons.jsonl").read_text("utf-8")
    assert any(found["output"] in json.loads(line)["text"] for line in lessons.splitlines())
    assert next(iter(found["scores"])).startswith("rec_")


def _finance(ask: Ask) -> None:
    assert ask(text="Card payment at the bakery, six pounds, same town.")["label"] == "ordinary"
    assert set(ask(text="深夜向境外新收款人转出全部余额。")["scores"]) == {"ordinary", "suspicious"}


def _translation(ask: Ask) -> None:
    assert "发票" in ask(text="The invoice is ready.")["output"]


def _writing(ask: Ask) -> None:
    assert ask(text="thanks to Ms Lee")["output"].startswith("Dear ")
    assert ask(text="道歉：陈先生")["output"]


ANSWERS: Mapping[str, Callable[[Ask], None]] = {
    "clinical-decision-support": _clinical,
    "customer-service": _customer_service,
    "education": _education,
    "finance": _finance,
    "translation": _translation,
    "writing": _writing,
}


def _turn_down(folder: Path, training: dict[str, Any]) -> None:
    """Write the recipe anew with a smaller training, and with what a test needs."""
    path = folder / "chainring.toml"
    recipe = tomllib.loads(path.read_text(encoding="utf-8"))
    texts = [
        text
        for rows in folder.rglob("*.jsonl")
        for line in rows.read_text("utf-8").splitlines()
        for text in (json.loads(line).get(role) for role in ("text", "target", "pair"))
        if text
    ]
    changes = json.dumps(training)
    if "{base}" in changes:
        base = tiny_bert(folder / "base", texts * 2, layers=1, positions=80, dropout=0.0)
        changes = changes.replace("{base}", str(base))
    _merge(recipe.setdefault("training", {}), json.loads(changes) | {"budget_minutes": 1})
    _merge(recipe.setdefault("store", {}), {"min_free_mib": 0})
    _merge(recipe.setdefault("deployment", {}), {"speed_rounds": 1})
    path.write_text(_toml(recipe), encoding="utf-8")


def _merge(table: dict[str, Any], changes: Mapping[str, Any]) -> None:
    for key, value in changes.items():
        if isinstance(value, dict):
            _merge(table.setdefault(key, {}), value)
        else:
            table[key] = value


def _toml(table: Mapping[str, Any], path: str = "") -> str:
    """Return a table as TOML; of lists of tables each becomes one inline."""
    inner = {key: one for key, one in table.items() if isinstance(one, dict)}
    lines = [f"{key} = {_value(one)}\n" for key, one in table.items() if key not in inner]
    lines += [f"[{path}{key}]\n{_toml(one, f'{path}{key}.')}" for key, one in inner.items()]
    return "".join(lines)


def _value(one: Any) -> str:
    if isinstance(one, dict):
        return "{" + ", ".join(f"{key} = {_value(value)}" for key, value in one.items()) + "}"
    if isinstance(one, list):
        return "[" + ", ".join(map(_value, one)) + "]"
    return json.dumps(one, ensure_ascii=False)
