from __future__ import annotations

from pathlib import Path

from tests.deployment.conftest import stored

from chainring.contracts.placement import Placement
from chainring.contracts.work import Work
from chainring.deployment.forms import forms


def test_a_linear_model_has_one_form_that_serves_by_itself(
    linear_folder: Path, work: Work, placement: Placement
) -> None:
    made = forms(stored(work, linear_folder, "linear"), placement, work=work)
    assert [form.name for form in made.forms] == ["exact"] == [made.chosen]
    with work.open_predictor(work.trees.open(made.served.address), engine="linear") as predictor:
        assert predictor.predict([]) == []
    assert made.served.parity.max_difference < 1e-5
    assert made.served.texts_per_s > 0
