from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from chainring.contracts.errors import InputError, UnknownNameError
from chainring.contracts.parts import part_names
from chainring.deployment.predictors import open_predictor

SERVE = """
import importlib.abc, sys
BLOCKED = {"torch", "transformers", "sklearn", "onnx", "onnxscript", "accelerate", "scipy"}
class Block(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in BLOCKED:
            raise ModuleNotFoundError(f"{name} is blocked", name=name)
sys.meta_path.insert(0, Block())

import importlib, pkgutil
from pathlib import Path
import chainring.deployment as room
for found in pkgutil.walk_packages(room.__path__, room.__name__ + "."):
    if found.name.rpartition(".")[2] not in ("encoder_module", "span_module", "writer"):
        importlib.import_module(found.name)

from chainring.contracts.errors import MissingPackageError
from chainring.contracts.request import Request
from chainring.deployment.forms.export import export_onnx
from chainring.deployment.predictors import open_predictor
linear, encoder, form = map(Path, sys.argv[1:])
for folder, engine in ((linear, "linear"), (form, "onnxruntime"), (form, "openvino")):
    with open_predictor(folder, engine=engine, threads=1) as predictor:
        (answer,) = predictor.predict([Request(text="我要退款")])
        assert answer.label in predictor.labels
for call in (
    lambda: export_onnx(encoder, Path("never.onnx")),
    lambda: open_predictor(encoder, engine="torch").__enter__(),
):
    try:
        call()
    except MissingPackageError as error:
        assert "chainring[train]" in str(error), error
    else:
        raise AssertionError("torch is blocked and must be asked for")
"""


def test_the_room_imports_and_serves_without_the_training_packages(
    linear_folder: Path, encoder_folder: Path, onnx_folder: Path
) -> None:
    folders = [str(folder) for folder in (linear_folder, encoder_folder, onnx_folder)]
    command = [sys.executable, "-W", "error", "-c", SERVE, *folders]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_engines_and_forms_are_registered_parts() -> None:
    engines = {"linear.v1", "onnxruntime.v1", "openvino.v1", "torch.v1"}
    assert engines <= set(part_names("engine"))
    assert {"linear.v1", "exact.v1", "bf16.v1", "light.v1"} <= set(part_names("form"))


def test_an_engine_is_found_by_its_short_and_by_its_full_name(linear_folder: Path) -> None:
    for name in ("linear", "linear.v1"):
        with open_predictor(linear_folder, engine=name) as predictor:
            assert len(predictor.labels) == 4


def test_an_unknown_engine_is_named_with_the_nearest_one(linear_folder: Path) -> None:
    with (
        pytest.raises(UnknownNameError, match="did you mean 'onnxruntime"),
        open_predictor(linear_folder, engine="onnxrutime"),
    ):
        pass


def test_fewer_than_no_threads_are_refused(linear_folder: Path) -> None:
    with (
        pytest.raises(InputError, match="threads: -1 is not >= 0"),
        open_predictor(linear_folder, engine="linear", threads=-1),
    ):
        pass
