from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file
from tests.deployment.conftest import LABELS, TEXTS, encoder_truth, write_card

from chainring.contracts.errors import DamagedError
from chainring.contracts.predictor import Predictor
from chainring.deployment.engines.text_predictor import TextPredictor
from chainring.deployment.predictors import load_predictor, open_predictor

ENGINES = ["onnxruntime", "openvino", "torch"]


def folder_of(engine: str, encoder_folder: Path, onnx_folder: Path, target: Path) -> Path:
    """A copy, to damage, of the folder that an engine loads."""
    source = encoder_folder if engine == "torch" else onnx_folder
    shutil.copytree(source, target)
    return target


@pytest.mark.parametrize("engine", ["torch", "onnxruntime"])
def test_float32_engines_answer_like_transformers_text_by_text(
    encoder_folder: Path, onnx_folder: Path, engine: str
) -> None:
    folder = encoder_folder if engine == "torch" else onnx_folder
    probabilities, embeddings = encoder_truth(encoder_folder, TEXTS)
    with open_predictor(folder, engine=engine, threads=1) as predictor:
        assert isinstance(predictor, TextPredictor)
        assert predictor.capabilities == {"embed"}
        found, embedded = predictor.probabilities(TEXTS), predictor.embed(TEXTS)
    assert found.dtype == embedded.dtype == np.float32
    assert np.abs(found - probabilities).max() < 1e-5
    assert np.abs(embedded - embeddings).max() < 1e-5


def test_openvino_answers_like_transformers_within_bfloat16(
    encoder_folder: Path, onnx_folder: Path
) -> None:
    probabilities, _ = encoder_truth(encoder_folder, TEXTS)
    with open_predictor(onnx_folder, engine="openvino", threads=1) as predictor:
        found = predictor.probabilities(TEXTS)
    assert np.abs(found - probabilities).max() < 0.02


@pytest.mark.parametrize("engine", ["onnxruntime", "openvino", "torch"])
def test_a_text_longer_than_the_model_reads_is_cut_at_max_tokens(
    encoder_folder: Path, onnx_folder: Path, engine: str
) -> None:
    folder = encoder_folder if engine == "torch" else onnx_folder
    with open_predictor(folder, engine=engine, threads=1) as predictor:
        cut, whole = predictor.probabilities(["refund " * 31, "refund " * 31 + "where is it"])
    np.testing.assert_array_equal(cut, whole)


def test_pickled_weights_of_an_encoder_are_not_opened(encoder_folder: Path, tmp_path: Path) -> None:
    import torch
    from safetensors.torch import load_file

    from chainring.deployment.engines.encoder_module import open_encoder

    folder = Path(shutil.copytree(encoder_folder / "encoder", tmp_path / "encoder"))
    torch.save(load_file(folder / "model.safetensors"), folder / "pytorch_model.bin")
    (folder / "model.safetensors").unlink()
    with pytest.raises(OSError, match=r"no file named model\.safetensors"):
        open_encoder(folder, "sdpa")


@pytest.mark.parametrize("engine", ENGINES)
def test_a_closed_predictor_says_so(encoder_folder: Path, onnx_folder: Path, engine: str) -> None:
    folder = encoder_folder if engine == "torch" else onnx_folder
    predictor: Predictor = load_predictor(folder, engine=engine, threads=1)
    predictor.close()
    with pytest.raises(RuntimeError, match="closed"):
        predictor.probabilities(["refund"])


@pytest.mark.parametrize(
    ("engine", "name"),
    [
        ("onnxruntime", "model.onnx"),
        ("onnxruntime", "tokenizer.json"),
        ("openvino", "model.onnx"),
        ("openvino", "tokenizer.json"),
        ("torch", "head.safetensors"),
        ("torch", "encoder/config.json"),
        ("torch", "encoder/model.safetensors"),
        ("torch", "encoder/tokenizer.json"),
    ],
)
@pytest.mark.parametrize("damage", ["missing", "cut off"])
def test_a_damaged_file_is_named_with_the_next_step(
    encoder_folder: Path, onnx_folder: Path, tmp_path: Path, engine: str, name: str, damage: str
) -> None:
    folder = folder_of(engine, encoder_folder, onnx_folder, tmp_path / "form")
    if damage == "missing":
        (folder / name).unlink()
    else:
        (folder / name).write_bytes((folder / name).read_bytes()[:90])
    with pytest.raises(DamagedError, match="chainring turn") as caught:
        load_predictor(folder, engine=engine)
    assert name.split("/")[0] in str(caught.value)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_head_of_another_number_of_labels_is_refused(
    encoder_folder: Path, onnx_folder: Path, tmp_path: Path, engine: str
) -> None:
    folder = folder_of(engine, encoder_folder, onnx_folder, tmp_path / "form")
    write_card(folder, "encoder", labels=[*LABELS, "warranty"])
    with pytest.raises(DamagedError, match=r"4.*5|5.*4"):
        load_predictor(folder, engine=engine)


def test_an_encoder_that_lacks_a_weight_is_refused_and_not_filled_at_random(
    encoder_folder: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "model"
    shutil.copytree(encoder_folder, folder)
    path = folder / "encoder" / "model.safetensors"
    arrays = load_file(path)
    lost = next(name for name in arrays if name.endswith("query.weight"))
    save_file({name: a for name, a in arrays.items() if name != lost}, path, {"format": "pt"})
    with pytest.raises(DamagedError, match=rf"weights are missing: {lost}"):
        load_predictor(folder, engine="torch")
