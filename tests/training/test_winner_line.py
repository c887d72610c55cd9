"""The line that says which candidate was chosen names the figure that decided."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from chainring.contracts.measure import ACCURACY, Measure, MeasureName
from chainring.contracts.model import Rival
from chainring.stats.readout import Readout
from chainring.training.candidate import Trained
from chainring.training.compete import Standing
from chainring.training.threshold import Threshold
from chainring.training.winner_line import winner_line

RIVALS = (
    Rival(part="linear.v1", accuracy=0.95, low=0.9, high=0.98, rows=100),
    Rival(part="encoder.v1", accuracy=0.9, low=0.85, high=0.95, rows=100, won=True),
    Rival(part="unfit.v1", accuracy=0.0, low=0.0, high=1.0, rows=0),
)


def standing(part: str, measure: Measure, score: float | None) -> Standing:
    nothing = np.zeros((1, 2), dtype=np.float32)
    trained = Trained(folder=Path(), kind="linear", logits=lambda _: nothing)
    return Standing(
        part=part,
        trained=trained,
        readout=Readout(task="classification", labels=("fraud", "ok")),
        threshold=Threshold(value=0.0, because=""),
        right=(1.0,),
        per_language={},
        languages={},
        measure=measure,
        score=score,
    )


@pytest.mark.parametrize(
    ("name", "scores", "linear", "encoder", "zh"),
    [
        (
            "cost",
            (-2.5, -0.1),
            "linear.v1 95.0% right at a cost of 2.5 a row",
            "encoder.v1 90.0% right at a cost of 0.1 a row (chosen)",
            "每行成本 0.1（选用）",
        ),
        (
            "balanced_accuracy",
            (0.5, 0.85),
            "linear.v1 95.0% right with a balanced accuracy of 50.0%",
            "encoder.v1 90.0% right with a balanced accuracy of 85.0% (chosen)",
            "平衡准确率 85.0%（选用）",
        ),
    ],
)
def test_the_figure_that_decided_stands_beside_accuracy(
    name: MeasureName, scores: tuple[float, float], linear: str, encoder: str, zh: str
) -> None:
    measure = Measure(name=name)
    standings = [
        standing(rival.part, measure, score) for rival, score in zip(RIVALS, scores, strict=False)
    ]
    line = winner_line(RIVALS, standings)
    assert line == f"on validation: {linear}, {encoder}"
    assert zh in line.zh


def test_by_accuracy_it_is_accuracy_alone() -> None:
    standings = [standing(rival.part, ACCURACY, None) for rival in RIVALS[:2]]
    line = winner_line(RIVALS, standings)
    assert line == "on validation: linear.v1 95.0%, encoder.v1 90.0% (chosen)"
