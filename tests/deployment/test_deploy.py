from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from tests.deployment.conftest import LABELS, stored

from chainring.contracts.errors import RefusedError
from chainring.contracts.forms import Forms
from chainring.contracts.measure import Measure
from chainring.contracts.model import Model
from chainring.contracts.placement import Placement
from chainring.contracts.verdict import Verdict
from chainring.contracts.work import Work
from chainring.deployment.deploy import deployment
from chainring.deployment.forms.step import forms
from chainring.deployment.settings import DeploymentSettings


@pytest.fixture
def model(linear_folder: Path, work: Work) -> Model:
    return stored(work, linear_folder, "linear")


@pytest.fixture
def made(model: Model, work: Work, placement: Placement) -> Forms:
    return forms(model, placement, work=work, settings=DeploymentSettings(speed_rounds=1))


@pytest.fixture
def verdict(model: Model) -> Verdict:
    return Verdict(
        app="shop",
        challenger=model.address,
        champion=None,
        suite="blake2b:suite",
        value="first",
        promote=True,
        pooled=None,
    )


def test_a_deployment_names_the_served_form_its_model_and_its_verdict(
    made: Forms, model: Model, verdict: Verdict, work: Work
) -> None:
    found = deployment(made, verdict, model, work=work)
    assert (found.model, found.form) == (model.address, made.served.address)
    assert (found.form_name, found.engine) == ("exact", "linear")
    assert (found.labels, found.threshold, found.dataset) == (LABELS, 0.3, "blake2b:data")
    other = deployment(made, replace(verdict, value="better"), model, work=work)
    assert other.verdict != found.verdict
    costly = replace(verdict, measure=Measure(name="cost", pass_on=2.0))
    assert (found.measure, deployment(made, costly, model, work=work).measure) == (
        "accuracy",
        "cost",
    )


def test_a_refused_form_is_never_deployed(
    made: Forms, model: Model, verdict: Verdict, work: Work
) -> None:
    refused = replace(made.served, accepted=False, because="too far from the trained model")
    with pytest.raises(RefusedError, match="'exact' was refused: too far"):
        deployment(replace(made, forms=(refused,)), verdict, model, work=work)


def test_a_form_that_was_not_made_is_never_deployed(
    made: Forms, model: Model, verdict: Verdict, work: Work
) -> None:
    with pytest.raises(RefusedError, match=r"'bf16' is not among those made \(exact\)"):
        deployment(replace(made, chosen="bf16"), verdict, model, work=work)


def test_forms_of_another_model_are_never_deployed(
    made: Forms, model: Model, verdict: Verdict, work: Work
) -> None:
    with pytest.raises(RefusedError, match="not of blake2b:other"):
        deployment(made, verdict, replace(model, address="blake2b:other"), work=work)
