"""Export: an encoder's model folder becomes `model.onnx`, and that becomes its 8-bit form.

Enters a model folder, leaves a file with inputs `input_ids`, `attention_mask` (`token_type_ids`,
too, where the model reads pairs) and outputs `logits`, `pooled`, all of free batch and length.
Needs the training extra.

The classic exporter of torch is tried first: with eager attention it gives the faster graph for
encoders of BERT's kind; the newer one (`dynamo`) follows where the classic one fails. Either file
counts only after it answered like torch on two batches of other sizes than it was traced with.
"""

from __future__ import annotations

import logging
import threading
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from chainring.contracts.errors import MissingPackageError, RefusedError
from chainring.contracts.said import Said
from chainring.deployment.engines.onnx import INPUTS, OUTPUTS, SEGMENTS, onnx_run
from chainring.deployment.model_folder import is_reader, read_card, reads_tokens

MAX_DIFFERENCE = 1e-3
CHECKED_SHAPES = ((3, 17), (1, 5))
_TRACED_SHAPE = (2, 8)
MAX_ID = 100
"""Ids of the traced example are below it."""

_BY_TOKEN = {0: "batch", 1: "tokens"}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shape:
    """The names of the inputs, whether logits are by token, and how many ids there are."""

    names: tuple[str, ...]
    by_token: bool
    ids: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Exported:
    """Which exporter wrote the file, and how far it is from torch on the checked shapes."""

    exporter: str
    max_difference: float


def export_onnx(
    source: Path, target: Path, *, exporters: tuple[str, ...] = ("classic", "dynamo")
) -> Exported:
    """Write the encoder of model folder `source` as ONNX to `target`.

    Parameters
    ----------
    source
        A model folder of kind encoder.
    target
        The file to write.
    exporters
        Tried in this order: `classic`, `dynamo`.

    Raises
    ------
    RefusedError
        When no exporter gives a graph that answers like torch; with each one's fault.
    MissingPackageError
        Without the training extra.
    """
    module, card = _eager_module(source), read_card(source)
    shape = _Shape(
        names=(*INPUTS, SEGMENTS)[: 3 if card.facts.get("segments") or is_reader(card) else 2],
        by_token=reads_tokens(card),
        ids=min(MAX_ID, int(module.encoder.config.vocab_size)),
    )
    faults = []
    for exporter in exporters:
        try:
            _EXPORTERS[exporter](module, target, shape)
            difference = _difference(module, target, shape)
        except _export_errors() as error:
            faults.append(f"{exporter}: {type(error).__name__}: {error}")
            continue
        if difference <= MAX_DIFFERENCE:
            return Exported(exporter=exporter, max_difference=difference)
        faults.append(f"{exporter}: answers differ from torch by {difference:.3g}")
    target.unlink(missing_ok=True)
    raise RefusedError(
        f"the encoder could not be exported ({'; '.join(faults)}); take another base encoder"
    )


def quantise(source: Path, target: Path) -> None:
    """Write the ONNX model `source` with signed 8-bit weights, a scale per channel, to `target`."""
    try:
        from onnxruntime.quantization import QuantType, quantize_dynamic
    except ImportError as error:
        raise MissingPackageError(
            "onnx",
            extra="train",
            needed_for=Said("the 8-bit form of an encoder", zh="编码器的 8 位形式"),
        ) from error
    root, advice = logging.getLogger(), _Advice()
    root.addFilter(advice)
    try:
        quantize_dynamic(source, target, per_channel=True, weight_type=QuantType.QInt8)
    finally:
        root.removeFilter(advice)


class _Advice(logging.Filter):
    """Keeps back what one thread says to the root logger: warnings, no errors.

    onnxruntime has no logger of its own, and advises a preprocessing that makes no difference here.
    """

    def __init__(self) -> None:
        super().__init__()
        self._thread = threading.get_ident()

    def filter(self, record: logging.LogRecord) -> bool:
        """Return whether a record passes."""
        return record.thread != self._thread or record.levelno >= logging.ERROR


def _eager_module(source: Path) -> Any:
    try:
        from chainring.deployment.engines.encoder_module import load_encoder
    except ImportError as error:
        raise MissingPackageError(
            str(error.name), extra="train", needed_for=Said("exporting an encoder", zh="导出编码器")
        ) from error
    return load_encoder(source, attention="eager")


def _classic(module: Any, target: Path, shape: _Shape) -> None:
    import torch

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns of its own age and of every traced constant
        torch.onnx.export(
            module,
            _example(*_TRACED_SHAPE, shape),
            str(target),
            dynamo=False,
            opset_version=17,
            input_names=list(shape.names),
            output_names=list(OUTPUTS),
            dynamic_axes={
                **dict.fromkeys(shape.names, _BY_TOKEN),
                "logits": _BY_TOKEN if shape.by_token else {0: "batch"},
                "pooled": {0: "batch"},
            },
        )


def _dynamo(module: Any, target: Path, shape: _Shape) -> None:
    import torch

    free = {0: torch.export.Dim("batch"), 1: torch.export.Dim("tokens")}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            module,
            _example(*_TRACED_SHAPE, shape),
            str(target),
            dynamo=True,
            opset_version=18,
            input_names=list(shape.names),
            output_names=list(OUTPUTS),
            dynamic_shapes={name: free for name in shape.names},
            external_data=False,
            verbose=False,
        )


_Export = Callable[[Any, Path, _Shape], None]
_EXPORTERS: dict[str, _Export] = {"classic": _classic, "dynamo": _dynamo}


def _export_errors() -> tuple[type[Exception], ...]:
    import torch
    from onnxruntime.capi.onnxruntime_pybind11_state import RuntimeException

    return (RuntimeError, OSError, torch.onnx.errors.OnnxExporterError, RuntimeException)


def _example(batch: int, tokens: int, shape: _Shape) -> tuple[Any, ...]:
    """Return ids that the vocabulary has, a mask with rows of two lengths, and segments.

    Of each row the second half is of the second text.
    """
    import torch

    ids = np.random.default_rng(batch * 1000 + tokens).integers(1, shape.ids, (batch, tokens))
    mask = np.ones_like(ids)
    mask[1:, tokens // 2 :] = 0
    segments = np.zeros_like(ids)
    segments[:, tokens // 2 :] = 1
    return tuple(torch.from_numpy(each) for each in (ids, mask, segments)[: len(shape.names)])


def _difference(module: Any, path: Path, shape: _Shape) -> float:
    import torch

    run, worst = onnx_run(path, threads=1), 0.0
    for size in CHECKED_SHAPES:
        given = _example(*size, shape)
        with torch.inference_mode():
            expected = [output.numpy() for output in module(*given)]
        found = run(*(each.numpy() for each in given))
        worst = max(
            worst, *(float(np.abs(a - b).max()) for a, b in zip(expected, found, strict=True))
        )
    return worst
