from __future__ import annotations

import pytest
from pydantic import ValidationError

from chainring.data.settings import DataSettings


def test_a_new_project_needs_no_setting() -> None:
    assert DataSettings().paths == ("data",)


def test_unlabelled_paths_are_read_after_the_labelled_ones_and_none_twice() -> None:
    settings = DataSettings(path=("a", "b"), unlabelled=("b", "texts/*.txt"))
    assert settings.paths == ("a", "b", "texts/*.txt")


@pytest.mark.parametrize(
    "given",
    [
        {"pathh": "data"},
        {"columns": {"txt": "sentence"}},
        {"columns": {"text": ""}},
        {"test_share": 0.5},
        {"min_jaccard": 0.4},
        {"validation_share": 0.45, "test_share": 0.4},
        {"max_bytes_per_line": 10},
    ],
    ids=lambda given: next(iter(given)),
)
def test_a_setting_that_cannot_be_is_refused(given: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        DataSettings.model_validate(given)
