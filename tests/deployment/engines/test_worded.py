"""A writer that reads passages, by a writer whose answers are known."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from chainring.contracts.errors import DamagedError
from chainring.contracts.prediction import LENGTH, STOP
from chainring.contracts.predictor import PredictSettings
from chainring.contracts.request import Request
from chainring.deployment.engines.passages import PassagePredictor
from chainring.deployment.engines.worded import worded_predictor
from chainring.deployment.engines.written import Written
from chainring.deployment.model_folder import read_card

CARD: dict[str, Any] = {
    "format": 1, "kind": "generator", "task": "question-answering", "labels": [],
    "threshold": 0.3, "temperature": 1.0, "preparation": {"redact": True},
    "retrieval": {"passages": 2, "passage_characters": 200, "prompt": "{passage} ? {question}"},
}  # fmt: skip
PASSAGES = {"rec_a": "包裹需要三天。", "rec_b": "包裹可以退。", "rec_c": "Shoes cost 9."}


class Listener:
    """Keeps what it was asked, and answers as it was told for each passage."""

    def __init__(self, answers: dict[str, tuple[str, float]]) -> None:
        self.answers, self.asked, self.open = answers, list[str](), True

    def write(self, texts: Sequence[str]) -> list[Written]:
        assert texts, "a writer is not asked for nothing"
        self.asked += texts
        said = [self.answers[text.partition(" ? ")[0]] for text in texts]
        return [
            Written(text, sure, LENGTH if text == "cut" else STOP, 7, len(text))
            for text, sure in said
        ]

    def close(self) -> None:
        self.open = False


def predictor(folder: Path, listener: Listener, **changes: Any) -> PassagePredictor:
    (folder / "model.json").write_text(json.dumps(CARD | changes), encoding="utf-8")
    lines = [json.dumps({"id": name, "text": text}) for name, text in PASSAGES.items()]
    (folder / "passages.jsonl").write_text("\n".join(lines), encoding="utf-8")
    return worded_predictor(folder, read_card(folder), listener)


def test_each_passage_is_read_with_the_question_and_the_likeliest_answer_stands(
    tmp_path: Path,
) -> None:
    listener = Listener({"包裹需要三天。": ("三天", 0.9), "包裹可以退。": ("可以", 0.01)})
    (answer,) = predictor(tmp_path, listener).predict([Request(text="包裹要几天")])
    assert sorted(listener.asked) == ["包裹可以退。 ? 包裹要几天", "包裹需要三天。 ? 包裹要几天"]
    assert (answer.output, answer.pair, answer.text) == ("三天", "包裹需要三天。", "包裹要几天")
    assert (answer.read_tokens, answer.written_tokens) == (14, 4)
    assert answer.scores == {"rec_a": 0.9, "rec_b": 0.01}
    assert not answer.passed_on


def test_of_answers_about_as_sure_that_of_the_passage_which_fits_better_stands(
    tmp_path: Path,
) -> None:
    listener = Listener({"包裹需要三天。": ("三天", 0.4), "包裹可以退。": ("可以", 0.5)})
    (answer,) = predictor(tmp_path, listener).predict([Request(text="包裹需要三天吗")])
    assert (answer.output, answer.confidence) == ("三天", 0.4)


def test_an_answer_that_is_not_sure_at_all_is_passed_on(tmp_path: Path) -> None:
    listener = Listener({"包裹需要三天。": ("三天", 0.0), "包裹可以退。": ("", 0.9)})
    (answer,) = predictor(tmp_path, listener).predict([Request(text="包裹要几天")])
    assert (answer.output, answer.confidence, answer.passed_on) == ("三天", 0.0, True)


def test_as_many_passages_are_read_as_the_card_says(tmp_path: Path) -> None:
    listener = Listener(dict.fromkeys(PASSAGES.values(), ("yes", 0.9)))
    one = {"retrieval": CARD["retrieval"] | {"passages": 1}}
    (answer,) = predictor(tmp_path, listener, **one).predict([Request(text="包裹要几天")])
    assert len(listener.asked) == 1
    assert len(answer.scores) == 1


def test_a_given_passage_is_read_in_stretches_no_longer_than_the_card_says(tmp_path: Path) -> None:
    parts = [f"{thing * 30}。" for thing in "鞋帽衣裤"]
    listener = Listener(dict.fromkeys(parts, ("一样", 0.9)))
    short = {"retrieval": CARD["retrieval"] | {"passage_characters": 40}}
    asked = Request(text="包裹要几天", pair="".join(parts))
    (answer,) = predictor(tmp_path, listener, **short).predict([asked])
    assert listener.asked == [f"{part} ? 包裹要几天" for part in parts]
    assert answer.pair == "".join(parts)


def test_as_many_sources_are_told_as_are_asked_for_the_best_first(tmp_path: Path) -> None:
    listener = Listener({"包裹需要三天。": ("三天", 0.1), "包裹可以退。": ("可以", 0.9)})
    asked = [Request(text="包裹要几天")]
    (answer,) = predictor(tmp_path, listener).predict(asked, settings=PredictSettings(top_k=1))
    assert answer.scores == {"rec_b": 0.9}


@pytest.mark.parametrize(("sure", "finish"), [(0.9, LENGTH), (0.01, STOP)])
def test_only_the_answer_that_stands_says_whether_it_was_cut(
    tmp_path: Path, sure: float, finish: str
) -> None:
    listener = Listener({"包裹需要三天。": ("cut", sure), "包裹可以退。": ("可以", 0.1)})
    (answer,) = predictor(tmp_path, listener).predict([Request(text="包裹要几天")])
    assert (answer.output == "cut", answer.finish) == (finish == LENGTH, finish)


def test_a_passage_that_says_nothing_gives_no_answer(tmp_path: Path) -> None:
    listener = Listener({"包裹需要三天。": ("", 0.99), "包裹可以退。": ("可以", 0.4)})
    (answer,) = predictor(tmp_path, listener).predict([Request(text="包裹要几天")])
    assert (answer.output, answer.scores) == ("可以", {"rec_b": 0.4})
    assert (answer.read_tokens, answer.written_tokens) == (14, 2)  # both were read


def test_where_no_passage_says_it_the_question_is_passed_on(tmp_path: Path) -> None:
    listener = Listener({"包裹需要三天。": ("", 0.9), "包裹可以退。": ("", 0.9)})
    answers = predictor(tmp_path, listener).predict([Request(text="包裹"), Request(text="zebra")])
    assert [(one.output, one.passed_on) for one in answers] == [("", True)] * 2
    assert [one.read_tokens for one in answers] == [14, 0]  # of the zebra no passage was read


def test_a_given_passage_is_the_only_one_read_and_both_texts_are_redacted(tmp_path: Path) -> None:
    listener = Listener({"Call [phone].": ("call", 0.2)})
    asked = Request(text="How? 13912345678", pair="Call 13912345678.")
    (answer,) = predictor(tmp_path, listener).predict([asked])
    assert listener.asked == ["Call [phone]. ? How? [phone]"]
    assert (answer.pair, answer.scores) == ("Call [phone].", {})
    assert answer.passed_on  # less sure than the threshold


def test_a_card_without_its_prompt_is_named(tmp_path: Path) -> None:
    with pytest.raises(DamagedError, match=r"retrieval\.prompt is missing"):
        predictor(tmp_path, Listener({}), retrieval={"passages": 1, "passage_characters": 9})


def test_closing_lets_go_of_the_writer(tmp_path: Path) -> None:
    listener = Listener({})
    predictor(tmp_path, listener).close()
    assert not listener.open
