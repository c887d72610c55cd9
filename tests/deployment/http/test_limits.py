from __future__ import annotations

import asyncio
import errno
import logging
import os
import subprocess
import sys
from pathlib import Path

import pytest

from chainring.contracts.errors import BusyError, InputError
from chainring.deployment.http.faults import HttpError
from chainring.deployment.http.limits import _SLOT, SLOTS, Limits
from chainring.deployment.http.verbs import Caller

DAY = 86400.0


class Clock:
    def __init__(self, at: float = 1000.0) -> None:
        self.at = at

    def __call__(self) -> float:
        return self.at


def key(identifier: str = "k1", **terms: int) -> Caller:
    return Caller(role="ask", key_id=identifier, meter=identifier, **terms)  # type: ignore[arg-type]


def test_a_key_may_ask_so_often_a_minute_and_then_hears_when_to_come_back() -> None:
    clock = Clock()
    limits, caller = Limits(clock=clock), key(per_minute=6)
    for _ in range(6):
        limits.enter(caller)
    with pytest.raises(HttpError, match="too_often") as refused:
        limits.enter(caller)
    assert refused.value.retry_after_s == pytest.approx(10.0)
    limits.enter(key("k2", per_minute=6))
    clock.at += 10.0
    limits.enter(caller)
    with pytest.raises(HttpError, match="too_often"):
        limits.enter(caller)


def test_a_key_without_limits_is_never_refused() -> None:
    limits = Limits(clock=Clock())
    for _ in range(1000):
        limits.enter(key())
        limits.spend(key(), 1_000_000)


def test_texts_beyond_the_quota_of_a_day_are_refused_whole_until_the_next() -> None:
    wall = Clock(10 * DAY + 100)
    limits, caller = Limits(wall=wall), key(per_day=10)
    limits.spend(caller, 8)
    with pytest.raises(HttpError, match="quota") as refused:
        limits.spend(caller, 3)
    assert refused.value.retry_after_s == pytest.approx(DAY - 100)
    limits.spend(caller, 2)
    wall.at += DAY
    limits.spend(caller, 10)


@pytest.mark.parametrize(
    ("error", "left"),
    [
        (BusyError("full"), 9),
        (InputError("this model gives no vectors"), 9),
        (HttpError("unfit"), 9),
        (asyncio.CancelledError(), 1),
        (RuntimeError("x"), 1),
    ],
)
def test_texts_that_are_refused_are_given_back_and_those_that_were_given_up_are_not(
    error: BaseException, left: int
) -> None:
    limits, caller = Limits(wall=Clock(10 * DAY)), key(per_day=10)
    limits.spend(caller, 1)
    with pytest.raises(type(error)), limits.spending(caller, 8):
        raise error
    limits.spend(caller, left)
    with pytest.raises(HttpError, match="quota"):
        limits.spend(caller, 1)


def test_texts_of_yesterday_that_are_given_back_add_nothing_to_the_quota_of_today() -> None:
    wall = Clock(10 * DAY)
    limits, caller = Limits(wall=wall), key(per_day=10)

    def refused_on_the_next_day() -> None:
        with limits.spending(caller, 8):
            wall.at += DAY
            limits.spend(caller, 1)
            raise BusyError("full")

    with pytest.raises(BusyError):
        refused_on_the_next_day()
    limits.spend(caller, 10)
    with pytest.raises(HttpError, match="quota"):
        limits.spend(caller, 1)


@pytest.mark.parametrize("jump", [-DAY, -3600.0])
def test_a_clock_that_is_set_back_by_up_to_a_day_gives_no_quota_again(jump: float) -> None:
    wall = Clock(10 * DAY + 100)
    limits, caller = Limits(wall=wall), key(per_day=10)
    limits.spend(caller, 10)
    wall.at += jump
    with pytest.raises(HttpError, match="quota"):
        limits.spend(caller, 1)


