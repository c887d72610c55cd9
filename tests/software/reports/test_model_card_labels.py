"""The tables of labels in a card: what they leave out is counted."""

from __future__ import annotations

import pytest

from chainring.contracts.evaluation import Outcome
from chainring.software.reports.model_card_labels import label_tables
from chainring.software.reports.model_card_words import WORDS


def rows(truth: str, n: int, *, group: str = "") -> list[Outcome]:
    return [
        Outcome(
            row=f"{truth}{group}{i}",
            truth=truth,
            label="ok",
            right=float(truth == "ok"),
            confidence=0.9,
            passed_on=False,
            part="suite",
            language="en",
            protected=group,
        )
        for i in range(n)
    ]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_labels_with_few_rows_and_those_after_the_last_line_are_counted(language: str) -> None:
    outcomes = rows("ok", 60)
    outcomes += [one for k in range(45) for one in rows(f"common{k:02d}", 12)]
    outcomes += [one for k in range(12) for one in rows(f"rare{k:02d}", 6)]
    (table,), left = label_tables(outcomes, "one", WORDS[language])
    assert len(table.splitlines()) == 2 + 40
    assert "rare" not in table
    assert left == 6 + 12


def test_labels_of_groups_that_are_not_shown_are_counted() -> None:
    outcomes = [*rows("ok", 30, group="old"), *rows("ok", 9, group="young")]
    outcomes += rows("fraud", 4, group="old")
    (_, groups), left = label_tables(outcomes, "one", WORDS["en"])
    assert [line.split(" | ")[:2] for line in groups.splitlines()[4:]] == [
        ["| ok", "old"],
        ["| ok", "young"],
    ]
    assert left == 2  # fraud, and fraud among the old


def test_nothing_is_left_out_where_every_label_is_shown() -> None:
    assert label_tables([], "one", WORDS["en"]) == ([], 0)
    assert label_tables(rows("ok", 10), "one", WORDS["en"])[1] == 0
