from __future__ import annotations

from typing import Any

import pytest
from tests.data.looking.conftest import MakeSet, row

from chainring.contracts.dataset import Dataset
from chainring.contracts.lineage import Lineage
from chainring.data.looking.card import CardFacts, data_card
from chainring.data.looking.drops import Drop
from chainring.data.looking.numbers import numbers


@pytest.fixture
def facts(make_set: MakeSet) -> CardFacts:
    folder = make_set([row("a", text="a secret text"), row("b", text="退货", language="zh")])
    usual: dict[str, Any] = {"app": "shop", "key": "", "inputs": (), "seed": 0, "placement": "",
                             "result": "{}", "result_digest": ""}  # fmt: skip
    chain = [
        Lineage(id="run_1", step="records", settings="", cpu_s=1.25, **usual),
        Lineage(id="run_2", step="dataset", settings='{"min_jaccard":0.8}', started=1.8e9, **usual),
    ]
    return CardFacts(
        data=Dataset(app="shop", address="blake2b:ab", task="classification", labels=("track",),
                     languages=("en", "zh"), splits={"train": 2}, suite="", training=""),
        numbers=numbers(folder),
        terms={("data/help.jsonl", "CC0-1.0", "owner"): 2, ("a|b", "CC0-1.0", "owner"): 1},
        drops=[Drop(step="records", reason="empty text", rows=3)],
        chain=chain,
        models=["`ab12` (linear.v1), served"],
        findings=["collect 800 more rows"],
        redacted=True,
        reasons={"empty text": "文本为空"},
    )  # fmt: skip


def test_a_card_answers_what_it_is_where_from_how_made_what_left_out_and_who_used_it(
    facts: CardFacts,
) -> None:
    said = data_card(facts)
    for line in (
        "# Data card: shop", "address: `blake2b:ab`", "made at: 2027-01-15 08:00 UTC",
        "languages: en 1, zh 1", "| data/help.jsonl | 2 | CC0-1.0 | owner |", "| a/b |",
        "| records | `run_1` |", "| 1.2 |", "| `data.min_jaccard` | 0.8 |",
        "personal data taken out", "| 文本为空 | 3 | records |", "- collect 800 more rows",
        "- `ab12` (linear.v1), served",
    ):  # fmt: skip
        assert line in said, line
    assert "secret" not in said


def test_the_chinese_card_has_the_same_sections(facts: CardFacts) -> None:
    english, chinese = data_card(facts), data_card(facts, language="zh")
    assert english.count("\n## ") == chinese.count("\n## ") == 6
    assert "## 数据来源" in chinese
    assert "Where" not in chinese


def test_a_project_that_does_not_redact_says_so(facts: CardFacts) -> None:
    from dataclasses import replace

    assert "**not** taken out" in data_card(replace(facts, redacted=False))
    empty = data_card(replace(facts, models=[], findings=[], drops=[]))
    assert "no model yet" in empty
    assert empty.count("\n\nnothing\n") == 2
