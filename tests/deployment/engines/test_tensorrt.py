"""An engine of TensorRT is built on a processor and run on a GPU."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from tests.deployment.conftest import TEXTS, encoder_truth

from chainring.contracts.errors import DamagedError, InputError, RefusedError
from chainring.deployment.engines.tensorrt import tensorrt_run
from chainring.deployment.forms.parts import Making
from chainring.deployment.forms.tensorrt_build import ENGINE_FILE, TENSORRT, build_engine

pytest.importorskip("tensorrt_rtx", reason="needs the extra tensorrt")


@pytest.fixture(scope="module")
def form(onnx_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tensorrt")
    TENSORRT.write(Making(source=onnx_folder, folder=folder, earlier={"exact": onnx_folder}))
    return folder


def test_an_engine_is_built_without_a_gpu(form: Path) -> None:
    assert (form / ENGINE_FILE).stat().st_size > 10_000
    assert (form / "model.json").is_file()


def test_a_file_that_is_no_graph_is_refused_with_what_tensorrt_says(tmp_path: Path) -> None:
    graph = tmp_path / "model.onnx"
    graph.write_bytes(b"no graph")
    with pytest.raises(RefusedError, match="TensorRT cannot read the graph"):
        build_engine(graph, tmp_path / ENGINE_FILE, max_tokens=32)


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_running_needs_a_gpu_and_says_so(form: Path) -> None:
    with pytest.raises(InputError, match="torch finds none here"):
        tensorrt_run(form / ENGINE_FILE)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_a_gpu_answers_like_the_model(form: Path, encoder_folder: Path) -> None:
    from chainring.deployment.predictors import open_predictor

    truth, _ = encoder_truth(encoder_folder, TEXTS)
    with open_predictor(form, engine="tensorrt") as predictor:
        assert abs(predictor.probabilities(TEXTS) - truth).max() < 0.05


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_a_damaged_engine_is_named(tmp_path: Path) -> None:
    path = tmp_path / ENGINE_FILE
    path.write_bytes(b"nothing")
    with pytest.raises(DamagedError, match="engine"):
        tensorrt_run(path)
