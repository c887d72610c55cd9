"""The forms that a model can take: parts of kind `form`, in the order in which they are tried.

Each writes a folder that serves by itself (`model.json`, `golden.jsonl`, and what its engine
needs) from the model folder and the forms written before it.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from chainring.contracts.placement import Placement
from chainring.deployment.biencoder import HEAD_FILE, KIND
from chainring.deployment.linear import VOCABULARY_FILE, WEIGHTS_FILE
from chainring.deployment.model_folder import (
    GOLDEN_FILE,
    MODEL_FILE,
    ONNX_FILE,
    TOKENIZER_FILE,
    existing,
    read_card,
)
from chainring.deployment.parity import Tolerances
from chainring.deployment.settings import ParitySettings

PARTS_OF_KIND = {
    "linear": ("linear.v1",),
    "encoder": ("exact.v1", "bf16.v1", "light.v1"),
    "biencoder": ("exact.v1", "bf16.v1", "light.v1"),
    "generator": ("writing.v1",),
}
Write = Callable[[Path, Path, Mapping[str, Path]], None]
"""(model folder, folder to fill, folders of the forms before it by name)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FormPart:
    """One way to serve a model; `instruction_sets`: any of them makes it worth trying."""

    name: str
    engine: str
    write: Write
    tolerances: Callable[[ParitySettings], Tolerances]
    instruction_sets: tuple[str, ...] = ()
    packages: tuple[str, ...] = ()

    def hindrance(self, placement: Placement) -> str:
        """Return why this machine cannot serve the form, or an empty text."""
        missing = [name for name in self.packages if find_spec(name) is None]
        if missing:
            return f"needs {', '.join(missing)}: pip install 'chainring[serve]'"
        if self.instruction_sets and not set(self.instruction_sets) & set(
            placement.instruction_sets
        ):
            return f"the processor has none of {', '.join(self.instruction_sets)}"
        return ""


def copy_files(source: Path, folder: Path, *names: str) -> None:
    """Copy what every form carries, and the named files, from a model or form folder."""
    own = (HEAD_FILE,) if read_card(source).kind == KIND else ()
    for name in (MODEL_FILE, GOLDEN_FILE, *own, *names):
        shutil.copyfile(existing(source / name), folder / Path(name).name)


def _write_linear(source: Path, folder: Path, earlier: Mapping[str, Path]) -> None:
    copy_files(source, folder, VOCABULARY_FILE, WEIGHTS_FILE)


def _write_exact(source: Path, folder: Path, earlier: Mapping[str, Path]) -> None:
    from chainring.deployment.export import export_onnx

    copy_files(source, folder, f"encoder/{TOKENIZER_FILE}")
    export_onnx(source, folder / ONNX_FILE)


def _write_bf16(source: Path, folder: Path, earlier: Mapping[str, Path]) -> None:
    copy_files(earlier["exact"], folder, ONNX_FILE, TOKENIZER_FILE)


def _write_light(source: Path, folder: Path, earlier: Mapping[str, Path]) -> None:
    from chainring.deployment.export import quantise

    copy_files(earlier["exact"], folder, TOKENIZER_FILE)
    quantise(earlier["exact"] / ONNX_FILE, folder / ONNX_FILE)


def _exact(settings: ParitySettings) -> Tolerances:
    return Tolerances(
        because="float32 like training, only the order of sums differs",
        tie=2 * settings.exact_max_difference,
        max_difference=settings.exact_max_difference,
    )


def _bf16(settings: ParitySettings) -> Tolerances:
    return Tolerances(
        because="bfloat16 keeps 8 bits of each number's mantissa",
        tie=0.03,
        min_cosine=settings.bf16_min_cosine,
        min_agreement=settings.bf16_min_agreement,
    )


def _light(settings: ParitySettings) -> Tolerances:
    return Tolerances(
        because="weights and activations are rounded to 8 bits",
        tie=0.05,
        min_cosine=settings.light_min_cosine,
        min_agreement=settings.light_min_agreement,
    )


LINEAR = FormPart(name="exact", engine="linear", write=_write_linear, tolerances=_exact)
EXACT = FormPart(name="exact", engine="onnxruntime", write=_write_exact, tolerances=_exact)
BF16 = FormPart(
    name="bf16",
    engine="openvino",
    write=_write_bf16,
    tolerances=_bf16,
    instruction_sets=("avx512_bf16", "amx_bf16"),
    packages=("openvino",),
)
LIGHT = FormPart(name="light", engine="onnxruntime", write=_write_light, tolerances=_light)
