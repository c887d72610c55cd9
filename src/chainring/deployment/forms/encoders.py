"""The forms of linear models, encoders and bi-encoders on a processor.

| form | engine | numbers | tried |
|---|---|---|---|
| exact | onnxruntime (linear: numpy) | float32 | always |
| torch | torch | float32 | where no ONNX graph answers like the model |
| float32 | OpenVINO | float32 | where the processor has no bfloat16 |
| bf16 | OpenVINO | bfloat16 | where it has |
| light | onnxruntime | 8-bit weights, ranges of activations found at run time | always |
| fast | OpenVINO | 8 bits, ranges found on the project's own texts | where nncf is installed |
"""

from __future__ import annotations

import shutil

from chainring.deployment.engines.linear import VOCABULARY_FILE, WEIGHTS_FILE
from chainring.deployment.forms.parity import Tolerances
from chainring.deployment.forms.parts import (
    BF16_SETS,
    INT8_SETS,
    FormPart,
    Making,
    as_trained,
    copy_files,
    copy_model,
)
from chainring.deployment.forms.sentences import say
from chainring.deployment.model_folder import ONNX_FILE, TOKENIZER_FILE
from chainring.deployment.settings import ParitySettings


def _write_linear(making: Making) -> None:
    copy_files(making.source, making.folder, VOCABULARY_FILE, WEIGHTS_FILE)


def _write_exact(making: Making) -> None:
    from chainring.deployment.forms.export import export_onnx

    copy_files(making.source, making.folder, f"encoder/{TOKENIZER_FILE}")
    export_onnx(making.source, making.folder / ONNX_FILE)


def _write_same_graph(making: Making) -> None:
    copy_files(making.earlier["exact"], making.folder, ONNX_FILE, TOKENIZER_FILE)


def _write_light(making: Making) -> None:
    from chainring.deployment.forms.export import quantise

    exact = making.earlier["exact"]
    copy_files(exact, making.folder, TOKENIZER_FILE)
    quantise(exact / ONNX_FILE, making.folder / ONNX_FILE)


def _write_fast(making: Making) -> None:
    from chainring.deployment.forms.calibration import calibrated

    exact = making.earlier["exact"]
    copy_files(exact, making.folder, TOKENIZER_FILE)
    narrow = not set(INT8_SETS) & set(making.placement.instruction_sets)
    calibrated(exact, making.folder, narrow=narrow)


def _write_reading(making: Making) -> None:
    from chainring.deployment.engines.passages import PASSAGES_FILE

    _write_exact(making)
    shutil.copyfile(making.source / PASSAGES_FILE, making.folder / PASSAGES_FILE)


def _bf16(settings: ParitySettings) -> Tolerances:
    return Tolerances(
        because=say("bfloat16"),
        tie=0.03,
        min_cosine=settings.bf16_min_cosine,
        min_agreement=settings.bf16_min_agreement,
    )


def _eight_bits(settings: ParitySettings) -> Tolerances:
    return Tolerances(
        because=say("eight bits"),
        tie=0.05,
        min_cosine=settings.light_min_cosine,
        min_agreement=settings.light_min_agreement,
    )


LINEAR = FormPart(name="exact", engine="linear", write=_write_linear, tolerances=as_trained)
EXACT = FormPart(name="exact", engine="onnxruntime", write=_write_exact, tolerances=as_trained)
READING = FormPart(name="exact", engine="onnxruntime", write=_write_reading, tolerances=as_trained)
TORCH = FormPart(
    name="torch", engine="torch", write=copy_model, tolerances=as_trained, fallback=True
)
FLOAT32 = FormPart(
    name="float32",
    engine="openvino-float32",
    write=_write_same_graph,
    tolerances=as_trained,
    without=BF16_SETS,
    packages=("openvino",),
    after="exact",
    gains=True,
)
BF16 = FormPart(
    name="bf16",
    engine="openvino",
    write=_write_same_graph,
    tolerances=_bf16,
    instruction_sets=BF16_SETS,
    packages=("openvino",),
    after="exact",
)
LIGHT = FormPart(
    name="light", engine="onnxruntime", write=_write_light, tolerances=_eight_bits, after="exact"
)
FAST = FormPart(
    name="fast",
    engine="openvino-float32",
    write=_write_fast,
    tolerances=_eight_bits,
    packages=("openvino", "nncf"),
    extra="serve,train",
    after="exact",
    dear=True,
)
CUDA = FormPart(
    name="cuda",
    engine="cuda",
    write=copy_model,
    tolerances=_bf16,
    packages=("torch", "transformers"),
    extra="train",
    device="cuda",
)
