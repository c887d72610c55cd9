"""One faulty candidate of somebody else's ends no turn; what stands aside is told and logged."""

from __future__ import annotations

import errno
import json
import os
import re
from collections.abc import Callable
from dataclasses import replace
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.training.conftest import make_dataset, shop_rows

from chainring.contracts import parts
from chainring.contracts.dataset import Dataset
from chainring.contracts.errors import InputError, RefusedError
from chainring.contracts.measure import Measure
from chainring.contracts.model import Model
from chainring.contracts.work import Work
from chainring.training import linear
from chainring.training.model import model
from chainring.training.settings import EncoderSettings, LinearSettings, TrainingSettings

Register = Callable[[Callable[..., Any]], None]


@pytest.fixture
def faulty(monkeypatch: pytest.MonkeyPatch) -> Register:
    """Return what registers the candidate `faulty.v1`."""
    monkeypatch.setattr(parts, "_registered", dict(parts._registered))

    def register(candidate: Callable[..., Any]) -> None:
        parts.part("candidate", "faulty.v1")(candidate)

    return register


@pytest.fixture
def shop(work: Work, tmp_path: Path) -> Dataset:
    return make_dataset(work, shop_rows(), tmp_path / "data")


def train(work: Work, dataset: Dataset, *candidates: str) -> Model:
    settings = TrainingSettings(candidates=candidates, linear=LinearSettings(min_df=1))
    return model(dataset, (), work.placement, work=work, settings=settings)


def crashing(*_: Any, **__: Any) -> Any:
    raise ValueError("my card is 4111, where is my parcel")


def with_logits(made: Callable[[int, int], Any]) -> Callable[..., Any]:
    def candidate(*rows: Any, labels: Any, **named: Any) -> Any:
        trained = parts.load_part("candidate", "linear.v1")(*rows, labels=labels, **named)
        return replace(trained, logits=lambda asked: made(len(asked), len(labels)))

    return candidate


def leaving_nothing(*rows: Any, work: Work, **named: Any) -> Any:
    trained = parts.load_part("candidate", "linear.v1")(*rows, work=work, **named)
    return replace(trained, folder=work.folder("empty"))


@pytest.mark.parametrize(
    ("candidate", "because"),
    [
        (crashing, "it failed with ValueError; mend its package"),
        (lambda: None, "it failed with TypeError; mend its package"),
        (lambda *_, **__: None, "it gave a NoneType, and no Trained"),
        (with_logits(lambda n, c: np.full((n, c), np.nan)), "its logits are not finite"),
        (with_logits(lambda n, c: np.zeros((n, c - 1))), r"shape \(\d+, 4\) expected; found"),
        (leaving_nothing, "it left no file in its folder"),
        (with_logits(lambda n, c: None), "it failed with AttributeError"),
    ],
)
def test_the_others_go_on_without_a_foreign_candidate_that_is_faulty(
    work: Work, shop: Dataset, faulty: Register, candidate: Callable[..., Any], because: str
) -> None:
    faulty(candidate)
    made = train(work, shop, "faulty.v1", "linear.v1")
    aside, won = made.rivals
    assert (aside.part, aside.rows, aside.won) == ("faulty.v1", 0, False)
    assert re.search(because, aside.because)
    assert (won.part, won.won) == ("linear.v1", True)


def test_a_crash_is_told_and_logged_and_no_row_that_it_quotes_is_kept(
    work: Work, said: list[str], shop: Dataset, faulty: Register, caplog: pytest.LogCaptureFixture
) -> None:
    faulty(crashing)
    with caplog.at_level("ERROR", logger="chainring.training"):
        made = train(work, shop, "linear.v1", "faulty.v1")
    assert any("faulty.v1 does not compete" in line and "4111" in line for line in said)
    assert "4111" not in made.rivals[1].because
    (logged,) = caplog.records
    assert logged.getMessage() == "candidate.failed part=faulty.v1"
    assert logged.exc_info is not None


def test_one_whose_package_cannot_be_loaded_stands_aside_with_its_package(
    work: Work, shop: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry = EntryPoint("candidate.gone.v1", "shop_gone:candidate", parts.GROUP)
    known = {**parts._entries(), ("candidate", "gone.v1"): entry}
    monkeypatch.setattr(parts, "_entries", lambda: known)
    gone, won = train(work, shop, "gone.v1", "linear.v1").rivals
    assert gone.because.startswith("did not compete: the candidate gone.v1 of the package")
    assert "No module named 'shop_gone'" in gone.because
    assert won.won


def test_a_crash_of_the_only_candidate_ends_with_its_name_and_the_next_step(
    work: Work, shop: Dataset, faulty: Register
) -> None:
    faulty(crashing)
    with pytest.raises(RefusedError, match=r"faulty\.v1: .*ValueError; .*training\.candidates"):
        train(work, shop, "faulty.v1")


def test_what_may_pass_ends_the_turn_and_names_the_part(
    work: Work, shop: Dataset, faulty: Register
) -> None:
    def full(*_: Any, **__: Any) -> Any:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    faulty(full)
    with pytest.raises(InputError, match=r"candidate faulty\.v1 failed: OSError.*No space left"):
        train(work, shop, "linear.v1", "faulty.v1")


def test_a_candidate_of_ours_that_crashes_ends_the_turn_and_is_named(
    work: Work, shop: Dataset, faulty: Register, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(crashing, "__module__", linear.__name__)
    faulty(crashing)
    with pytest.raises(ValueError, match="my card") as found:
        train(work, shop, "faulty.v1", "linear.v1")
    assert found.value.__notes__ == ["raised by the candidate faulty.v1"]


@pytest.mark.parametrize(
    ("measure", "given", "taken"),
    [
        (Measure(name="cost"), "auto", "none"),
        (Measure(name="cost"), "balanced", "balanced"),
        (Measure(name="balanced_accuracy"), "auto", "auto"),
        (Measure(), "auto", "auto"),
    ],
)
def test_by_cost_rare_labels_stay_as_rare_as_they_are(
    work: Work, shop: Dataset, faulty: Register, measure: Measure, given: Any, taken: str
) -> None:
    seen = []

    def candidate(*rows: Any, settings: TrainingSettings, **named: Any) -> Any:
        seen.append(settings.encoder.class_weights)
        return parts.load_part("candidate", "linear.v1")(*rows, settings=settings, **named)

    faulty(candidate)
    settings = TrainingSettings(
        candidates=("faulty.v1",),
        linear=LinearSettings(min_df=1),
        encoder=EncoderSettings(class_weights=given),
    )
    made = model(shop, (), work.placement, work=work, settings=settings, measure=measure)
    assert seen == [taken]
    facts = json.loads((work.trees.open(made.address) / "model.json").read_text(encoding="utf-8"))
    assert ("costs" in facts) == (measure.name == "cost")
