"""The settings of `[feedback]` and the weight of the room."""

import subprocess
import sys

import pytest

from chainring.contracts.errors import RecipeError
from chainring.feedback.settings import FeedbackSettings
from chainring.ring.recipe import parse_recipe
from chainring.text.errors import Teller


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


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize(
    "gone", [{"silence": True}, {"min_silent_right": 0.9}, {"silence": 1, "min_silent_right": 0.8}]
)
def test_settings_of_silence_that_are_gone_say_what_to_do(
    gone: dict[str, object], language: str
) -> None:
    with pytest.raises(RecipeError) as raised:
        parse_recipe({"project": {"name": "shop"}, "feedback": gone})
    (fault,) = raised.value.faults
    if language == "zh":
        assert Teller().in_chinese(fault) == (
            f"feedback：请去掉 {', '.join(gone)}，因为没有人回应的回答不再教给模型任何内容；"
            "这类回答哪些正确，由人来判断（`chainring review`）"
        )
    else:
        assert fault == (
            f"feedback: take out {', '.join(gone)}, as an answer that nobody reacted to teaches"
            " nothing any more; a person says what is right of such answers (`chainring review`)"
        )


def test_every_setting_says_what_it_does() -> None:
    assert all(field.description for field in FeedbackSettings.model_fields.values())


def test_reactions_are_collected_without_any_heavy_library() -> None:
    code = (
        "import sys, chainring.feedback.collect, chainring.feedback.cases; "
        "print([m for m in ('torch', 'numpy', 'sqlalchemy', 'pydantic') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
