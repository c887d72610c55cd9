from __future__ import annotations

import pytest
from pydantic import BaseModel, ValidationError

from chainring.deployment.settings import DeploymentSettings, ParitySettings


def test_a_user_needs_no_key_and_every_key_says_what_it_is() -> None:
    for kind in (DeploymentSettings, ParitySettings):
        model: BaseModel = kind()
        assert all(field.description for field in type(model).model_fields.values())


@pytest.mark.parametrize(
    "wrong",
    [
        {"port": 65536},
        {"tier": "quick"},
        {"max_queue": 0},
        {"prot": 8000},
        {"batch_tokens": 1},
        {"parity": {"bf16_min_cosine": 1.1}},
        {"slower_margin": 1.0},
    ],
)
def test_a_value_out_of_bounds_or_an_unknown_key_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        DeploymentSettings.model_validate(wrong)


def test_a_request_that_could_never_fit_the_queue_is_refused() -> None:
    with pytest.raises(ValidationError, match="max_texts: 256 is more than max_queue"):
        DeploymentSettings(max_queue=100)
