from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pytest
import torch
from tests.training.conftest import make_row, shop_rows

from chainring.contracts.dataset import Row, Task
from chainring.contracts.values import joined
from chainring.contracts.work import Work
from chainring.training import understanding
from chainring.training.base import find_base
from chainring.training.heads import Headed, collate
from chainring.training.settings import TrainingSettings

LABELS = ("other", "same")


def pairs() -> list[Row]:
    rows = list[Row]()
    for place, row in enumerate(shop_rows(languages="en")):
        label = LABELS[place % 2]
        pair = row.text if label == "same" else "the weather"
        made = make_row(row.text, label, "en", row.split, f"{place}")
        rows.append(dataclasses.replace(made, pair=pair))
    return rows


def several() -> list[Row]:
    rows = shop_rows(languages="en")
    said = ["", "same", "other", joined(LABELS)]
    return [dataclasses.replace(row, label=said[i % 4]) for i, row in enumerate(rows)]


@pytest.mark.parametrize(
    ("task", "rows", "name"), [("matching", pairs(), "accuracy"), ("multi-label", several(), "f1")]
)
def test_validation_says_the_loss_that_training_goes_by_after_the_grade(
    task: Task,
    rows: list[Row],
    name: str,
    tiny_base: Path,
    work: Work,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found = dict[str, Any]()
    plain = {"class_weights": "none", "label_smoothing": 0.0}

    def judged(module: Headed, items: Any, _: Any, *, judge: Any, **named: Any) -> list[Any]:
        module.eval()
        with torch.no_grad():
            found["loss"] = float(module(**collate(items, pad=0))["loss"])
            found["measures"] = judge(module)
        return []

    monkeypatch.setattr(understanding, "train", judged)
    rows = [row for row in rows if row.split == "validation"]
    understanding.understand(
        find_base(str(tiny_base)),
        rows,
        rows,
        labels=LABELS,
        task=task,
        minutes=60.0,
        work=work,
        settings=TrainingSettings.model_validate({"encoder": plain}),
    )
    assert list(found["measures"]) == [name, "loss"]
    assert found["measures"]["loss"] == pytest.approx(found["loss"], rel=1e-4)
