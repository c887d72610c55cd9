from __future__ import annotations

from collections.abc import Sequence

import pytest
from tests.deployment.forms.test_parity import Fixed

from chainring.contracts.predictor import Predictor
from chainring.contracts.values import Input
from chainring.deployment.forms import speed
from chainring.deployment.model_folder import Floats


class Clock:
    """A clock that predictors move."""

    def __init__(self) -> None:
        self.now = 0.0

    def perf_counter(self) -> float:
        return self.now


class Timed(Fixed):
    """Takes the seconds said for each call; notes its turn."""

    def __init__(self, name: str, clock: Clock, log: list[str], seconds: list[float]) -> None:
        super().__init__([[1.0]])
        self.name, self.clock, self.log, self.seconds = name, clock, log, seconds

    def probabilities(self, texts: Sequence[Input]) -> Floats:
        self.log.append(self.name)
        self.clock.now += self.seconds.pop(0)
        return self.table


def test_rounds_are_interleaved_and_the_first_call_of_each_does_not_count(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock, log = Clock(), list[str]()
    monkeypatch.setattr(speed, "time", clock)
    pair: dict[str, Predictor] = {
        "a": Timed("a", clock, log, [99.0, 1.0, 2.0]),
        "b": Timed("b", clock, log, [99.0, 4.0, 5.0]),
    }
    measured = speed.rates(pair, ["text"] * 200, rounds=2)
    assert log == ["a", "b"] * 3
    assert measured == {"a": [64.0, 32.0], "b": [16.0, 12.8]}


def test_the_ratio_is_the_median_of_the_rounds_own_ratios() -> None:
    assert speed.median_ratio([2.0, 30.0, 4.0], [1.0, 1.0, 1.0]) == 4.0
    assert speed.median_ratio([10.0, 1.0, 10.0], [10.0, 0.5, 20.0]) == 1.0
