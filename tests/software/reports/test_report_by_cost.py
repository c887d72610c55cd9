"""What cards and reports say of a project that is judged by cost."""

from __future__ import annotations

import itertools
import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from chainring.contracts.codec import decode
from chainring.contracts.measure import Measure
from chainring.contracts.verdict import Comparison, Verdict
from chainring.deployment.http.pages import ring
from chainring.deployment.http.pages.strings import Strings
from chainring.software.api import Project
from chainring.software.reports.history import history
from chainring.software.reports.model_card import model_card
from chainring.software.reports.report import write_report
from chainring.software.reports.report_measure import short_measure
from chainring.software.reports.report_words import WORDS

RECIPE = """
[project]
name = "bank"
[training]
candidates = ["linear.v1"]
[data]
min_jaccard = 1.0
[evaluation]
min_jaccard = 1.0
[gate]
measure = "cost"
[gate.costs]
pass_on = 2
[gate.costs.missed]
fraud = 50
[store]
min_free_mib = 0
[deployment]
speed_rounds = 1
"""
WHO = ("rent", "salary", "grocer", "dentist", "school", "tailor", "baker", "garage", "florist")
WHY = ("bill", "fee", "order", "refund", "deposit", "card", "lesson", "repair", "gift", "lunch")
WHEN = ("march", "april", "june", "july", "august", "autumn")


def rows() -> Iterator[dict[str, str]]:
    """Yield payments; of those to exchanges one in three is a fraud."""
    for n, (who, why, when) in enumerate(itertools.product(WHO, WHY, WHEN)):
        kind = "crypto exchange wallet" if n % 7 == 0 else "payment"
        label = "fraud" if n % 21 == 0 else "ok"
        split = ("train", "train", "validation", "test")[n // 21 % 4]
        yield {"text": f"{kind} {who} {why} {when}", "label": label, "split": split}


@pytest.fixture(scope="module")
def turned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("bank") / "bank"
    (folder / "data").mkdir(parents=True)
    (folder / "chainring.toml").write_text(RECIPE, encoding="utf-8")
    lines = "".join(json.dumps(row) + "\n" for row in rows())
    (folder / "data" / "a.jsonl").write_text(lines, encoding="utf-8")
    project = Project.open(folder)
    project.turn()
    project.close()
    return folder


@pytest.fixture
def bank(turned: Path, tmp_path: Path) -> Iterator[Project]:
    project = Project.open(shutil.copytree(turned, tmp_path / "bank"))
    yield project
    project.close()


def test_the_card_says_that_the_cheapest_label_is_answered_and_by_which_prices(
    bank: Project,
) -> None:
    made = bank.ring.ledger.all_lineage(step="verdict")[-1]
    english, chinese = (model_card(bank, made, language=one) for one in ("en", "zh"))
    assert "- the label of least expected cost is answered, and a text passed on" in english
    prices = "prices: passing on 2, fraud answered as anything else 50, any other mistake 1"
    assert f"- {prices}\n" in english
    assert "- 价目：转人工 2，fraud 答成其他任何标签 50，其他错误 1\n" in chinese
    assert "below a confidence of" not in english
    model = bank.ring.ledger.all_lineage(step="model")[-1]
    folder = bank.ring.runner.trees.open(json.loads(model.result)["address"])
    assert f"- {prices}\n" in (folder / "README.md").read_text("utf-8")


@pytest.mark.parametrize("language", ["en", "zh"])
def test_by_cost_the_report_tells_cost_before_accuracy(
    bank: Project, tmp_path: Path, language: str
) -> None:
    say = WORDS[language]
    page = write_report(bank, tmp_path / "report.html", language=language).read_text("utf-8")
    short = page.partition(f">{say['short']}</h2>")[2].partition("</ul>")[0]
    cost, right = (say[f"short {one}"].partition("{")[0] for one in ("cost", "accuracy"))
    assert 0 < short.index(cost) < short.index(right)
    assert say["gain"].partition(" (")[0].partition("（")[0] not in short
    turns = page.partition(f">{say['turns']}</h2>")[2].partition("<h2")[0]
    assert turns.index(say["by cost"]) < turns.index(f">{say['accuracy']}<")
    if say["learning curve"] in page:
        assert say["curve not cost"] in page


def test_the_past_holds_what_was_measured_and_whose_figures_these_are(bank: Project) -> None:
    past = history(bank)
    verdict = decode(Verdict, bank.ring.ledger.all_lineage(step="verdict")[-1].result)
    assert verdict.pooled is not None
    assert verdict.pooled.measured is not None
    assert past.turns[-1].measured == verdict.pooled.measured
    assert past.turns[-1].served == ""
    assert not past.graded
    page = str(ring._turns(past, Strings("en")))
    assert f"<strong>{verdict.pooled.measured[1]:.3g}</strong>" in page


def test_the_measure_is_told_beside_what_it_is_held_against() -> None:
    say = WORDS["en"]
    pooled = Comparison(
        rows=90, gained=1, lost=0, champion=0.9, challenger=0.9, p_better=0.5, p_worse=0.5,
        smallest_detectable=0.1, value="better", measured=(0.5, 0.25),
    )  # fmt: skip
    first = Verdict(
        app="bank", challenger="b", champion=None, suite="s", value="first", promote=True,
        pooled=pooled, measure=Measure(name="cost"),
    )  # fmt: skip
    assert short_measure(first, say) == (
        "The newest model costs 0.25 a row on the rows that judge, "
        "the best answer that never changes 0.5."
    )
    balanced = replace(first, champion="a", measure=Measure(name="balanced_accuracy"))
    assert short_measure(balanced, say).endswith("25.0% of each label on average on the rows that "
                                                 "judge, the one that served 50.0%.")  # fmt: skip
    assert short_measure(replace(first, pooled=replace(pooled, measured=None)), say) == ""
