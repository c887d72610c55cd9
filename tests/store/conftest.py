"""Predictions and feedback of the application `shop`, and files that hold bytes."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from chainring.contracts.feedback import Feedback
from chainring.contracts.ids import new_id
from chainring.contracts.prediction import Prediction

MakePrediction = Callable[..., Prediction]
MakeFeedback = Callable[..., Feedback]


def make_prediction(*, now: float | None = None, **facts: Any) -> Prediction:
    at = time.time() if now is None else now
    row = Prediction(
        id=new_id("pred", now=at),
        app="shop",
        model="blake2b:" + "a" * 64,
        form="blake2b:" + "b" * 64,
        label="track_order",
        confidence=0.9,
        passed_on=False,
        language="zh",
        request="blake2b:00",
        group="g1",
        holdout=False,
        at=at,
    )
    return replace(row, **facts)


def make_feedback(prediction: str, *, now: float | None = None, **facts: Any) -> Feedback:
    at = time.time() if now is None else now
    row = Feedback(
        id=new_id("fb", now=at),
        app="shop",
        prediction=prediction,
        kind="correction",
        value="refund",
        author="ann",
        at=at,
    )
    return replace(row, **facts)


def holds(folder: Path, text: str) -> list[str]:
    """Return the names of the files below a folder whose bytes hold the text."""
    data = text.encode()
    return sorted(p.name for p in folder.rglob("*") if p.is_file() and data in p.read_bytes())


@pytest.fixture
def predicted() -> MakePrediction:
    return make_prediction


@pytest.fixture
def said() -> MakeFeedback:
    return make_feedback


@pytest.fixture
def found_in() -> Callable[[Path, str], list[str]]:
    return holds
