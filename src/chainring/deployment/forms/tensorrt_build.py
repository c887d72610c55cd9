"""The form `tensorrt`: an encoder's graph becomes an engine file for TensorRT for RTX.

Enters the folder of the exact form, leaves `model.engine`. Building needs no GPU (package
`tensorrt-rtx`); running does. The engine takes 1 to 64 texts of up to the model's tokens.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from chainring.contracts.errors import MissingPackageError, RefusedError
from chainring.contracts.said import Said
from chainring.deployment.forms.parity import Tolerances
from chainring.deployment.forms.parts import FormPart, Making, copy_files
from chainring.deployment.forms.sentences import say
from chainring.deployment.model_folder import ONNX_FILE, TOKENIZER_FILE, read_card
from chainring.deployment.settings import ParitySettings

ENGINE_FILE = "model.engine"
MOST_TEXTS = 64
_USUAL_TEXTS, _USUAL_TOKENS = 16, 32


def build_engine(graph: Path, target: Path, *, max_tokens: int) -> None:
    """Write the engine of an ONNX graph to `target`.

    Raises
    ------
    RefusedError
        When TensorRT cannot read the graph or build an engine of it; with what it says.
    MissingPackageError
        Without tensorrt-rtx.
    """
    trt = import_tensorrt()
    logger = trt.Logger(trt.Logger.ERROR)
    builder = trt.Builder(logger)
    network = builder.create_network(1 << int(trt.NetworkDefinitionCreationFlag.STRONGLY_TYPED))
    parser = trt.OnnxParser(network, logger)
    if not parser.parse_from_file(str(graph)):
        faults = "; ".join(parser.get_error(n).desc() for n in range(parser.num_errors))
        raise RefusedError(f"TensorRT cannot read the graph ({faults}); another form serves it")
    profile = builder.create_optimization_profile()
    usual = (_USUAL_TEXTS, min(_USUAL_TOKENS, max_tokens))
    for place in range(network.num_inputs):
        name = network.get_input(place).name
        profile.set_shape(name, (1, 1), usual, (MOST_TEXTS, max_tokens))
    config = builder.create_builder_config()
    config.add_optimization_profile(profile)
    engine = builder.build_serialized_network(network, config)
    if engine is None:
        raise RefusedError("TensorRT built no engine of the graph; another form serves it")
    target.write_bytes(bytes(engine))


def import_tensorrt() -> Any:
    """Return the module tensorrt_rtx."""
    try:
        import tensorrt_rtx
    except ImportError as error:
        raise MissingPackageError(
            "tensorrt_rtx",
            extra="tensorrt",
            needed_for=Said("the TensorRT form of an encoder", zh="编码器的 TensorRT 形式"),
        ) from error
    return tensorrt_rtx


def _write(making: Making) -> None:
    exact = making.earlier["exact"]
    copy_files(exact, making.folder, TOKENIZER_FILE)
    card = read_card(exact)
    build_engine(exact / ONNX_FILE, making.folder / ENGINE_FILE, max_tokens=card.max_tokens)


def _float32(settings: ParitySettings) -> Tolerances:
    return Tolerances(
        because=say("tensor float"),
        tie=0.03,
        min_cosine=settings.bf16_min_cosine,
        min_agreement=settings.bf16_min_agreement,
    )


TENSORRT = FormPart(
    name="tensorrt",
    engine="tensorrt",
    write=_write,
    tolerances=_float32,
    packages=("tensorrt_rtx", "torch"),
    extra="tensorrt,train",
    device="cuda",
    after="exact",
    dear=True,
)
