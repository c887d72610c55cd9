from __future__ import annotations

import pytest
from pydantic import ValidationError

from chainring.contracts.errors import RecipeError
from chainring.ring.gate.settings import GateSettings
from chainring.ring.recipe import parse_recipe


def test_the_defaults_are_the_designs() -> None:
    settings = GateSettings()
    assert (settings.alpha, settings.margin_points) == (0.05, 2.0)
    assert (settings.min_slice_rows, settings.min_pooled_rows, settings.max_looks) == (50, 200, 20)
    assert settings.max_reopened == 0.05


def test_every_wrong_limit_is_told_at_once() -> None:
    with pytest.raises(ValidationError) as raised:
        GateSettings.model_validate({"alpha": 0.9, "max_looks": 0, "margin": 1})
    assert raised.value.error_count() == 3


def test_every_limit_says_what_it_is() -> None:
    assert all(field.description for field in GateSettings.model_fields.values())


def test_a_setting_that_is_gone_says_what_to_do() -> None:
    with pytest.raises(RecipeError) as raised:
        parse_recipe({"project": {"name": "shop"}, "gate": {"author_cap_for_exact": 5}})
    assert raised.value.faults == (
        "gate: author_cap_for_exact is no setting any more, as rows of one author always count as"
        " one; take the line out",
    )
