from __future__ import annotations

import logging
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.deployment.conftest import LABELS

from chainring.contracts.errors import RefusedError
from chainring.deployment.engines import onnx
from chainring.deployment.engines.encoder_module import load_encoder
from chainring.deployment.engines.onnx import onnx_run
from chainring.deployment.forms import export as module
from chainring.deployment.forms.export import export_onnx, quantise


@pytest.mark.parametrize("exporter", ["classic", "dynamo"])
def test_both_exporters_answer_like_torch_at_shapes_that_neither_tracing_nor_checking_saw(
    encoder_folder: Path,
    tmp_path: Path,
    exporter: str,
) -> None:
    import torch

    target = tmp_path / "model.onnx"
    done = export_onnx(encoder_folder, target, exporters=(exporter,))
    assert done.exporter == exporter
    assert done.max_difference < 1e-4
    run, encoder = onnx_run(target, threads=1, labels=len(LABELS)), load_encoder(encoder_folder)
    for batch, tokens in ((1, 3), (7, 31)):
        ids = np.random.default_rng(1).integers(1, 100, (batch, tokens))
        mask = (np.arange(tokens) < np.arange(1, batch + 1)[:, None] + 1).astype(np.int64)
        with torch.inference_mode():
            expected = encoder(torch.from_numpy(ids), torch.from_numpy(mask))
        for ours, theirs in zip(run(ids, mask), expected, strict=True):
            np.testing.assert_allclose(ours, theirs.numpy(), atol=1e-5)


def wrong(module: object, target: Path, *shape: object) -> None:
    raise RuntimeError("not today")


def test_a_failing_exporter_gives_way_to_the_next(
    encoder_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(module._EXPORTERS, "dynamo", wrong)
    done = export_onnx(encoder_folder, tmp_path / "model.onnx", exporters=("dynamo", "classic"))
    assert done.exporter == "classic"


def test_when_no_exporter_works_each_ones_fault_is_told_and_no_file_stays(
    encoder_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(module._EXPORTERS, "dynamo", wrong)
    monkeypatch.setattr(module, "MAX_DIFFERENCE", -1.0)
    target = tmp_path / "model.onnx"
    with pytest.raises(RefusedError, match=r"dynamo: RuntimeError: not today; classic: answers"):
        export_onnx(encoder_folder, target, exporters=("dynamo", "classic"))
    assert not target.exists()


def test_a_graph_that_forgot_its_mask_is_refused(
    encoder_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = module._classic

    def careless(encoder: object, target: Path, *shape: Any) -> None:
        import torch

        class Careless(torch.nn.Module):  # type: ignore[misc, unused-ignore]
            def __init__(self) -> None:
                super().__init__()
                self.inner = encoder

            def forward(self, input_ids: object, attention_mask: object) -> object:
                zero = 0 * attention_mask  # type: ignore[operator]
                return self.inner(input_ids, zero + 1)  # type: ignore[operator]

        real(Careless().eval(), target, *shape)

    monkeypatch.setitem(module._EXPORTERS, "classic", careless)
    with pytest.raises(RefusedError, match="classic: answers differ from torch"):
        export_onnx(encoder_folder, tmp_path / "model.onnx", exporters=("classic",))


def test_the_light_form_is_smaller_and_near_the_exact_one(
    onnx_folder: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    level = logging.getLogger().level
    exact, light = onnx_folder / "model.onnx", tmp_path / "light.onnx"
    quantise(exact, light)
    assert light.stat().st_size < exact.stat().st_size
    assert logging.getLogger().level == level
    ids = np.random.default_rng(2).integers(1, 100, (5, 9))
    mask = np.ones_like(ids)
    first, second = (onnx_run(path, threads=1)(ids, mask)[1] for path in (exact, light))
    cosine = (first * second).sum(1) / np.linalg.norm(first, axis=1)
    assert (cosine / np.linalg.norm(second, axis=1)).min() > 0.99
    assert not np.array_equal(first, second)


def test_what_others_log_while_a_form_is_made_is_not_lost(
    onnx_folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    from onnxruntime import quantization

    real = quantization.quantize_dynamic

    def slow(*words: Any, **how: Any) -> None:
        thread = threading.Thread(target=logging.getLogger("a.server").warning, args=("of others",))
        thread.start()
        thread.join()
        real(*words, **how)

    monkeypatch.setattr(quantization, "quantize_dynamic", slow)
    caplog.set_level(logging.WARNING)  # whatever level a library has left
    quantise(onnx_folder / "model.onnx", tmp_path / "light.onnx")
    logging.warning("of others, at the root")
    assert [one.getMessage() for one in caplog.records] == ["of others", "of others, at the root"]
    assert not logging.getLogger().filters


def test_threads_of_an_engine_sleep_while_they_wait(encoder_folder: Path, tmp_path: Path) -> None:
    export_onnx(encoder_folder, tmp_path / "model.onnx", exporters=("classic",))
    options = onnx._session(tmp_path / "model.onnx", 2).get_session_options()
    assert options.get_session_config_entry("session.intra_op.allow_spinning") == "0"
