"""Steps of CTranslate2 are computed when they are asked for, so that texts can take turns."""

from __future__ import annotations

import asyncio
import shutil
import threading
from collections.abc import Callable
from contextlib import closing
from itertools import zip_longest
from pathlib import Path
from typing import Any

import pytest
from tests.deployment.forms.test_conversion import FACTS, TALK, TEXTS, write_writer
from tests.deployment.lane.test_lane import asked, run

from chainring.contracts.prediction import Answer
from chainring.contracts.request import Request
from chainring.deployment.engines.ctranslate2 import QuickWriter
from chainring.deployment.engines.decoding import steps
from chainring.deployment.forms.conversion import convert
from chainring.deployment.lane.lane import Lane, Reply
from chainring.deployment.lane.writing import OPEN_TEXTS
from chainring.deployment.predictors import load_predictor

ctranslate2 = pytest.importorskip("ctranslate2", reason="needs the extra writers")

WORDS = ["7", "40", "9"]
HOW: dict[str, Any] = {"max_length": 8, "include_prompt_in_result": False}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Write the form of a random network once each."""
    known: dict[str, Path] = {}

    def form(architecture: str) -> Path:
        if architecture not in known:
            source = write_writer(tmp_path_factory.mktemp("model"), architecture)
            known[architecture] = tmp_path_factory.mktemp("form")
            convert(source, known[architecture], quantization="float32")
            shutil.copy(source / "model.json", known[architecture])
        return known[architecture]

    return form


@pytest.fixture
def network(made: Callable[[str], Path]) -> Any:
    """A network with one worker, which a decoding that never ends would hold."""
    folder = made("gpt2") / "ctranslate2"
    return ctranslate2.Generator(str(folder), inter_threads=1, intra_threads=1)


def test_a_step_is_computed_when_it_is_asked_for_and_not_before(network: Any) -> None:
    computed: list[int] = []
    ran_ahead = threading.Event()

    def decode(*words: Any, callback: Callable[[Any], bool], **how: Any) -> list[Any]:
        def seen(step: Any) -> bool:
            computed.append(step.step)
            if step.step == 1:
                ran_ahead.set()
            return callback(step)

        found: list[Any] = network.generate_batch(*words, callback=seen, **how)
        return found

    found = steps(decode, WORDS, **HOW)
    next(found)
    assert not ran_ahead.wait(0.2)
    for step in found:
        assert computed == list(range(step.step + 1))
    assert len(computed) == 8


def test_one_closed_half_way_gives_its_worker_free(network: Any) -> None:
    (whole,) = network.generate_batch([WORDS], beam_size=1, **HOW)
    with closing(steps(network.generate_batch, WORDS, **HOW)) as found:
        next(found)
    (again,) = network.generate_batch([WORDS], beam_size=1, **HOW)
    assert again.sequences_ids == whole.sequences_ids


class BrokenOff:
    """A decoding that ends without a step, as one that runs out of memory does."""

    def done(self) -> bool:
        return True

    def result(self) -> None:
        raise RuntimeError("out of memory")


def test_a_decoding_that_breaks_off_says_so() -> None:
    with pytest.raises(RuntimeError, match="out of memory"):
        next(steps(lambda *_, **__: [BrokenOff()], WORDS))


@pytest.mark.parametrize("architecture", ["m2m100", "marian", "t5", "gpt2", "llama"])
def test_texts_in_turns_and_answers_between_are_as_one_after_another(
    made: Callable[[str], Path], architecture: str
) -> None:
    texts = [*TEXTS, TALK] if architecture in ("gpt2", "llama") else TEXTS
    writer = QuickWriter(made(architecture), FACTS, threads=1)
    alone = [list(writer.pieces(text)) for text in texts]
    whole = writer.write(texts)
    rounds, between = [], []
    for pieces in zip_longest(*map(writer.pieces, texts)):
        rounds.append(pieces)
        between.append(writer.write(texts))
    found = [[piece for piece in one if piece is not None] for one in zip(*rounds, strict=True)]
    assert found == alone
    assert all(one == whole for one in between)
    assert max(map(len, alone)) > 2, "they are written in pieces"


def test_a_lane_full_of_texts_and_one_abandoned_still_gives_whole_answers(
    made: Callable[[str], Path],
) -> None:
    async def test() -> None:
        predictor: Any = load_predictor(made("gpt2"), engine="ctranslate2", threads=1)
        requests = [Request(text=text) for text in TEXTS]
        expected = [list(predictor.stream(request))[-1] for request in requests]
        lane = Lane(predictor, tag=1)

        async def heard(request: Request) -> Answer:
            last = [piece async for piece in lane.stream(request)][-1]
            assert isinstance(last, Reply)
            return last.answer

        left = lane.stream(requests[0])
        await anext(left)
        heard_ones = [heard(requests[n % len(TEXTS)]) for n in range(2 * OPEN_TEXTS)]
        streams = asyncio.gather(*heard_ones)
        replies = await lane.ask(asked(*TEXTS))
        await left.aclose()
        answers = await streams
        assert answers == [expected[n % len(TEXTS)] for n in range(2 * OPEN_TEXTS)]
        assert [one.answer.output for one in replies] == [one.output for one in expected]
        assert await lane.drain(20)

    run(test)
