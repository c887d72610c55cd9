"""The charts of training curves, from the file that a training leaves."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from chainring.software.reports.report_curves import FILE, MOST_POINTS, curve_charts

SAY = {"loss": "Loss", "rate": "Learning rate", "step": "Step", "empty": "nothing yet"}


def charts(folder: Path, runs: dict[str, Any], inside: str = "") -> list[str]:
    (folder / inside).mkdir(exist_ok=True)
    (folder / inside / FILE).write_text(json.dumps(runs), encoding="utf-8")
    return list(curve_charts(folder, SAY))


def titles(found: list[str]) -> list[str]:
    return [re.findall(r"<title[^>]*>([^<]*)</title>", chart)[0] for chart in found]


def points(count: int) -> list[dict[str, float]]:
    return [
        {"step": 10.0 * i, "loss": 3.0 / (i + 1), "learning_rate": 1e-4, "validation": i / count}
        for i in range(1, count + 1)
    ]


def test_a_run_has_its_loss_what_validation_said_and_the_rate(tmp_path: Path) -> None:
    found = charts(tmp_path, {"encoder": points(3)})
    assert titles(found) == ["encoder: Loss", "encoder: validation", "encoder: Learning rate"]


def test_losses_share_a_chart(tmp_path: Path) -> None:
    (found,) = charts(tmp_path, {"writer": [{"step": 1, "loss": 2.0, "validation_loss": 2.5}]})
    assert "validation_loss" in found


def test_parts_of_a_model_have_their_curves_too(tmp_path: Path) -> None:
    charts(tmp_path, {"b": [{"step": 1, "loss": 2.0}], "a": [{"step": 1, "loss": 2.0}]})
    found = charts(tmp_path, {"start": [{"step": 1, "loss": 2.0}]}, inside="start")
    assert sorted(titles(found)) == ["a: Loss", "b: Loss", "start: Loss"]


def test_a_long_curve_is_thinned_out_and_keeps_its_end(tmp_path: Path) -> None:
    many = [{"step": float(i), "loss": 1.0 / (i + 1)} for i in range(1001)]
    (found,) = charts(tmp_path, {"run": many})
    assert "1,000" in found
    assert found.count("<circle") <= 2 * (MOST_POINTS + 1)  # drawn for two widths


def test_what_is_no_number_is_left_out(tmp_path: Path) -> None:
    broken = [{"step": 1, "loss": float("nan")}, {"step": 2, "loss": float("inf")}]
    assert charts(tmp_path, {"run": broken}) == []


def test_a_model_without_a_file_has_no_charts(tmp_path: Path) -> None:
    assert list(curve_charts(tmp_path, SAY)) == []
