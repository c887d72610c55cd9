"""Static 8 bits: ranges of activations are found once, on the model's own golden texts.

Enters the folder of the exact form, leaves `model.xml` and `model.bin` for OpenVINO. Post-training
quantisation by nncf (minimum and maximum of each activation, a scale a channel for the weights,
bias correction). The golden texts are validation rows of all labels and languages and some edge
cases; nobody trained on them, and the suite that judges the served form has none of them.

Without a dot product of 8 bits (VNNI, AMX) a processor adds two products in 16 bits, which overflow
where weights use all 8: `narrow` keeps those to 7.
"""

from __future__ import annotations

import contextlib
import io
import logging
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from chainring.contracts.errors import MissingPackageError
from chainring.deployment.engines.encoder import Tokens
from chainring.deployment.engines.onnx import INPUTS, SEGMENTS
from chainring.deployment.engines.openvino import OPENVINO_FILE, import_openvino
from chainring.deployment.forms.sentences import say
from chainring.deployment.model_folder import (
    ONNX_FILE,
    TOKENIZER_FILE,
    Card,
    Golden,
    read_card,
    read_golden,
)
from chainring.text.prepare import prepare

CALIBRATED_TEXTS = 200
_REPORTING = "openvino_telemetry"


def calibrated(exact: Path, folder: Path, *, narrow: bool) -> None:
    """Write the 8-bit graph of the exact form into `folder`.

    Raises
    ------
    MissingPackageError
        Without OpenVINO or nncf.
    """
    openvino = import_openvino()
    nncf = _import_nncf()
    card = read_card(exact)
    graph = openvino.Core().read_model(str(exact / ONNX_FILE))
    rows = list(_inputs(exact, card, read_golden(exact), len(graph.inputs)))
    advanced = nncf.AdvancedQuantizationParameters(
        overflow_fix=nncf.OverflowFix.ENABLE if narrow else nncf.OverflowFix.DISABLE
    )
    with contextlib.redirect_stdout(io.StringIO()):  # it draws bars
        small = nncf.quantize(
            graph,
            nncf.Dataset(rows),
            subset_size=len(rows),
            model_type=nncf.ModelType.TRANSFORMER,
            advanced_parameters=advanced,
        )
    openvino.save_model(small, str(folder / OPENVINO_FILE), compress_to_fp16=False)


def _inputs(exact: Path, card: Card, golden: Golden, count: int) -> Iterator[dict[str, Any]]:
    """Yield what the graph reads of one text after the other, without padding."""
    tokens = Tokens(exact / TOKENIZER_FILE, max_tokens=card.max_tokens)
    names = (*INPUTS, SEGMENTS)[:count]
    for text in golden.texts[:CALIBRATED_TEXTS]:
        pair = text if isinstance(text, tuple) else (text, "")
        first, second = (prepare(part, redacted=card.redact, rules=card.rules) for part in pair)
        (found,) = tokens.read([(first, second) if second else first])
        given = (*tokens.padded([found.ids]), tokens.segments([found.type_ids]))
        yield dict(zip(names, given, strict=False))


def _import_nncf() -> Any:
    """Return the module nncf, imported without what reports its use to a web service."""
    block = "nncf" not in sys.modules
    before = sys.modules.get(_REPORTING)
    if block:
        sys.modules[_REPORTING] = None  # type: ignore[assignment]
    try:
        import nncf
    except ImportError as error:
        raise MissingPackageError("nncf", extra="train", needed_for=say("static form")) from error
    finally:
        if block:
            _put_back(before)
    nncf.set_log_level(logging.ERROR)
    return nncf


def _put_back(module: Any) -> None:
    del sys.modules[_REPORTING]
    if module is not None:
        sys.modules[_REPORTING] = module
