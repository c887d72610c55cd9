"""Engines `openvino.v1`, in bfloat16 where the processor has it, and `openvino-float32.v1`.

Enters a form folder (`model.json`, `tokenizer.json`, and `model.xml` or else `model.onnx`), leaves
a Predictor. Importing openvino as it is sends an event to a web service before anybody agreed; its
conversion tools, which do that and which nothing here uses, are kept out while it is imported.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from chainring.contracts.errors import MissingPackageError
from chainring.contracts.said import Said
from chainring.deployment.engines.biencoder import encoder_predictor, logits_of
from chainring.deployment.engines.encoder import Ids, Run, Tokens
from chainring.deployment.engines.onnx import INPUTS, SEGMENTS
from chainring.deployment.engines.text_predictor import TextPredictor
from chainring.deployment.model_folder import (
    ONNX_FILE,
    TOKENIZER_FILE,
    Floats,
    damaged,
    existing,
    read_card,
)

OPENVINO_FILE = "model.xml"
_REPORTING = "openvino.tools.ovc"
_BOUNDED_CACHE = {"CPU_RUNTIME_CACHE_CAPACITY": "200"}
"""Kernels kept by shape. With 5,000, its default, memory grew by 70 % over 2,700 batches of varied
lengths; with 200 by 1 % after the first 600, at the same speed."""


def openvino_predictor(folder: Path, *, threads: int = 0, precision: str = "bf16") -> TextPredictor:
    """Return the predictor of a form folder, run by OpenVINO with `threads` threads."""
    card = read_card(folder)
    tokens = Tokens(folder / TOKENIZER_FILE, max_tokens=card.max_tokens)
    path = folder / OPENVINO_FILE
    run = openvino_run(
        path if path.is_file() else folder / ONNX_FILE,
        threads=threads,
        labels=logits_of(card),
        precision=precision,
    )
    return encoder_predictor(card, folder, tokens, run)


def openvino_float32_predictor(folder: Path, *, threads: int = 0) -> TextPredictor:
    """Return the predictor of a form folder whose numbers are no shorter than the file says."""
    return openvino_predictor(folder, threads=threads, precision="f32")


def openvino_run(
    path: Path, *, threads: int = 0, labels: int | None = None, precision: str = "bf16"
) -> Run:
    """Return a function from input ids and mask (and segments) to logits and embedding.

    `precision` (`bf16` or `f32`) is a hint: a processor without bfloat16 computes in float32.
    """
    compiled = _compiled(existing(path), threads, precision)
    shape = compiled.output("logits").partial_shape
    found = shape[len(shape) - 1]
    if labels is not None and found.is_static and found.get_length() != labels:
        raise damaged(path, f"expected {labels} labels, found {found.get_length()}")
    request = compiled.create_infer_request()

    names = (*INPUTS, SEGMENTS)[: len(compiled.inputs)]

    def run(*inputs: Ids) -> tuple[Floats, Floats]:
        request.infer(dict(zip(names, inputs, strict=True)))
        logits, embedding = (request.get_tensor(name).data for name in ("logits", "pooled"))
        return logits.copy(), embedding.copy()

    return run


def import_openvino() -> Any:
    """Return the module openvino, imported without its reporting tools.

    Raises
    ------
    MissingPackageError
        When it is not installed.
    """
    block = "openvino" not in sys.modules
    if block:
        sys.modules[_REPORTING] = None  # type: ignore[assignment]
    try:
        import openvino
    except ImportError as error:
        raise MissingPackageError(
            "openvino",
            extra="serve",
            needed_for=Said("this form of an encoder", zh="编码器的这种形式"),
        ) from error
    finally:
        if block:
            del sys.modules[_REPORTING]
    return openvino


def _compiled(path: Path, threads: int, precision: str) -> Any:
    core = import_openvino().Core()
    options: dict[str, str | bool] = {
        "INFERENCE_PRECISION_HINT": precision,
        "NUM_STREAMS": "1",
        "ENABLE_CPU_PINNING": False,  # two servers would pin themselves to the same core
    }
    if threads:
        options["INFERENCE_NUM_THREADS"] = str(threads)
    try:
        model = core.read_model(str(path))
    except RuntimeError as error:
        raise damaged(path, f"not readable as a model ({error})") from error
    try:
        return core.compile_model(model, "CPU", options | _BOUNDED_CACHE)
    except RuntimeError:  # the bound is an unlisted option that a later version may drop
        return core.compile_model(model, "CPU", options)
