"""Batches on a GPU: padded to few shapes, each recorded once."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from tests.deployment.conftest import TEXTS, encoder_truth

from chainring.contracts.errors import InputError
from chainring.deployment.engines import cuda
from chainring.deployment.engines.cuda import Graphs, Recorded, padded_shape
from chainring.deployment.engines.encoder import EncoderEngine, Tokens
from chainring.deployment.engines.encoder_module import load_encoder
from chainring.deployment.predictors import load_predictor, open_predictor

GPU = torch.cuda.is_available()


class Recorder:
    """Records as a GPU does: outputs keep their place, a replay computes them from the inputs."""

    def __init__(self, folder: Path) -> None:
        self.module = load_encoder(folder, attention="eager")
        self.shapes: list[tuple[int, ...]] = []

    def __call__(self, inputs: Sequence[Any]) -> Recorded:
        self.shapes.append(tuple(inputs[0].shape))
        with torch.inference_mode():
            outputs = [one.clone() for one in self.module(*inputs)]

        def replay() -> None:
            with torch.inference_mode():
                for place, one in zip(outputs, self.module(*inputs), strict=True):
                    place.copy_(one)

        return Recorded(inputs=inputs, outputs=outputs, replay=replay)


def engine(folder: Path, recorder: Recorder) -> EncoderEngine:
    tokens = Tokens(folder / "encoder" / "tokenizer.json", max_tokens=32)
    return EncoderEngine(tokens, Graphs(recorder, most_tokens=32, device="cpu"), batch_tokens=64)


def test_padded_rows_and_columns_change_no_answer(encoder_folder: Path) -> None:
    recorder = Recorder(encoder_folder)
    found = engine(encoder_folder, recorder).embed([text or "x" for text in TEXTS])
    plain = EncoderEngine(
        Tokens(encoder_folder / "encoder" / "tokenizer.json", max_tokens=32),
        lambda *given: tuple(
            one.detach().numpy() for one in recorder.module(*map(torch.from_numpy, given))
        ),
    )
    np.testing.assert_allclose(found, plain.embed([t or "x" for t in TEXTS]), atol=1e-5)


def test_a_shape_is_recorded_once_and_the_least_used_goes_first(
    encoder_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cuda, "GRAPHS", 2)
    recorder = Recorder(encoder_folder)
    run = Graphs(recorder, most_tokens=64, device="cpu")
    for tokens in (5, 9, 16, 17, 3, 33, 20):
        ids = np.ones((1, tokens), dtype=np.int64)
        run(ids, ids)
    assert recorder.shapes == [(1, 16), (1, 32), (1, 48), (1, 32)]


@pytest.mark.parametrize("texts", range(1, 20))
def test_a_padded_shape_holds_the_batch_and_is_one_of_few(texts: int) -> None:
    shapes = {padded_shape(texts, tokens, most_tokens=50) for tokens in range(1, 51)}
    assert len(shapes) == 4
    assert all(rows >= texts and rows < 2 * texts for rows, _ in shapes)


@pytest.mark.skipif(GPU, reason="there is a GPU")
def test_without_a_gpu_the_form_says_what_to_do(encoder_folder: Path) -> None:
    with pytest.raises(InputError, match="turn again on this machine"):
        load_predictor(encoder_folder, engine="cuda")


@pytest.mark.skipif(not GPU, reason="needs a GPU")
def test_a_gpu_answers_like_the_model(encoder_folder: Path) -> None:
    truth, _ = encoder_truth(encoder_folder, TEXTS)
    with open_predictor(encoder_folder, engine="cuda") as predictor:
        for _ in range(2):  # once recorded, once replayed
            assert np.abs(predictor.probabilities(TEXTS) - truth).max() < 0.05
