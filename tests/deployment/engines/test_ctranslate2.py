"""Whole answers of CTranslate2: workers of its network write them side by side."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from tests.deployment.forms.test_conversion import FACTS, TEXTS, write_writer

from chainring.deployment.engines import ctranslate2 as module
from chainring.deployment.engines.ctranslate2 import SIDE_BY_SIDE, QuickWriter
from chainring.deployment.forms.conversion import convert
from chainring.deployment.lane.writing import OPEN_TEXTS

pytest.importorskip("ctranslate2", reason="needs the extra writers")


class Job:
    """What one batch gives, later."""

    def __init__(self, words: list[str]) -> None:
        self.words = words

    def result(self) -> list[str]:
        return self.words


@pytest.fixture(scope="module", params=["m2m100", "gpt2"])
def form(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The form of a network with random weights."""
    source = write_writer(tmp_path_factory.mktemp("model"), request.param)
    folder = tmp_path_factory.mktemp("form")
    convert(source, folder, quantization="float32")
    shutil.copy(source / "model.json", folder)
    return folder


@pytest.mark.parametrize("beams", [1, 3])
def test_texts_written_side_by_side_are_those_of_one_worker_in_their_order(
    form: Path, beams: int
) -> None:
    facts = {**FACTS, "beams": beams}
    texts = [*TEXTS, *reversed(TEXTS), TEXTS[0]]
    alone = QuickWriter(form, facts, threads=1).write(texts)
    found = QuickWriter(form, facts, threads=3).write(texts)
    assert [(one.text, one.finish) for one in found] == [(one.text, one.finish) for one in alone]
    assert [one.sure for one in found] == pytest.approx([one.sure for one in alone], rel=1e-5)
    assert len({one.text for one in alone}) > 1, "different texts, so that their order shows"


@pytest.mark.parametrize(("threads", "workers"), [(0, 1), (1, 1), (3, 3), (16, SIDE_BY_SIDE)])
@pytest.mark.parametrize(("beams", "held"), [(1, OPEN_TEXTS), (3, 0)])
def test_workers_share_the_threads_and_texts_half_written_hold_others(
    form: Path, threads: int, workers: int, beams: int, held: int
) -> None:
    network: Any = QuickWriter(form, {**FACTS, "beams": beams}, threads=threads)._network
    found = getattr(network, "num_translators", None) or network.num_generators
    assert found == workers + held


@pytest.mark.parametrize("workers", [1, 2, 4])
def test_each_worker_has_a_batch_and_every_text_its_place(workers: int) -> None:
    batches = []

    def call(words: Sequence[list[str]], *, asynchronous: bool) -> list[Job]:
        assert asynchronous, "else one worker would wait for the other"
        batches.append(len(words))
        return [Job(one) for one in words]

    rows = [[n] * (1 + n % 7) for n in range(32)]
    found = module._in_batches(call, rows, 2048, workers)
    assert found == [[str(n)] * (1 + n % 7) for n in range(32)]
    assert workers <= len(batches) <= workers + 1
    assert module._in_batches(call, [], 2048, workers) == []
