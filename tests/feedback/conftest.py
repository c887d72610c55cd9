"""Builders of feedback, predictions and decisions; every test states only what it is about."""

from collections.abc import Callable
from typing import Any

import pytest

from chainring.contracts.feedback import Feedback
from chainring.contracts.guard import Guard
from chainring.contracts.label import Label
from chainring.contracts.prediction import Prediction


@pytest.fixture(scope="session")
def row() -> Callable[..., Feedback]:
    """Feedback on an answer `refund` to a text of its own, as it is read from the log."""

    def build(number: int, **given: Any) -> Feedback:
        facts: dict[str, Any] = {
            "id": f"fb_{number}",
            "app": "support",
            "prediction": f"pred_{number}",
            "kind": "correction",
            "value": "track_order",
            "author": "ann",
            "at": float(number),
            "text": f"Where is parcel {number}? 我的包裹到哪了？",
            "answer": "refund",
            "group": f"g{given.get('prediction', number)}",
            "language": "en",
            "model": "m1",
        }
        return Feedback(**(facts | given))

    return build


@pytest.fixture(scope="session")
def prediction() -> Callable[..., Prediction]:
    def build(number: int, **given: Any) -> Prediction:
        facts: dict[str, Any] = {
            "id": f"pred_{number}",
            "app": "support",
            "model": "m1",
            "form": "exact",
            "label": "refund",
            "confidence": 0.9,
            "passed_on": False,
            "language": "en",
            "request": "digest",
            "group": f"g{number}",
            "holdout": False,
            "at": float(number),
            "author": "asker",
        }
        return Prediction(**(facts | given))

    return build


@pytest.fixture(scope="session")
def review() -> Callable[..., Label]:
    """A person's decision about a feedback or prediction id."""

    def build(record: str, value: str = "track_order", **given: Any) -> Label:
        facts: dict[str, Any] = {
            "id": f"lab_{record}",
            "app": "support",
            "record": record,
            "value": value,
            "author": "reviewer",
            "author_kind": "person",
            "at": 100.0,
        }
        return Label(**(facts | given))

    return build


@pytest.fixture(scope="session")
def guard() -> Guard:
    return Guard(redact=True, log="redacted", retention_s=1e6)
