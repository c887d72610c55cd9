"""Engine `onnxruntime.v1`: runs `model.onnx` on the processor.

Enters a form folder (`model.json`, `model.onnx`, `tokenizer.json`), leaves a Predictor. The memory
arena and pattern are off: with them on, memory grows with every new length (microsoft/onnxruntime
issues 5796, 9313, 11118).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from chainring.contracts.errors import MissingPackageError
from chainring.contracts.predictor import Predictor
from chainring.contracts.said import Said
from chainring.deployment.engines.answering import answering_predictor
from chainring.deployment.engines.biencoder import encoder_predictor, logits_of
from chainring.deployment.engines.encoder import Ids, Run, Tokens
from chainring.deployment.model_folder import (
    ONNX_FILE,
    TOKENIZER_FILE,
    Floats,
    damaged,
    existing,
    is_reader,
    read_card,
)

OUTPUTS = ("logits", "pooled")
SLOWER_FUSIONS = ("SkipLayerNormFusion",)
"""What onnxruntime 1.32 fuses by itself at a cost: its kernel for a sum and its norm adds number
by number. 8-bit MiniLM, 16 texts of 12 tokens: 1.70 CPU ms a text with it, 1.51 without."""
INPUTS = ("input_ids", "attention_mask")
SEGMENTS = "token_type_ids"
"""A third input, of a model that reads pairs."""


def onnx_predictor(folder: Path, *, threads: int = 0) -> Predictor:
    """Return the predictor of a form folder, run by onnxruntime with `threads` threads."""
    card = read_card(folder)
    if is_reader(card):
        run = onnx_run(folder / ONNX_FILE, threads=threads, labels=2)
        return answering_predictor(
            folder, tokenizer=folder / TOKENIZER_FILE, score=lambda *given: run(*given)[0]
        )
    tokens = Tokens(folder / TOKENIZER_FILE, max_tokens=card.max_tokens)
    run = onnx_run(folder / ONNX_FILE, threads=threads, labels=logits_of(card))
    return encoder_predictor(card, folder, tokens, run)


def onnx_run(path: Path, *, threads: int = 0, labels: int | None = None) -> Run:
    """Return a function from input ids and mask (and segments) to logits and embedding.

    Raises
    ------
    DamagedError
        When the file is missing, no ONNX model, or answers with another number of labels.
    """
    session = _session(existing(path), threads)
    _check_outputs(path, session, labels)

    names = (*INPUTS, SEGMENTS)[: len(session.get_inputs())]

    def run(*inputs: Ids) -> tuple[Floats, Floats]:
        feed = dict(zip(names, inputs, strict=True))
        logits_bc, embedding_bh = session.run(OUTPUTS, feed)
        return logits_bc, embedding_bh

    return run


def _session(path: Path, threads: int) -> Any:
    try:
        import onnxruntime as ort
        from onnxruntime.capi import onnxruntime_pybind11_state as states
    except ImportError as error:
        raise MissingPackageError(
            "onnxruntime", extra="serve", needed_for=Said("serving an encoder", zh="部署编码器")
        ) from error
    ort.disable_telemetry_events()
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    # A thread that waits sleeps: spinning took a fifth of two cores from the server beside it.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.enable_cpu_mem_arena = False
    options.enable_mem_pattern = False
    options.log_severity_level = 3
    faults = (states.InvalidProtobuf, states.InvalidGraph, states.Fail, states.InvalidArgument)
    try:
        return ort.InferenceSession(
            str(path),
            options,
            providers=["CPUExecutionProvider"],
            disabled_optimizers=list(SLOWER_FUSIONS),
        )
    except faults as error:
        raise damaged(path, f"not readable as an ONNX model ({error})") from error


def _check_outputs(path: Path, session: Any, labels: int | None) -> None:
    shapes = {output.name: output.shape for output in session.get_outputs()}
    inputs = [given.name for given in session.get_inputs()]
    known = (sorted(INPUTS), sorted((*INPUTS, SEGMENTS)))
    if tuple(shapes) != OUTPUTS or sorted(inputs) not in known:
        raise damaged(
            path,
            f"expected inputs {', '.join(INPUTS)} and outputs {', '.join(OUTPUTS)}, "
            f"found {', '.join(inputs)} and {', '.join(shapes)}",
        )
    found = shapes["logits"][-1]
    if labels is not None and isinstance(found, int) and found != labels:
        raise damaged(path, f"expected {labels} labels, found {found}")
