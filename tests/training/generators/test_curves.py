"""Every training in steps leaves the curves of its runs beside the weights."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.training.generators.conftest import SMALL

from chainring.contracts.dataset import Row, Task
from chainring.contracts.parts import load_part
from chainring.contracts.work import Work
from chainring.training.settings import TrainingSettings

WRITER = SMALL | {"epochs": 1}
READER = {"epochs": 1, "batch_size": 4}
CASES: dict[str, tuple[str, Task, dict[str, Any], set[str]]] = {
    "seq2seq": ("seq2seq.v1", "translation", {"seq2seq": WRITER}, {"seq2seq"}),
    "decoder": ("decoder.v1", "generation", {"decoder": WRITER}, {"decoder"}),
    "read": ("qa.v1", "question-answering", {"answering": READER}, {"qa"}),
    "worded": (
        "qa.v1",
        "question-answering",
        {"decoder": WRITER, "answering": {"answers": "written"}},
        {"worded"},
    ),
    "biencoder": ("biencoder.v1", "matching", {"encoder": READER}, {"biencoder"}),
    "dpo": (
        "dpo.v1",
        "preference",
        {"preference": WRITER | {"preference_epochs": 1}},
        {"preference", "dpo"},
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_a_training_in_steps_leaves_its_curves_beside_the_weights(
    case: str, ask: Callable[..., Row], opening: Work, tiny_encoder: Path
) -> None:
    part, task, sections, runs = CASES[case]
    if task == "preference":
        pytest.importorskip("trl")
    trained = load_part("candidate", part)(
        _rows(case, ask),
        [],
        unlabelled=(),
        labels=("other", "same") if task == "matching" else (),
        work=opening,
        settings=TrainingSettings.model_validate(
            {name: _based(name, told, tiny_encoder) for name, told in sections.items()}
        ),
        task=task,
    )
    curves = json.loads((trained.folder / "curves.json").read_text("utf-8"))
    assert set(curves) == runs
    assert all("loss" in curve[-1] for curve in curves.values())


def _rows(case: str, ask: Callable[..., Row]) -> list[Row]:
    """Return a few rows that every task can be learnt from."""
    rows = [
        ask(f"How long does a {thing} take?", days, f"A {thing} takes {days}.", id=thing)
        for thing, days in (("parcel", "three days"), ("refund", "five days"))
    ]
    labelled = [
        dataclasses.replace(row, target="", label="same" if n else "other")
        for n, row in enumerate(rows)
    ]
    return labelled if case == "biencoder" else rows


def _based(name: str, told: dict[str, Any], base: Path) -> dict[str, Any]:
    is_read = name in ("answering", "encoder") and "answers" not in told
    return told | {"base": str(base)} if is_read else told


def test_of_how_many_texts_a_part_is_left_out_stands_among_the_limits(
    ask: Callable[..., Row], opening: Work, said: list[str]
) -> None:
    short = WRITER | {"max_input_tokens": 12, "max_output_tokens": 2}
    trained = load_part("candidate", "decoder.v1")(
        [*_rows("decoder", ask), ask("Hi", "a", id="hi")],
        [],
        unlabelled=(),
        labels=(),
        work=opening,
        settings=TrainingSettings.model_validate({"decoder": short}),
        task="generation",
    )
    assert trained.limits == (
        "of 2 of 3 texts to learn from only 12 tokens are read (max_input_tokens)",
        "of 2 of 3 texts to write only the first 2 tokens are taught, and no end "
        "(max_output_tokens)",
    )
    assert any(trained.limits[1] in line for line in said)
