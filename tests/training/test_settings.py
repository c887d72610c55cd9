from __future__ import annotations

import subprocess
import sys

import pytest
from pydantic import BaseModel, ValidationError

from chainring.training.objectives.settings import PretrainSettings
from chainring.training.settings import (
    EncoderSettings,
    EvaluationSettings,
    LinearSettings,
    TrainingSettings,
)
from chainring.training.tokenisers.settings import TokeniserSettings

ALL = (
    TrainingSettings,
    LinearSettings,
    EncoderSettings,
    TokeniserSettings,
    PretrainSettings,
    EvaluationSettings,
)


@pytest.mark.parametrize("kind", ALL)
def test_a_user_needs_to_set_nothing(kind: type[BaseModel]) -> None:
    assert kind.model_validate({}) == kind()


@pytest.mark.parametrize("kind", ALL)
def test_every_simple_setting_says_what_it_is(kind: type[BaseModel]) -> None:
    for name, field in kind.model_fields.items():
        nested = isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel)
        assert nested or field.description, name


def test_all_faults_are_told_at_once() -> None:
    wrong = {"budget_minutes": 0, "sed": 1, "encoder": {"learning_rate": -1, "epochs": "many"}}
    with pytest.raises(ValidationError) as caught:
        TrainingSettings.model_validate(wrong)
    assert {error["loc"] for error in caught.value.errors()} == {
        ("budget_minutes",),
        ("sed",),
        ("encoder", "learning_rate"),
        ("encoder", "epochs"),
    }


def test_the_settings_are_read_without_any_training_library() -> None:
    code = (
        "import sys, chainring.training.settings as s; s.TrainingSettings();"
        "sys.exit(any(m in sys.modules for m in ('torch', 'transformers', 'sklearn', 'numpy')))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
