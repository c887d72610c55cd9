"""Static 8 bits, found on the model's own texts."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from tests.deployment.conftest import TEXTS, encoder_truth

from chainring.deployment.forms.calibration import calibrated
from chainring.deployment.forms.parts import copy_files
from chainring.deployment.predictors import open_predictor

pytest.importorskip("nncf", reason="needs the extra train")


@pytest.mark.parametrize("narrow", [True, False])
def test_the_8_bit_graph_answers_nearly_like_the_model(
    encoder_folder: Path, onnx_folder: Path, tmp_path: Path, narrow: bool
) -> None:
    copy_files(onnx_folder, tmp_path, "tokenizer.json")
    calibrated(onnx_folder, tmp_path, narrow=narrow)
    truth, _ = encoder_truth(encoder_folder, TEXTS)
    with open_predictor(tmp_path, engine="openvino-float32", threads=1) as predictor:
        found = predictor.probabilities(TEXTS)
    assert np.abs(found - truth).max() < 0.1
    assert np.abs(found - truth).max() > 1e-6, "it was rounded"


def test_its_weights_are_bytes(onnx_folder: Path, tmp_path: Path) -> None:
    calibrated(onnx_folder, tmp_path, narrow=False)
    text = (tmp_path / "model.xml").read_text(encoding="utf-8")
    assert text.count('element_type="i8"') >= 12, "six matrices of each of two layers"


def test_nothing_that_reports_to_a_web_service_is_loaded(onnx_folder: Path, tmp_path: Path) -> None:
    script = (
        "import sys; from pathlib import Path;"
        "from chainring.deployment.forms.calibration import calibrated;"
        f"calibrated(Path({str(onnx_folder)!r}), Path({str(tmp_path)!r}), narrow=False);"
        "print([name for name in sys.modules if 'telemetry' in name and 'nncf' not in name])"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], check=True, capture_output=True, text=True
    )
    assert done.stdout == "[]\n", "nncf draws its bars on stdout otherwise"
