"""A bank whose frauds are one row in twenty: the same rows and models, judged by two measures.

Transfers to exchanges are fraud or not, and nothing in their words tells which. The champion calls
them ok; the challenger, who was taught more frauds among them, calls them fraud. By the likeliest
label about as many are right either way, and a missed fraud costs fifty times a false alarm.
"""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.ring.conftest import Rows, write_rows

from chainring.contracts.codec import decode
from chainring.contracts.errors import RecipeError
from chainring.contracts.model import Model
from chainring.contracts.verdict import Verdict
from chainring.ring.turn import Turn
from chainring.software.api import Project
from chainring.software.reports.history import history
from chainring.software.telling.results import tell_verdict

RECIPE = """
[project]
name = "bank"
[training]
candidates = ["linear.v1"]
pass_on_below = 0.0
[data]
min_jaccard = 1.0
[evaluation]
min_jaccard = 1.0
[store]
min_free_mib = 0
[deployment]
speed_rounds = 1
"""
COSTS = """
[gate]
measure = "cost"
[gate.costs]
pass_on = 2
[gate.costs.missed]
fraud = 50
"""
WHO = ("rent", "salary", "grocer", "dentist", "school", "tailor", "baker", "garage", "florist")
WHEN = ("march", "april", "june", "july", "august", "autumn", "winter", "spring", "easter")
WHY = (
    "bill", "fee", "order", "refund", "deposit", "card", "lesson", "repair", "gift", "lunch",
    "shoes", "books", "fuel", "tools", "seeds", "paint", "bread", "flowers", "tickets", "lamp",
    "chair", "phone", "coat", "train", "hotel",
)  # fmt: skip


def texts(frame: str) -> Iterator[str]:
    for who, when, why in itertools.product(WHO, WHEN, WHY):
        yield frame.format(who=who, when=when, why=why)


def taken(frame: str, label: str, count: int, start: int, split: str = "train") -> Rows:
    found = itertools.islice(texts(frame), start, start + count)
    return [{"text": text, "label": label, "split": split} for text in found]


PLAIN = "payment of {who} in {when}, {why}"
CLEAR = "prince needs advance money: {who} {when} {why}"
GREY = "crypto exchange wallet for {who} in {when}, {why}"
BEFORE = [
    *taken(PLAIN, "ok", 700, 0),
    *taken(PLAIN, "ok", 80, 700, "validation"),
    *taken(PLAIN, "ok", 560, 780, "test"),
    *taken(CLEAR, "fraud", 24, 0),
    *taken(CLEAR, "fraud", 6, 24, "validation"),
    *taken(CLEAR, "fraud", 16, 30, "test"),
    *taken(GREY, "ok", 40, 0),
    *taken(GREY, "fraud", 8, 40),
    *taken(GREY, "ok", 14, 48, "test"),
    *taken(GREY, "fraud", 14, 62, "test"),
]
SINCE = taken(GREY, "fraud", 90, 76)


@pytest.fixture(scope="module")
def bank(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a project after its first turn, by accuracy, to whom more frauds came since."""
    folder = tmp_path_factory.mktemp("bank") / "bank"
    (folder / "data").mkdir(parents=True)
    (folder / ".chainring").mkdir()
    (folder / ".chainring" / "key").write_text("07" * 32)
    (folder / "chainring.toml").write_text(RECIPE, encoding="utf-8")
    write_rows(folder, BEFORE)
    project = Project.open(folder)
    assert project.turn().outcome == "promoted"
    project.close()
    write_rows(folder, SINCE, "since.jsonl")
    return folder


@pytest.fixture
def turned(
    bank: Path, tmp_path: Path, opened: Callable[[Path], Project]
) -> Callable[[str], tuple[Project, Turn, Verdict]]:
    """Turn a copy of the bank with some more of a recipe."""

    def turn(more: str) -> tuple[Project, Turn, Verdict]:
        folder = tmp_path / f"bank-{len(more)}"
        shutil.copytree(bank, folder)
        (folder / "chainring.toml").write_text(RECIPE + more, encoding="utf-8")
        project = opened(folder)
        done = project.turn()
        made = project.ring.ledger.lineage_by_id(done.verdict)
        assert made is not None
        return project, done, decode(Verdict, made.result)

    return turn


Turned = Callable[[str], tuple[Project, Turn, Verdict]]


def test_the_measure_decides_whether_the_new_model_serves(turned: Turned) -> None:
    _, held, by_accuracy = turned("")
    project, promoted, by_cost = turned(COSTS)
    assert (held.outcome, by_accuracy.value) == ("held", "no measurable difference")
    assert (promoted.outcome, by_cost.value) == ("promoted", "better")
    told = list(tell_verdict(by_cost))
    assert told[0].startswith("gate: better: cost ")
    assert by_cost.pooled is not None
    right = f"{by_cost.pooled.champion:.1%} → {by_cost.pooled.challenger:.1%}"
    assert f"right {right}" in told[0]
    point = history(project).turns[-1]
    assert "a cost of" in point.because
    assert (point.measure, project.status()["champion"]["measure"]) == ("cost", "cost")


def test_a_model_knows_by_what_it_was_chosen(turned: Turned) -> None:
    project, done, _ = turned(COSTS)
    made = project.ring.ledger.lineage_of_tree(done.model)
    assert made is not None
    (rival,) = decode(Model, made.result).rivals
    assert rival.because.startswith("a cost of ")


def test_balanced_accuracy_counts_the_rare_label_as_much_as_the_common_one(turned: Turned) -> None:
    _, done, found = turned('[gate]\nmeasure = "balanced_accuracy"\n')
    assert (done.outcome, found.value) == ("promoted", "better")


def test_a_cost_of_a_label_that_the_data_lacks_ends_the_turn_before_training(
    bank: Path, tmp_path: Path, opened: Callable[[Path], Project]
) -> None:
    shutil.copytree(bank, tmp_path / "bank")
    recipe = tmp_path / "bank" / "chainring.toml"
    recipe.write_text(RECIPE + COSTS.replace("fraud = 50", "fruad = 50"), encoding="utf-8")
    project = opened(tmp_path / "bank")
    models = len(project.ring.ledger.all_lineage(step="model"))
    with pytest.raises(RecipeError) as caught:
        project.turn()
    assert caught.value.faults == (
        "gate.costs.missed: no row that teaches has the label 'fruad'; did you mean 'fraud'?",
    )
    assert len(project.ring.ledger.all_lineage(step="model")) == models
