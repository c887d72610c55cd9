"""The language of an answer to a text that is in none, and what a reaction is told."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from tests.software.conftest import opened

from chainring.contracts.codec import decode, encode
from chainring.contracts.feedback import Feedback
from chainring.contracts.model import Model
from chainring.software.telling.tongue import PASSED_ON, learnt_by, remark_on, told_of, tongue


@pytest.mark.parametrize(
    ("language", "reads", "learnt", "expected"),
    [
        ("zh", "en", "en", "zh"),
        ("en", "zh", "zh", "en"),
        ("und", "zh", "en", "zh"),
        ("und", "en", "zh", "en"),
        ("und", "", "zh", "zh"),
        ("und", "", "en", "en"),
    ],
)
def test_a_text_of_no_language_is_answered_as_its_sender_reads_or_the_model_learnt(
    language: str, reads: str, learnt: str, expected: str
) -> None:
    assert tongue(language, reads=reads, learnt=learnt) == expected
    assert expected in PASSED_ON


def test_what_a_model_learnt_in_is_known_and_of_an_unknown_one_english(turned: Path) -> None:
    with opened(turned) as project:
        model = project.champion().deployment.model
        assert learnt_by(project.ring, model) == "en"
        assert learnt_by(project.ring, "blake2b:" + 64 * "0") == "en"
        made = project.ring.ledger.lineage_of_tree(model)
    assert made is not None
    chinese = replace(decode(Model, made.result), languages=("und", "zh"))
    taught = replace(made, result=encode(chinese))
    ring: Any = SimpleNamespace(ledger=SimpleNamespace(lineage_of_tree=lambda _: taught))
    assert learnt_by(ring, model) == "zh"


@pytest.mark.parametrize("kind", ["correction", "confirmation", "rating", "preference"])
def test_what_would_teach_is_told_where_no_text_is_kept_that_it_does_not(kind: Any) -> None:
    said = Feedback(
        id="fb_1", app="shop", prediction="pred_1", kind=kind, value="up", author="ann", at=1.0,
        consent="training", language="zh",
    )  # fmt: skip
    assert remark_on(said, has_text=True) is None
    common: dict[str, Any] = {"reads": "", "learnt": "en"}
    assert told_of(said, **common, has_text=True) == ""
    assert "不会用于学习" in told_of(said, **common, has_text=False)
    english = replace(said, language="en")
    assert told_of(replace(said, kind="comment"), **common, has_text=False) == ""
    assert "it teaches nothing" in told_of(english, **common, has_text=False)
