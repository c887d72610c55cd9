from __future__ import annotations

import pytest
from sacrebleu.metrics.chrf import CHRF

from chainring.contracts.tasks import TASKS
from chainring.stats.grades import chrf, f1, grade, grade_of
from chainring.stats.words import words

HELD = {"one": ("a", "b"), "several": ("a|b", "c"), "number": ("1.5", "90")}
HELD |= {"tags": ('[[0,4,"x"]]', '[[5,6,"y"]]'), "text": ("退款到了", "hello")}


@pytest.mark.parametrize("task", list(TASKS))
def test_the_truth_is_worth_one_and_something_else_less(task: str) -> None:
    facts = TASKS[task]  # type: ignore[index]
    truth, other = HELD[facts.form]
    assert grade(facts.grade, truth, truth, spread=1.0) == pytest.approx(1.0)
    assert grade(facts.grade, truth, other, spread=1.0) < 0.5
    assert grade(facts.grade, truth, "", spread=1.0) == 0.0


def test_labels_and_tags_are_graded_by_f1_of_the_row() -> None:
    assert grade_of("multi-label", "a|b", "b|c|d") == pytest.approx(0.4)
    assert grade_of("multi-label", "|", "|") == 1.0
    assert grade_of("multi-label", "|", "a") == 0.0
    assert grade_of("tagging", '[[0,4,"x"],[5,6,"y"]]', '[[0,4,"x"],[5,7,"y"]]') == 0.5
    assert grade_of("tagging", "[]", "[]") == 1.0


def test_a_number_loses_half_its_worth_at_one_spread() -> None:
    assert grade_of("regression", "3", "3.5", spread=0.5) == pytest.approx(0.5)
    assert grade_of("regression", "3", "9", spread=0.5) == 0.0
    assert grade_of("regression", "3", "3.0", spread=0.0) == 1.0


def test_words_count_without_case_and_articles_and_chinese_by_character() -> None:
    assert grade_of("question-answering", "The refund.", "a Refund") == 1.0
    assert grade_of("question-answering", "三天内退款", "退款") == pytest.approx(4 / 7)


@pytest.mark.parametrize(
    ("truth", "said"),
    [
        ("👍", "👎"), ("+", "-"), ("-5", "5"), ("A", "the"), ("A", "!"), ("A", "B"), ("？", "！"),
        ("好👍", "好👎"), ("退款 ✅", "退款 ❌"), ("¥5", "$5"), ("−5", "5"), ("C++", "C"),
    ],
)  # fmt: skip
def test_another_sign_is_another_answer(truth: str, said: str) -> None:
    assert words(truth) != words(said)
    assert grade("words", truth, said) < 1.0
    assert grade("words", truth, truth) == 1.0


@pytest.mark.parametrize(
    ("truth", "said"),
    [
        ("A", "a."), ("(B)", "B"), ("−5", "-5"), ("3-5 days", "3 - 5 days"), ("退款。", "退款"),
        ("👍", "👍\ufe0f"), ("`x`", "x"), ("The A, please", "please"), ("！", "!"),
    ],
)  # fmt: skip
def test_another_spelling_is_the_same_answer(truth: str, said: str) -> None:
    assert words(truth) == words(said)


@pytest.mark.parametrize(
    ("truth", "said"),
    [
        ("3.5", "5.3"), ("2024-01-02", "2024-02-01"), ("10:30", "30:10"), ("1/2", "2/1"),
        (".5 mg", "5 mg"), ("-.5", ".5"), ("三十五", "五十三"), ("十五", "五十"),
        ("三点五", "五点三"), ("10点30", "30点10"), ("3万5千", "5万3千"),
    ],
)  # fmt: skip
def test_another_number_date_or_time_shares_no_number(truth: str, said: str) -> None:
    assert not {word for word in words(truth) if word != "mg"} & set(words(said))
    assert grade("words", truth, said) < 1.0


@pytest.mark.parametrize(
    ("truth", "said"),
    [
        ("2024年1月2日", "2024年2月1日"), ("2024 年 1 月 2 日", "2024年2月1日"),
        ("一月二日", "二月一日"), ("U.S.A.", "U.S."), ("A股", "股"), ("vitamin A", "vitamin"),
        ("维生素A", "维生素"), ("3.5 mg twice", "5.3 mg twice"), ("三十五元", "五十三元"),
    ],
)  # fmt: skip
def test_what_differs_in_a_date_or_a_letter_is_no_exact_match(truth: str, said: str) -> None:
    assert words(truth) != words(said)
    assert grade("words", truth, said) < 1.0


@pytest.mark.parametrize(
    ("truth", "said"),
    [
        ("1,000", "1000"), ("$1,234,567.50", "$1234567.50"), ("don't", "dont"), ("don’t", "don't"),
        ("10 a.m.", "10 am"), ("the U.S.A.", "USA"), ("2024-01-02", "2024/01/02"), (".5", "0.5"),
        ("1月2号", "1 月 2 日"), ("3.5 万元", "3.5万元"), ("１，０００", "1000"),
        ("１０：３０", "10:30"), ("1, 2, 3", "1,2,3"), ("at 10:30.", "at 10:30"),
        ("the dogs' bowl", "dogs bowl"), ("It is a refund.", "it is refund"),
    ],
)  # fmt: skip
def test_marks_inside_a_word_are_none_of_its_letters(truth: str, said: str) -> None:
    assert words(truth) == words(said)


def test_a_part_of_a_date_is_worth_a_part() -> None:
    assert grade("words", "2024年1月2日", "2024年") == pytest.approx(2 / 3)
    assert grade("words", "三天内退款", "五天内退款") == pytest.approx(4 / 5)


@pytest.mark.parametrize(
    ("truth", "said"),
    [
        ("the parcel is on its way", "the parcel is in the way"),
        ("包裹三天内到达", "包裹三天就到"),
        ("abc", "xyz"),
        ("a", "a"),
    ],
)
def test_chrf_of_a_row_is_that_of_sacrebleu(truth: str, said: str) -> None:
    reference = CHRF(eps_smoothing=False).sentence_score(said, [truth]).score / 100
    assert chrf(truth, said) == pytest.approx(reference, abs=1e-6)


def test_f1_counts_repeats() -> None:
    assert f1(["a", "a", "b"], ["a", "b", "b"]) == pytest.approx(2 / 3)
