"""Golden texts are asked, and their answers compared, as a server takes and tells them."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from chainring.contracts.dataset import Task
from chainring.contracts.prediction import Answer
from chainring.contracts.request import Request
from chainring.contracts.values import Input
from chainring.software.package import trial
from chainring.software.verbs.answering import Opened
from chainring.text.shifts import shifts_of

CALLED = "call  13812345678 the lamp"


def tried(
    folder: Path, monkeypatch: pytest.MonkeyPatch, *, task: Task, golden: Input, output: str,
    served: str,
) -> list[Request]:  # fmt: skip
    """Try a package whose model and server say this; return what the two were asked."""
    asked: list[Request] = []

    def predict(requests: Sequence[Request]) -> list[Answer]:
        asked.extend(requests)
        text = "call 13812345678 the lamp"
        shifts = shifts_of(CALLED) if task == "tagging" else ()
        return [
            Answer(label="", confidence=0.9, passed_on=False, text=text, output=output,
                   shifts=shifts)
        ]  # fmt: skip

    def answer(client: object, request: Request) -> str:
        asked.append(request)
        return served

    changes: dict[str, Any] = {
        "read_golden": lambda folder: SimpleNamespace(texts=(golden,)),
        "open_predictor": lambda *_, **__: nullcontext(SimpleNamespace(predict=predict)),
        "serving": lambda copy: nullcontext((1, None)),
        "resident_mib": lambda process: 1.0,
        "_answer": answer,
    }
    for name, change in changes.items():
        monkeypatch.setattr(trial, name, change)
    deployment = SimpleNamespace(engine="encoder", task=task)
    opened = cast(Opened, SimpleNamespace(deployment=deployment, folder=folder, threads=1))
    package = folder / "package"
    package.mkdir()
    assert trial.tried(package, opened, key="k", max_characters=99).answers == 1
    return asked


def test_tags_are_compared_as_places_in_the_text_that_was_sent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried(
        tmp_path, monkeypatch, task="tagging", golden=CALLED,
        output='[[21,25,"item"]]', served='[[22,26,"item"]]',
    )  # fmt: skip


def test_a_text_that_people_did_not_want_is_not_sent_as_a_second_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = tried(
        tmp_path, monkeypatch, task="preference", golden=("Ida wants a parcel", "go away"),
        output="at once", served="at once",
    )  # fmt: skip
    assert [(one.text, one.pair) for one in asked] == [("Ida wants a parcel", "")] * 2


def test_a_pair_is_sent_as_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = tried(
        tmp_path, monkeypatch, task="question-answering", golden=("who", "It was Ida."),
        output="Ida", served="Ida",
    )  # fmt: skip
    assert [(one.text, one.pair) for one in asked] == [("who", "It was Ida.")] * 2
