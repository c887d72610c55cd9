from __future__ import annotations

import sys
import time

import pytest

from chainring.ring.cost import Meter


def test_a_meter_counts_the_work_of_its_own_span() -> None:
    earlier = Meter()
    until = time.process_time() + 0.2
    while time.process_time() < until:
        pass
    meter, spent = Meter(), earlier.cost()
    assert spent["cpu_s"] >= 0.19
    assert spent["duration_s"] > 0
    assert meter.cost()["cpu_s"] < spent["cpu_s"]
    assert meter.cost()["started"] >= spent["started"] > 1e9


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux can forget an earlier peak")
def test_the_peak_is_that_of_the_work_and_not_of_what_was_before() -> None:
    before = bytearray(120 << 20)
    before[::4096] = b"x" * len(before[::4096])
    high = Meter().cost()["peak_memory_mib"]
    del before
    low = Meter().cost()["peak_memory_mib"]
    assert high - low > 80
