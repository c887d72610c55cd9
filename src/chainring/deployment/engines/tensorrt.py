"""Engine `tensorrt.v1`: runs `model.engine` on a GPU; torch holds its buffers.

Enters a form folder (`model.json`, `model.engine`, `tokenizer.json`), leaves a Predictor.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from chainring.contracts.errors import InputError, MissingPackageError
from chainring.deployment.engines.biencoder import encoder_predictor
from chainring.deployment.engines.encoder import Ids, Run, Tokens
from chainring.deployment.engines.onnx import INPUTS, OUTPUTS, SEGMENTS
from chainring.deployment.engines.text_predictor import TextPredictor
from chainring.deployment.forms.tensorrt_build import ENGINE_FILE, MOST_TEXTS, import_tensorrt
from chainring.deployment.model_folder import (
    TOKENIZER_FILE,
    Floats,
    damaged,
    existing,
    read_card,
)


def tensorrt_predictor(folder: Path, *, threads: int = 0) -> TextPredictor:
    """Return the predictor of a form folder on the first GPU."""
    card = read_card(folder)
    tokens = Tokens(folder / TOKENIZER_FILE, max_tokens=card.max_tokens)
    return encoder_predictor(card, folder, tokens, tensorrt_run(folder / ENGINE_FILE))


def tensorrt_run(path: Path) -> Run:
    """Return a function from input ids and mask (and segments) to logits and embedding.

    Raises
    ------
    InputError
        When there is no GPU that torch can use.
    DamagedError
        When the file is no engine of this version of TensorRT.
    """
    try:
        import torch
    except ImportError as error:
        raise MissingPackageError("torch", extra="train", needed_for="TensorRT") from error
    trt = import_tensorrt()
    data = existing(path).read_bytes()
    if not torch.cuda.is_available():
        raise InputError(
            "this form is served on a GPU and torch finds none here; turn again on this machine, "
            "or set deployment.tier to 'default'"
        )
    engine = trt.Runtime(trt.Logger(trt.Logger.ERROR)).deserialize_cuda_engine(data)
    if engine is None:
        raise damaged(path, "not readable as an engine of this version of TensorRT")
    context = engine.create_execution_context()
    inputs = [engine.get_tensor_name(n) for n in range(engine.num_io_tensors)]
    names = [name for name in (*INPUTS, SEGMENTS) if name in inputs]

    def run(*given: Ids) -> tuple[Floats, Floats]:
        parts = [
            _batch(torch, context, names, [table[start : start + MOST_TEXTS] for table in given])
            for start in range(0, len(given[0]), MOST_TEXTS)
        ]
        logits, embedding = (torch.cat(found).cpu().numpy() for found in zip(*parts, strict=True))
        return logits, embedding

    return run


def _batch(torch: Any, context: Any, names: list[str], given: list[Ids]) -> list[Any]:
    held = [torch.from_numpy(table).cuda() for table in given]
    for name, table in zip(names, held, strict=True):
        context.set_input_shape(name, tuple(table.shape))
        context.set_tensor_address(name, table.data_ptr())
    outputs = []
    for name in OUTPUTS:
        shape = tuple(context.get_tensor_shape(name))
        outputs.append(torch.empty(shape, dtype=torch.float32, device="cuda"))
        context.set_tensor_address(name, outputs[-1].data_ptr())
    stream = torch.cuda.current_stream()
    context.execute_async_v3(stream.cuda_stream)
    stream.synchronize()
    return outputs
