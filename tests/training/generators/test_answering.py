from __future__ import annotations

import json
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
from chainring.training.generators.span import items_of
from chainring.training.settings import TrainingSettings
from chainring.training.tokens import open_tokenizer

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


LONG = {
    "退款要几天？": "有收据的人可以退鞋。" * 9 + "退款需要五天。",
    "包裹要几天？": "有收据的人可以退鞋。" * 9 + "包裹需要三天。",
}


def test_an_answer_at_the_end_of_a_long_chinese_passage_is_read(
    ask: Callable[..., Row], opening: Work, tiny_encoder: Path
) -> None:
    rows = [ask(question, ASKED[question], passage) for question, passage in LONG.items()]
    made = qa(rows, rows, unlabelled=(), labels=(), work=opening, settings=_settings(tiny_encoder))
    lines = (made.folder / "passages.jsonl").read_text(encoding="utf-8").splitlines()
    assert len(lines) > len(LONG)
    whole = open_tokenizer(tiny_encoder, max_tokens=10_000)
    for passage in [json.loads(line)["text"] for line in lines]:
        longest = max(LONG, key=len)
        assert len(whole.encode(longest, passage).ids) <= made.max_tokens == 80
    with opening.open_predictor(made.folder, engine="generator") as predictor:
        for question, passage in LONG.items():
            (looked_up,) = predictor.predict([Request(text=question)])
            (given,) = predictor.predict([Request(text=question, pair=passage)])
            assert looked_up.output == given.output == ASKED[question]


def test_a_question_without_end_does_not_end_the_training(
    ask: Callable[..., Row], opening: Work, tiny_encoder: Path
) -> None:
    rows = [ask("退款要几天？" * 40, "五天", "退款需要五天。")]
    settings = _settings(tiny_encoder, epochs=1)
    made = qa(rows, rows, unlabelled=(), labels=(), work=opening, settings=settings)
    with opening.open_predictor(made.folder, engine="generator") as predictor:
        assert predictor.predict([Request(text="退款要几天？" * 40)])


def test_an_answer_that_a_long_question_leaves_no_room_for_is_told_and_not_taught_as_missing(
    ask: Callable[..., Row], opening: Work, tiny_encoder: Path
) -> None:
    passage = "有收据的人可以退鞋。" * 4 + "退款需要五天。"
    rows = [ask("退款要几天？" * 40, "五天", passage), ask("退款要几天？", "五天", passage)]
    settings = _settings(tiny_encoder, epochs=1)
    made = qa(rows, rows, unlabelled=(), labels=(), work=opening, settings=settings)
    assert "1 of 2 answers stand in a passage" in made.notes
    assert any("left out: 1 of 2" in note for note in made.notes)
    with pytest.raises(RefusedError, match="shorten the questions"):
        qa(rows[:1], rows, unlabelled=(), labels=(), work=opening, settings=settings)


def test_what_is_cut_off_is_no_item(tiny_encoder: Path) -> None:
    tokenizer = open_tokenizer(tiny_encoder, max_tokens=16)
    asked = [("退款？", "有收据的人可以退鞋。退款需要五天。")] * 4
    items = items_of(tokenizer, asked, [(0, 3), (14, 16), (6, 12), None])
    assert [item["places"] for item in items] == [[5, 7], [0, 0]]


def test_of_two_answers_in_a_passage_the_row_that_weighs_more_is_learnt(
    ask: Callable[..., Row], opening: Work, tiny_encoder: Path
) -> None:
    passage, question = "A refund takes five days. A parcel takes three days.", "How long?"
    light = [ask(question, "five days", passage, id=f"light{n}") for n in range(3)]
    heavy = ask(question, "three days", passage, id="heavy", weight=8.0)
    rows = [heavy, *light]
    settings = _settings(tiny_encoder, epochs=60)
    made = qa(rows, rows, unlabelled=(), labels=(), work=opening, settings=settings)
    assert made.answers is not None
    (answer,) = made.answers([ask(question, pair=passage)])
    assert answer.output == "three days"
