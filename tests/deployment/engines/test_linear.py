from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from tests.deployment.conftest import TEXTS, linear_truth, write_json

from chainring.contracts.errors import DamagedError
from chainring.contracts.request import Request
from chainring.deployment.predictors import open_predictor


def test_linear_probabilities_equal_a_dense_float64_computation(linear_folder: Path) -> None:
    with open_predictor(linear_folder, engine="linear") as predictor:
        found = predictor.probabilities(TEXTS)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, linear_truth(linear_folder, TEXTS), atol=2e-6)


def test_a_text_without_known_features_is_answered_by_the_bias_alone(linear_folder: Path) -> None:
    with open_predictor(linear_folder, engine="linear") as predictor:
        empty, unknown = predictor.probabilities(["", "ζζζ"])
    np.testing.assert_array_equal(empty, unknown)


def test_answers_do_not_depend_on_what_else_is_in_the_batch(linear_folder: Path) -> None:
    requests = [Request(text=text) for text in TEXTS]
    with open_predictor(linear_folder, engine="linear") as predictor:
        together = predictor.predict(requests)
        alone = [predictor.predict([request])[0] for request in requests]
    assert together == alone


@pytest.mark.parametrize("name", ["vocabulary.json", "linear.safetensors", "model.json"])
def test_a_missing_file_is_named_with_the_next_step(
    linear_folder: Path, tmp_path: Path, name: str
) -> None:
    folder = tmp_path / "model"
    shutil.copytree(linear_folder, folder)
    (folder / name).unlink()
    with (
        pytest.raises(DamagedError, match=rf"{name}: the file is missing; .*chainring turn"),
        open_predictor(folder, engine="linear"),
    ):
        pass


def test_a_vocabulary_of_another_size_is_refused_with_both_sizes(
    linear_folder: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "model"
    shutil.copytree(linear_folder, folder)
    names = json.loads((folder / "vocabulary.json").read_text("utf-8"))
    write_json(folder / "vocabulary.json", names[:-1])
    with (
        pytest.raises(DamagedError, match=rf"'F': {len(names) - 1}.*\({len(names)},\)"),
        open_predictor(folder, engine="linear"),
    ):
        pass


def test_a_feature_that_stands_twice_is_refused(linear_folder: Path, tmp_path: Path) -> None:
    folder = tmp_path / "model"
    shutil.copytree(linear_folder, folder)
    names = json.loads((folder / "vocabulary.json").read_text("utf-8"))
    write_json(folder / "vocabulary.json", [names[0], *names[:-1]])
    with pytest.raises(DamagedError, match="twice"), open_predictor(folder, engine="linear"):
        pass


def test_a_cut_off_weights_file_is_refused(linear_folder: Path, tmp_path: Path) -> None:
    folder = tmp_path / "model"
    shutil.copytree(linear_folder, folder)
    weights = folder / "linear.safetensors"
    weights.write_bytes(weights.read_bytes()[:-40])
    with pytest.raises(DamagedError, match="safetensors"), open_predictor(folder, engine="linear"):
        pass