def test_a_clock_that_was_ahead_for_a_moment_locks_no_key_out(tmp_path: Path) -> None:
    wall = Clock(375 * DAY)
    limits, caller = Limits(tmp_path / "limits", wall=wall), key(per_day=10)
    limits.spend(caller, 1)
    limits.close()
    wall.at = 10 * DAY
    limits = Limits(tmp_path / "limits", wall=wall)
    limits.spend(caller, 10)
    with pytest.raises(HttpError, match="quota") as refused:
        limits.spend(caller, 1)
    assert refused.value.retry_after_s == DAY
    wall.at += DAY
    limits.spend(caller, 10)


def test_a_clock_that_begins_anew_after_a_restart_gives_a_full_minute_and_no_more() -> None:
    clock = Clock(1e6)
    limits, caller = Limits(clock=clock), key(per_minute=5)
    for _ in range(5):
        limits.enter(caller)
    clock.at = 3.0
    for _ in range(5):
        limits.enter(caller)
    with pytest.raises(HttpError, match="too_often"):
        limits.enter(caller)


def test_a_rotated_key_goes_on_with_what_its_predecessor_used() -> None:
    limits = Limits(wall=Clock())
    limits.spend(key("old", per_day=10), 9)
    fresh = Caller(role="ask", key_id="new", meter="old", per_day=10)
    with pytest.raises(HttpError, match="quota"):
        limits.spend(fresh, 2)


SPENDER = """
import sys
from pathlib import Path
from chainring.deployment.http.faults import HttpError
from chainring.deployment.http.limits import Limits
from chainring.deployment.http.verbs import Caller

limits, spent = Limits(Path(sys.argv[1])), 0
caller = Caller(role="ask", key_id="k", meter="k", per_day=1000)
for _ in range(800):
    try:
        limits.spend(caller, 1)
        spent += 1
    except HttpError:
        pass
print(spent)
"""


def test_two_processes_together_spend_exactly_the_quota_and_a_third_finds_it_spent(
    tmp_path: Path,
) -> None:
    command = [sys.executable, "-c", SPENDER, str(tmp_path / "limits")]
    both = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    assert sum(int(one.communicate(timeout=60)[0]) for one in both) == 1000
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout == "0\n"


def test_a_file_that_was_cut_begins_anew(tmp_path: Path) -> None:
    path = tmp_path / "limits"
    path.write_bytes(b"half")
    limits = Limits(path)
    limits.spend(key(per_day=1), 1)
    limits.close()
    with pytest.raises(HttpError, match="quota"):
        Limits(path).spend(key(per_day=1), 1)


def test_more_keys_than_places_are_counted_still() -> None:
    limits = Limits(clock=Clock())
    for number in range(9000):
        limits.enter(key(f"k{number}", per_minute=1))
    with pytest.raises(HttpError, match="too_often"):
        limits.enter(key("k8999", per_minute=1))


@pytest.mark.parametrize("size", [None, SLOTS * _SLOT.size], ids=["new", "sparse of before"])
def test_every_page_of_the_file_has_its_place_on_the_disk_from_the_start(
    tmp_path: Path, size: int | None
) -> None:
    """One without ends the process (SIGBUS) where the disk is full when it is first written."""
    path = tmp_path / "limits"
    if size is not None:
        path.touch()
        os.truncate(path, size)
    Limits(path).close()
    found = path.stat()
    assert found.st_blocks * 512 >= found.st_size == SLOTS * _SLOT.size


def test_on_a_full_disk_the_server_counts_in_its_own_memory_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def full(*_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "posix_fallocate", full)
    caplog.set_level(logging.WARNING, logger="chainring")
    limits = Limits(tmp_path / "limits")
    limits.spend(key(per_day=1), 1)
    with pytest.raises(HttpError, match="quota"):
        limits.spend(key(per_day=1), 1)
    limits.close()
    assert "limits.unshared" in caplog.text
    assert "No space left" in caplog.text
