from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

from prometheus_client import CollectorRegistry, Gauge, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from chainring.deployment.http.siblings import Siblings, merged

ONE = b"""# HELP chainring_requests_total Requests answered
# TYPE chainring_requests_total counter
chainring_requests_total{route="/v1/predict",status="200"} 3.0
# HELP chainring_request_seconds Seconds
# TYPE chainring_request_seconds histogram
chainring_request_seconds_bucket{le="0.1"} 2.0
chainring_request_seconds_bucket{le="+Inf"} 3.0
chainring_request_seconds_count 3.0
chainring_request_seconds_sum 0.5
# HELP chainring_queue_texts Texts that wait
# TYPE chainring_queue_texts gauge
chainring_queue_texts 4.0
"""


def test_each_measure_has_a_line_for_each_worker() -> None:
    lines = merged({"0": ONE, "1": ONE}).decode().splitlines()
    for worker in ("0", "1"):
        named = f'worker="{worker}"'
        assert f'chainring_requests_total{{route="/v1/predict",status="200",{named}}} 3.0' in lines
        assert f'chainring_request_seconds_bucket{{le="0.1",{named}}} 2.0' in lines
        assert f"chainring_request_seconds_sum{{{named}}} 0.5" in lines
    assert 'chainring_queue_texts{worker="0"} 4.0' in lines
    assert 'chainring_queue_texts{worker="1"} 4.0' in lines
    assert lines.count("# TYPE chainring_requests_total counter") == 1


def test_a_label_is_told_as_it_was_whatever_is_in_it() -> None:
    registry = CollectorRegistry()
    Gauge("odd", "Odd labels", ["name"], registry=registry).labels('a "b" \\ c\nd').set(1.0)
    (family,) = text_string_to_metric_families(merged({"0": generate_latest(registry)}).decode())
    assert [one.labels for one in family.samples] == [{"name": 'a "b" \\ c\nd', "worker": "0"}]


def test_no_count_falls_when_a_worker_does_not_tell_its_own() -> None:
    all_told, one_less = (counts({str(n): ONE for n in range(told)}) for told in (3, 2))
    assert one_less
    assert one_less.items() < all_told.items()


def counts(pages: dict[str, bytes]) -> dict[str, str]:
    lines = merged(pages).decode().splitlines()
    return dict(line.rsplit(" ", 1) for line in lines if not line.startswith("#"))


def test_each_worker_gives_the_page_of_all_and_one_that_is_gone_is_left_out(tmp_path: Path) -> None:
    async def test() -> None:
        workers = [Siblings(tmp_path, number) for number in range(3)]
        for worker in workers:
            await worker.start(lambda: ONE)
        page = (await workers[0].page(ONE)).decode()
        assert all(f'status="200",worker="{number}"' in page for number in range(3))
        await workers[2].stop()
        page = (await workers[1].page(ONE)).decode()
        assert page.count('status="200",worker=') == 2
        for worker in workers[:2]:
            await worker.stop()

    asyncio.run(test())


def test_the_others_write_what_they_answered_and_one_that_fails_is_no_fault(tmp_path: Path) -> None:
    done: list[int] = []

    def writing(number: int) -> Callable[[], Awaitable[None]]:
        async def write() -> None:
            if number == 1:
                raise OSError("the disk is away")
            done.append(number)

        return write

    async def test() -> None:
        workers = [Siblings(tmp_path, number) for number in range(4)]
        for number, worker in enumerate(workers):
            await worker.start(lambda: ONE)
            worker.write = writing(number) if number < 3 else None
        await workers[0].written()
        assert done == [2]
        assert (await workers[1].page(ONE)).count(b'status="200",worker=') == 4
        for worker in workers:
            await worker.stop()

    asyncio.run(test())
