from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from chainring.contracts.dataset import Row
from chainring.contracts.errors import RefusedError
from chainring.contracts.request import Request
from chainring.contracts.work import Work
from chainring.training.candidate import Trained
from chainring.training.generators.answering import qa
from chainring.training.settings import TrainingSettings

ARTICLES = {
    "art_parcel": "A parcel takes three days.",
    "art_refund": "A refund takes five days.",
    "art_zh_refund": "退款需要五天。",
    "art_zh_parcel": "包裹需要三天。",
    "art_shoes": "Shoes may be returned by anybody with a receipt.",
}
ASKED = {
    "How long does a parcel take?": "three days",
    "How long does a refund take?": "five days",
    "退款要几天？": "五天",
    "包裹要几天？": "三天",
}


@pytest.fixture
def made(ask: Callable[..., Row], opening: Work, tiny_encoder: Path) -> Trained:
    """A reader trained on four questions whose passages it has to find."""
    rows = [ask(question, answer) for question, answer in ASKED.items()]
    articles = [ask(text, id=name, records=(name,)) for name, text in ARTICLES.items()]
    return qa(
        rows, rows, unlabelled=articles, labels=(), work=opening, settings=_settings(tiny_encoder)
    )


def _settings(base: Path, **changes: Any) -> TrainingSettings:
    own = {"base": str(base), "epochs": 80, "learning_rate": 0.005, "patience": 0, "batch_size": 8}
    return TrainingSettings.model_validate({"answering": own | changes})


def test_answers_are_read_off_passages_that_were_found(
    made: Trained, ask: Callable[..., Row]
) -> None:
    assert made.answers is not None
    said = made.answers([ask(question) for question in ASKED])
    assert [answer.output for answer in said] == list(ASKED.values())


def test_an_answer_names_its_source(made: Trained, opening: Work) -> None:
    with opening.open_predictor(made.folder, engine="generator") as predictor:
        (answer,) = predictor.predict([Request(text="退款要几天？")])
    assert next(iter(answer.scores)) == "art_zh_refund"
    assert answer.pair == ARTICLES["art_zh_refund"]


def test_a_passage_that_is_given_is_the_one_that_is_read(made: Trained, opening: Work) -> None:
    passage = "A parcel takes five days."
    asked = Request(text="How long does a parcel take?", pair=passage)
    with opening.open_predictor(made.folder, engine="generator") as predictor:
        (answer,) = predictor.predict([asked])
    assert answer.output
    assert answer.output in passage
    assert answer.pair == passage


def test_a_question_that_no_text_speaks_of_is_passed_on(made: Trained, opening: Work) -> None:
    with opening.open_predictor(made.folder, engine="generator") as predictor:
        (answer,) = predictor.predict([Request(text="zebra")])
    assert answer.passed_on
    assert answer.output == ""


def test_answers_that_stand_nowhere_are_refused(
    ask: Callable[..., Row], opening: Work, tiny_encoder: Path
) -> None:
    rows = [ask("How long?", "a fortnight")]
    with pytest.raises(RefusedError, match="no answer stands word for word"):
        qa(rows, rows, unlabelled=(), labels=(), work=opening, settings=_settings(tiny_encoder))
