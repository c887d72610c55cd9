from __future__ import annotations

import asyncio
from typing import Any

from tests.deployment.lane.test_lane import Echo, asked, entered, run

from chainring.deployment.lane.admission import BURST_S, Admission, weight
from chainring.deployment.lane.lane import Lane


def made(**changes: Any) -> tuple[Admission, list[float]]:
    now = [0.0]
    settings: dict[str, Any] = {"max_queue": 512, "standing_queue": 96, "max_wait_s": 1.0}
    return Admission(**(settings | changes), clock=lambda: now[0]), now


def test_no_more_than_the_queue_holds_is_ever_let_in() -> None:
    admission, _ = made()
    assert admission.refusal(count=2, waiting=510, weight=0) is None
    refused = admission.refusal(count=3, waiting=510, weight=0)
    assert refused is not None
    assert "510 texts wait, 3 more would pass 512" in str(refused)


def test_a_burst_passes_and_a_queue_that_stays_long_refuses_above_its_standing_length() -> None:
    admission, now = made()
    admission.taking(300)
    assert admission.refusal(count=1, waiting=300, weight=0) is None
    now[0] = BURST_S + 0.1
    admission.taking(96)
    assert admission.refusal(count=1, waiting=96, weight=0) is not None
    assert admission.refusal(count=1, waiting=95, weight=0) is None
    admission.taking(95)
    admission.taking(300)
    assert admission.refusal(count=1, waiting=300, weight=0) is None


def test_a_request_that_would_wait_too_long_is_refused_and_told_how_long() -> None:
    admission, _ = made(max_wait_s=1.0)
    admission.ran(weight=1000, seconds=0.1)
    assert admission.refusal(count=1, waiting=20, weight=9_000) is None
    refused = admission.refusal(count=1, waiting=60, weight=30_000)
    assert refused is not None
    assert "takes about 3.0 s" in str(refused)
    assert refused.retry_after_s == 3.0


def test_a_burst_is_what_a_second_answers_and_no_more() -> None:
    admission, _ = made(max_wait_s=10.0)
    admission.ran(weight=1000, seconds=0.1)
    assert admission.refusal(count=1, waiting=96, weight=9_900) is None
    refused = admission.refusal(count=1, waiting=96, weight=10_100)
    assert refused is not None
    assert "raise deployment.standing_queue" in str(refused)
    assert admission.refusal(count=1, waiting=95, weight=10_100) is None


def test_a_slow_model_lets_two_of_its_batches_wait_whatever_the_limit() -> None:
    admission, _ = made(max_wait_s=1.0)
    admission.ran(weight=100, seconds=5.0)
    assert admission.refusal(count=1, waiting=2, weight=190) is None
    assert admission.refusal(count=1, waiting=3, weight=210) is not None


def test_a_batch_is_no_longer_than_a_twentieth_of_a_second() -> None:
    admission, _ = made()
    assert admission.batch_weight == float("inf")
    admission.ran(weight=1000, seconds=0.5)
    assert admission.batch_weight == 100.0


def test_speed_is_learnt_from_the_last_batches() -> None:
    admission, _ = made()
    for _ in range(50):
        admission.ran(weight=100, seconds=1.0)
    assert round(admission.wait_s(100), 3) == 1.0
    for _ in range(50):
        admission.ran(weight=100, seconds=0.1)
    assert round(admission.wait_s(100), 3) == 0.1


def test_what_was_answered_or_abandoned_weighs_nothing_on_those_who_come_later() -> None:
    async def test() -> None:
        predictor = Echo(is_open=False)
        lane = Lane(predictor, tag=1)
        first = asyncio.create_task(lane.ask(asked("first")))
        await entered(predictor)
        gone, stays = (asyncio.create_task(lane.ask(asked(text))) for text in ("gone", "stays"))
        await asyncio.sleep(0)
        assert lane._queue.weight == weight(len("gone")) + weight(len("stays"))
        gone.cancel()
        predictor.gate.set()
        await asyncio.gather(first, stays)
        assert lane._queue.weight == 0
        await lane.drain(10)

    run(test)
