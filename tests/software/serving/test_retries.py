"""When what failed may be tried again."""

from __future__ import annotations

from chainring.software.serving.retries import Retries


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_what_fails_is_tried_again_after_twice_the_wait_each_time_up_to_the_longest() -> None:
    clock = Clock()
    retries = Retries(first_s=1.0, longest_s=5.0, clock=clock)
    assert retries.allows("a")
    for wait_s in (1.0, 2.0, 4.0, 5.0, 5.0):
        retries.failed("a")
        clock.now += wait_s - 0.5
        assert not retries.allows("a")
        clock.now += 0.5
        assert retries.allows("a")


def test_another_is_tried_at_once_and_begins_with_the_first_wait() -> None:
    clock = Clock()
    retries = Retries(first_s=1.0, clock=clock)
    for _ in range(5):
        retries.failed("a")
    assert (retries.allows("a"), retries.allows("b")) == (False, True)
    retries.failed("b")
    clock.now += 1.0
    assert retries.allows("b")
