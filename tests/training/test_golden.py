from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tests.training.conftest import make_row, shop_rows

from chainring.contracts.values import Input
from chainring.training.golden import EDGES, MAX_TEXTS, golden_inputs, golden_texts, write_golden


def test_every_label_and_language_has_golden_texts_even_when_one_is_common() -> None:
    common = [make_row(f"my parcel {i}", "parcel") for i in range(1000)]
    rare = [make_row(f"退款{i}", "refund", "zh") for i in range(3)]
    chosen = golden_texts([*common, *rare])
    assert len(chosen) == len(set(chosen)) == MAX_TEXTS
    assert {row.text for row in rare} <= set(chosen)


def test_the_longest_text_and_the_edge_cases_are_always_there() -> None:
    rows = [make_row(f"text {i}", "a") for i in range(500)]
    longest = make_row("物流" * 400, "b", "zh")
    assert {longest.text, *EDGES} <= set(golden_texts([*rows, longest]))


def test_the_choice_does_not_depend_on_the_order_of_the_rows() -> None:
    rows = shop_rows()
    assert golden_texts(rows) == golden_texts(rows[::-1])


def test_the_model_is_asked_prepared_texts_and_the_file_keeps_raw_ones(tmp_path: Path) -> None:
    asked: list[Input] = []

    def probabilities(texts: Sequence[Input]) -> NDArray[np.float32]:
        asked.extend(texts)
        return np.full((len(texts), 2), 0.5, dtype=np.float32)

    count = write_golden(tmp_path, shop_rows(), probabilities)
    lines = (tmp_path / "golden.jsonl").read_text("utf-8").splitlines()
    kept = [json.loads(line) for line in lines]
    assert len(kept) == len(asked) == count
    assert any("13912345678" in line["text"] for line in kept)
    assert not any("13912345678" in text for text in asked)
    assert all(line["probabilities"] == [0.5, 0.5] for line in kept)


def test_a_text_that_people_did_not_want_is_no_second_text_of_a_golden_one() -> None:
    rows = [replace(row, pair="go away", target="at once") for row in shop_rows()]
    assert any(isinstance(one, tuple) for one in golden_inputs(rows, task="matching"))
    assert not any(isinstance(one, tuple) for one in golden_inputs(rows, task="preference"))
