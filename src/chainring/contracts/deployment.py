"""Deployment: a form that may be served, and the verdict that let it."""

from __future__ import annotations

from dataclasses import dataclass

from chainring.contracts.dataset import Task
from chainring.contracts.measure import MeasureName


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment:
    """What a server loads: the chosen form, the model it is a form of, and who allowed it.

    `measure` is what the verdict went by; records of before have none, and went by accuracy.
    """

    app: str
    model: str
    form: str
    form_name: str
    engine: str
    labels: tuple[str, ...]
    threshold: float
    verdict: str
    dataset: str
    task: Task = "classification"
    measure: MeasureName = "accuracy"
