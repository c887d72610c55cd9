"""The settings of `[feedback]` and the weight of the room."""

import subprocess
import sys

import pytest

from chainring.feedback.settings import FeedbackSettings


@pytest.mark.parametrize(
    "wrong",
    [
        {"holdout_share": 0.01},
        {"review": "some"},
        {"max_rows_per_author": 0},
        {"author_share_for_review": 0},
        {"sample_per_turn": -1},
        {"sample": 3},
    ],
)
def test_a_wrong_setting_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="1 validation error"):
        FeedbackSettings.model_validate(wrong)


def test_every_setting_says_what_it_does() -> None:
    assert all(field.description for field in FeedbackSettings.model_fields.values())


def test_reactions_are_collected_without_any_heavy_library() -> None:
    code = (
        "import sys, chainring.feedback.collect, chainring.feedback.cases; "
        "print([m for m in ('torch', 'numpy', 'sqlalchemy', 'pydantic') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
