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


@pytest.fixture(scope="module", params=[True, False])
def narrow(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


@pytest.fixture(scope="module")
def rounded(onnx_folder: Path, tmp_path_factory: pytest.TempPathFactory, narrow: bool) -> Path:
    """Return the folder of an encoder in 8 bits."""
    folder = tmp_path_factory.mktemp("rounded")
    copy_files(onnx_folder, folder, "tokenizer.json")
    calibrated(onnx_folder, folder, narrow=narrow)
    return folder


def test_the_8_bit_graph_answers_nearly_like_the_model(encoder_folder: Path, rounded: Path) -> None:
    truth, _ = encoder_truth(encoder_folder, TEXTS)
    with open_predictor(rounded, engine="openvino-float32", threads=1) as predictor:
        found = predictor.probabilities(TEXTS)
    assert np.abs(found - truth).max() < 0.1
    assert np.abs(found - truth).max() > 1e-6, "it was rounded"


def test_its_weights_are_bytes(rounded: Path) -> None:
    text = (rounded / "model.xml").read_text(encoding="utf-8")
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
