from __future__ import annotations

import dataclasses

from chainring.contracts.dataset import Dataset, Row
from chainring.data.card import card


def row(name: str, label: str, split: str, language: str = "en") -> Row:
    return Row(
        id=name,
        text="a secret text",
        label=label,
        language=language,
        split=split,
        source="data/help.csv",
        licence="CC-BY-4.0",
        group=name,
    )


def test_the_card_tells_counts_languages_licences_and_drops_and_no_text() -> None:
    rows = [row("1", "track", "train"), row("2", "退货", "train", "zh"), row("3", "new", "test")]
    data = Dataset(
        app="shop",
        address="",
        task="classification",
        labels=("track", "退货"),
        languages=("en", "zh"),
        splits={"train": 2, "validation": 0, "test": 1},
        suite="s",
        training="t",
        counts={"empty text": 3, "label 'a|b' has 1 row; at least 2 needed": 1},
    )
    said = card(data, rows)
    assert "3 rows, 2 labels to learn" in said
    for line in ("| train | 2 |", "| zh | 1 |", "| CC-BY-4.0 | 3 |", "| empty text | 3 |"):
        assert line in said
    assert "label 'a/b'" in said
    assert "| validation |" not in said
    assert "fewer than 10 rows to train on: track (1), 退货 (1)" in said
    assert "judged and never learnt: new" in said
    assert "secret" not in said


def test_a_row_on_several_licences_counts_for_each_of_them() -> None:
    both = dataclasses.replace(row("1", "track", "train"), licence="CC-BY-4.0|CC0")
    data = Dataset(
        app="shop", address="", task="classification", labels=(), languages=(), splits={},
        suite="", training="",
    )  # fmt: skip
    said = card(data, [both, row("2", "track", "train")])
    assert "| CC-BY-4.0 | 2 |\n| CC0 | 1 |" in said


def test_a_card_says_when_nothing_was_left_out() -> None:
    data = Dataset(
        app="shop", address="", task="classification", labels=(), languages=(), splits={},
        suite="", training="",
    )  # fmt: skip
    assert card(data, []).endswith("## Left out, by reason\n\nnothing\n")
