"""Answers worded by a decoder that reads the passage which was looked up."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from chainring.contracts.dataset import Row
from chainring.contracts.errors import RefusedError
from chainring.contracts.request import Request
from chainring.contracts.work import Work
from chainring.training.candidate import Trained
from chainring.training.generators.answering import qa
from chainring.training.generators.decoder import decoder
from chainring.training.settings import TrainingSettings

Ask = Callable[..., Row]
DAYS = {"three": "三", "five": "五", "seven": "七"}
THINGS = {"parcel": "包裹", "refund": "退款"}


def _rows(ask: Ask) -> list[Row]:
    """Each question with three passages that say different things."""
    rows = []
    for thing, name in THINGS.items():
        for english, chinese in DAYS.items():
            passage = f"A {thing} takes {english} days."
            rows.append(ask(f"How long does a {thing} take?", f"It is {english}", passage))
            rows.append(ask(f"{name}要几天？", f"是{chinese}天", f"{name}需要{chinese}天。"))
    return [replace(row, id=str(n), records=(f"rec_{n}",)) for n, row in enumerate(rows)]


def _settings(small: Callable[..., TrainingSettings], **changes: Any) -> TrainingSettings:
    # so many byte pairs that each number is a token, and as wide as it takes to copy one
    made = small("decoder", epochs=60, vocabulary=480, hidden=64)
    own = made.answering.model_copy(update={"answers": "written", "passages": 2} | changes)
    return made.model_copy(update={"answering": own})


@pytest.fixture
def made(ask: Ask, opening: Work, small: Callable[..., TrainingSettings]) -> Trained:
    rows = _rows(ask)
    articles = [
        ask("A parcel takes five days.", id="art_parcel", records=("art_parcel",)),
        ask("退款需要七天。", id="art_zh_refund", records=("art_zh_refund",)),
    ]
    return qa(rows, rows, unlabelled=articles, labels=(), work=opening, settings=_settings(small))


def test_the_written_answer_depends_on_the_passage(made: Trained, opening: Work) -> None:
    question, said = "How long does a parcel take?", []
    with opening.open_predictor(made.folder, engine="generator") as predictor:
        for english in DAYS:
            asked = Request(text=question, pair=f"A parcel takes {english} days.")
            said += predictor.predict([asked])
        chinese = predictor.predict(
            [Request(text="退款要几天？", pair=f"退款需要{name}天。") for name in DAYS.values()]
        )
    assert [one.output for one in said] == [f"It is {english}" for english in DAYS]
    assert [one.text for one in said] == [question] * 3
    assert [one.output for one in chinese] == [f"是{name}天" for name in DAYS.values()]


def test_a_worded_answer_names_the_passage_and_its_record(
    made: Trained, ask: Ask, opening: Work
) -> None:
    known = {row.pair: row.records for row in _rows(ask)} | {"退款需要七天。": ("art_zh_refund",)}
    with opening.open_predictor(made.folder, engine="generator") as predictor:
        (answer, nothing) = predictor.predict([Request(text="退款要几天？"), Request(text="zebra")])
    assert answer.output.startswith("是")
    assert answer.pair.startswith("退款需要")
    assert next(iter(answer.scores)) in known[answer.pair]
    assert (nothing.output, nothing.passed_on) == ("", True)


def test_only_the_answer_counts_in_the_loss(
    ask: Ask, opening: Work, small: Callable[..., TrainingSettings]
) -> None:
    from chainring.training.generators.articles import known_passages, prompted
    from chainring.training.generators.decoder import starting
    from chainring.training.generators.loss import IGNORED
    from chainring.training.generators.tokens import decoder_items

    settings = _settings(small)
    rows = _rows(ask)[:1]
    known = known_passages(rows, (), options=settings.answering)
    (asked,) = prompted(rows, known, options=settings.answering)
    assert asked.text == "A parcel takes three days.\n\nHow long does a parcel take?"
    start = starting([asked], settings.decoder, work=opening, seed=0)
    (item,) = decoder_items([asked], tokeniser=start.writing, settings=settings.decoder)
    counted = [token for token in item["labels"] if token != IGNORED]
    assert start.writing.decode(counted, skip_special_tokens=True) == "It is three"


def test_questions_that_share_no_word_with_a_passage_are_refused(
    ask: Ask, opening: Work, small: Callable[..., TrainingSettings]
) -> None:
    rows = [ask("zebra", "x"), ask("斑马", "y")]
    articles = [ask("A parcel takes five days.", id="art")]
    with pytest.raises(RefusedError, match="no question shares a word"):
        qa(rows, rows, unlabelled=articles, labels=(), work=opening, settings=_settings(small))


def test_preferences_on_answers_are_learnt_with_the_passage(
    ask: Ask, opening: Work, small: Callable[..., TrainingSettings]
) -> None:
    pytest.importorskip("trl")
    from dataclasses import replace

    from chainring.training.generators.preference import dpo

    rows = [
        replace(row, rejected="no idea" if row.text.isascii() else "不知道") for row in _rows(ask)
    ]
    changes = {"epochs": 30, "preference_epochs": 2}
    settings = small("preference", **changes).model_copy(
        update={"answering": _settings(small).answering}
    )
    made = dpo(
        rows, rows, unlabelled=(), labels=(), work=opening, settings=settings,
        task="question-answering",
    )  # fmt: skip
    with opening.open_predictor(made.folder, engine="generator") as predictor:
        (answer,) = predictor.predict([Request(text="退款要几天？", pair="退款需要三天。")])
    assert answer.pair == "退款需要三天。"
    assert answer.output


@pytest.mark.parametrize("prompt", ["{question}", "{question} {passage}", "no places"])
def test_a_prompt_names_the_passage_and_then_the_question(prompt: str) -> None:
    with pytest.raises(ValueError, match="prompt"):
        TrainingSettings.model_validate({"answering": {"prompt": prompt}})


def test_worded_answers_are_learnt_beside_a_decoder_of_the_same_turn(
    ask: Ask, opening: Work, small: Callable[..., TrainingSettings], said: list[str]
) -> None:
    rows, settings = _rows(ask), _settings(small, passages=1)
    settings = settings.model_copy(
        update={"decoder": settings.decoder.model_copy(update={"epochs": 1})}
    )
    asked = {"unlabelled": (), "labels": (), "work": opening, "settings": settings}
    decoder(rows, rows, task="question-answering", **asked)  # type: ignore[arg-type]
    said.clear()
    qa(rows, rows, **asked)  # type: ignore[arg-type]
    assert any("epoch 1" in line for line in said)
