"""Every task's model is served as it was trained: exact, light, and by torch itself."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.bert import tiny_bert
from tests.here import FolderTrees, HereExecutor
from tests.ring.task_examples import (
    Example,
    inference_pairs,
    matching_pairs,
    numbers,
    several_labels,
    tagged_texts,
)
from tests.training.conftest import make_placement

from chainring.contracts.dataset import Dataset, Row, Task
from chainring.contracts.errors import InputError
from chainring.contracts.request import Request
from chainring.contracts.tasks import TASKS
from chainring.contracts.values import joined, labels_in, tags_text
from chainring.contracts.work import Work
from chainring.deployment.forms.step import forms
from chainring.deployment.model_folder import read_golden
from chainring.deployment.predictors import open_predictor
from chainring.store.tables import write_rows
from chainring.training.model import model
from chainring.training.settings import TrainingSettings

CASES = [
    (several_labels, "encoder.v1"),
    (several_labels, "linear.v1"),
    (numbers, "encoder.v1"),
    (numbers, "linear.v1"),
    (matching_pairs, "encoder.v1"),
    (matching_pairs, "biencoder.v1"),
    (matching_pairs, "linear.v1"),
    (inference_pairs, "biencoder.v1"),
    (tagged_texts, "encoder.v1"),
]


def rows_of(example: Example) -> list[Row]:
    facts = TASKS[example.task]  # type: ignore[index]
    rows = []
    for place, said in enumerate(example.rows):
        value: Any = said[facts.says]
        if facts.form == "tags":
            value = tags_text([tuple(tag) for tag in value])
        elif facts.form == "several":
            value = joined([value] if isinstance(value, str) else value)
        rows.append(
            Row(
                id=f"r{place}",
                text=said["text"],
                pair=said.get("pair", ""),
                label=str(value) if facts.says == "label" else "",
                target=str(value) if facts.says == "target" else "",
                language="en" if said["text"].isascii() else "zh",
                split=("train", "train", "train", "validation")[place % 4],
                source="shop",
                licence="CC0-1.0",
                group=f"r{place}",
            )
        )
    return rows


def base_of(rows: list[Row], folder: Path) -> Path:
    """Write a random BERT, 2 layers and 32 wide, that reads the rows."""
    texts = [text for row in rows for text in (row.text, row.pair)]
    return tiny_bert(folder, texts, vocabulary=300)


def work_in(folder: Path) -> Work:
    return Work(
        app="shop",
        trees=FolderTrees(folder / "trees"),
        scratch=folder / "scratch",
        secret=b"key",
        seed=0,
        placement=make_placement(),
        executor=HereExecutor(),
        open_predictor=open_predictor,
        say=lambda line: None,
    )


def dataset_of(task: Task, rows: list[Row], work: Work, folder: Path) -> Dataset:
    folder.mkdir()
    write_rows(folder, rows)
    form = TASKS[task].form
    named = (label for row in rows for label in labels_in(form, row.label or row.target))
    return Dataset(
        app="shop",
        address=work.trees.put(folder, kind="dataset"),
        task=task,
        labels=tuple(sorted(set(named))),
        languages=("en", "zh"),
        splits={},
        suite="",
        training="",
        spread=1.2,
    )


@pytest.mark.parametrize(("made", "part"), CASES, ids=lambda one: getattr(one, "__name__", one))
def test_the_forms_of_a_task_answer_like_the_model_that_was_trained(
    made: Any, part: str, tmp_path: Path
) -> None:
    example: Example = made()
    rows, work = rows_of(example), work_in(tmp_path)
    task: Task = example.task  # type: ignore[assignment]
    settings = TrainingSettings.model_validate(
        {
            "candidates": [part],
            "encoder": {
                "base": str(base_of(rows, tmp_path / "base")),
                "epochs": 2,
                "learning_rate": 1e-3,
                "batch_size": 16,
                "max_tokens": 48,
            },
        }
    )
    data = dataset_of(task, rows, work, tmp_path / "data")
    made_model = model(data, (), work.placement, work=work, settings=settings)
    assert made_model.task == task
    found = forms(made_model, work.placement, work=work)
    exact = found.forms[0]
    assert (exact.name, exact.accepted) == ("exact", True)
    assert exact.parity.max_difference < 1e-3
    folder, source = work.trees.open(exact.address), work.trees.open(made_model.address)
    golden = read_golden(source)
    requests = [
        Request(text=text[0], pair=text[1]) if isinstance(text, tuple) else Request(text=text)
        for text in golden.texts
    ]
    engine = "linear" if part == "linear.v1" else "torch"
    with (
        open_predictor(folder, engine=exact.engine) as served,
        open_predictor(source, engine=engine) as trained,
    ):
        ours, theirs = served.predict(requests), trained.predict(requests)
        assert [a.text for a in ours] == [a.text for a in theirs]
        same = [a.label == b.label for a, b in zip(ours, theirs, strict=True)]
        assert np.mean(same) > 0.97
        assert served.predict([]) == []
        np.testing.assert_allclose(
            served.probabilities(golden.texts[:3]),
            np.concatenate([served.probabilities([text]) for text in golden.texts[:3]]),
            atol=2e-3,
        )
        if not TASKS[task].pairs:
            with pytest.raises(InputError, match="leave `pair` out"):
                served.predict([Request(text="a", pair="b")])
        else:
            with pytest.raises(InputError, match="give the second as `pair`"):
                served.predict([Request(text="a")])


def test_a_cross_encoder_reads_which_text_a_token_is_of(tmp_path: Path) -> None:
    example = matching_pairs()
    rows, work = rows_of(example), work_in(tmp_path)
    options = {"base": str(base_of(rows, tmp_path / "base")), "epochs": 2, "batch_size": 16,
               "learning_rate": 3e-3, "layer_decay": 1.0}  # fmt: skip
    settings = TrainingSettings.model_validate({"candidates": ["encoder.v1"], "encoder": options})
    data = dataset_of("matching", rows, work, tmp_path / "data")
    made = model(data, (), work.placement, work=work, settings=settings)
    exact = forms(made, work.placement, work=work).forms[0]
    with open_predictor(work.trees.open(exact.address), engine="onnxruntime") as served:
        first = served.probabilities([("退款 abc", "包裹 now")])
        second = served.probabilities([("包裹 now", "退款 abc")])
    assert np.abs(first - second).max() > 1e-4
