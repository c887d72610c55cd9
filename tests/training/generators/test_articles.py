from __future__ import annotations

from collections.abc import Callable

from chainring.contracts.dataset import Row
from chainring.text.passages import Passage
from chainring.training.generators.articles import known_passages, prompted
from chainring.training.generators.settings import AnsweringSettings

Ask = Callable[..., Row]
OPTIONS = AnsweringSettings.model_validate({"passages": 2})


def test_passages_have_the_ids_of_the_records_they_came_with(ask: Ask) -> None:
    rows = [ask("退款要几天？", "五天", "退款需要五天。", records=("rec_1", "rec_2"))]
    articles = [ask("A parcel takes three days.", records=("rec_3",))]
    found = known_passages(rows, articles, options=OPTIONS)
    assert [(one.id, one.text) for one in found] == [
        ("rec_3", "A parcel takes three days."),
        ("rec_1", "退款需要五天。"),
    ]


def test_an_article_keeps_its_own_id_where_a_row_names_it_as_its_passage(ask: Ask) -> None:
    rows = [ask("退款要几天？", "五天", "退款需要五天。", records=("rec_1",))]
    articles = [ask("退款需要五天。", records=("rec_3",))]
    (found,) = known_passages(rows, articles, options=OPTIONS)
    assert (found.id, found.text) == ("rec_3", "退款需要五天。")


def test_nothing_that_a_user_wrote_is_a_passage_that_others_are_answered_from(ask: Ask) -> None:
    said = {"source": "feedback", "feedback": ("pred_1", "fb_1")}
    rows = [
        ask("退款要几天？", "五天", "退款需要五天。", records=("rec_1",)),
        ask("我的合同何时到期？", "五月", "合同五月到期。", records=("rec_2",), **said),
    ]
    articles = [ask("Who discovered penicillin?", records=("rec_4",), **said)]
    assert [one.id for one in known_passages(rows, articles, options=OPTIONS)] == ["rec_1"]


def test_a_source_that_is_called_feedback_has_articles_like_any_other(ask: Ask) -> None:
    rows = [ask("退款要几天？", "五天", "退款需要五天。", records=("rec_1",), source="feedback")]
    articles = [ask("A parcel takes three days.", records=("rec_3",), source="feedback")]
    found = known_passages(rows, articles, options=OPTIONS)
    assert [one.id for one in found] == ["rec_3", "rec_1"]


def test_a_question_is_asked_with_the_passage_that_holds_its_answer(ask: Ask) -> None:
    known = [
        Passage(id="a", text="Parcels and returns: ask us."),
        Passage(id="b", text="A parcel takes three days."),
    ]
    (one,) = prompted([ask("parcel", "three days")], known, options=OPTIONS)
    assert one.text == "A parcel takes three days.\n\nparcel"
    assert (one.target, one.pair) == ("three days", "")


def test_beside_it_stands_a_passage_that_does_not_say_it_with_nothing_to_write(ask: Ask) -> None:
    known = [
        Passage(id="a", text="A parcel can be returned."),
        Passage(id="b", text="A parcel takes three days."),
    ]
    asked = prompted([ask("How long does a parcel take", "three days")], known,
                     options=OPTIONS, others=1)  # fmt: skip
    assert [(one.text.split(".")[0], one.target) for one in asked] == [
        ("A parcel takes three days", "three days"),
        ("A parcel can be returned", ""),
    ]


def test_a_question_that_finds_no_passage_is_left_out(ask: Ask) -> None:
    assert prompted([ask("斑马", "x")], [Passage(id="a", text="包裹三天")], options=OPTIONS) == []
