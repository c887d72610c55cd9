"""Predictor: the one interface through which a model answers, in training, tests and service."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

from chainring.contracts.prediction import Answer
from chainring.contracts.request import Request
from chainring.contracts.values import Input


@dataclass(frozen=True, slots=True, kw_only=True)
class PredictSettings:
    """How to answer: how many scores to give back."""

    top_k: int = 5


@runtime_checkable
class Predictor(Protocol):
    """A loaded form; `capabilities` lists what it can do besides.

    They are `embed`, `stream`, `prefer` and `converse`, which is to read conversations in a form
    that the base was taught.

    Who streams is asked for several texts at once, a piece of each in turns and whole answers
    between, all in one thread; a stream that nobody hears to its end is closed half-way.
    """

    labels: tuple[str, ...]
    threshold: float
    capabilities: frozenset[str]

    def predict(
        self, requests: Sequence[Request], *, settings: PredictSettings = ...
    ) -> list[Answer]:
        """Return one answer a request, in order; preparation happens inside."""
        ...

    def probabilities(self, texts: Sequence[Input]) -> Any:
        """Return float32 probabilities of shape (texts, labels); preparation happens inside.

        Regression gives one column of numbers, tagging a row a token instead of one a text. A model
        that writes has none: InputError.
        """
        ...

    def close(self) -> None:
        """Free what the predictor holds."""
        ...
