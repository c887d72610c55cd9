from __future__ import annotations

import pytest

from chainring.contracts.errors import InputError
from chainring.stats.intervals import wilson
from chainring.stats.written import bleu, chrf, exact_match, f1

sacrebleu = pytest.importorskip("sacrebleu")
TRUTH = ["Two dogs are running in the snow.", "A man eats an apple.", "The cat sleeps."]
SAID = ["Two dogs run in the snow.", "A man eats a red apple.", "The cat sleeps."]
TRUTH_ZH, SAID_ZH = (
    ["两只狗在雪地里奔跑。", "一个男人在吃苹果。"],
    ["两只狗在雪里跑。", "一个人在吃苹果。"],
)


def test_bleu_and_chrf_are_those_of_sacrebleu() -> None:
    assert bleu(TRUTH, SAID, draws=0).estimate == pytest.approx(
        sacrebleu.corpus_bleu(SAID, [TRUTH]).score
    )
    assert chrf(TRUTH, SAID, draws=0).estimate == pytest.approx(
        sacrebleu.corpus_chrf(SAID, [TRUTH]).score
    )


def test_chinese_is_counted_by_character_where_asked() -> None:
    found = bleu(TRUTH_ZH, SAID_ZH, tokenize="zh", draws=0)
    expected = sacrebleu.corpus_bleu(SAID_ZH, [TRUTH_ZH], tokenize="zh").score
    assert found.estimate == pytest.approx(expected)
    assert found.estimate > bleu(TRUTH_ZH, SAID_ZH, draws=0).estimate
    assert "tok:zh" in found.signature


def test_the_interval_is_that_of_drawing_rows_again() -> None:
    found = bleu(TRUTH * 20, SAID * 20, draws=200)
    assert found.low < found.estimate < found.high
    assert found == bleu(TRUTH * 20, SAID * 20, draws=200)
    same = bleu(TRUTH, TRUTH, draws=50)
    assert [same.low, same.estimate, same.high] == pytest.approx([100, 100, 100])


def test_exact_match_forgives_case_marks_and_articles() -> None:
    found = exact_match(
        ["The refund", "五个工作日。", "three days"], ["refund!", "五个工作日", "two days"]
    )
    assert found.estimate == pytest.approx(200 / 3)


def test_exact_matches_have_the_interval_of_a_share() -> None:
    for said, right in (("yes", 8), ("no", 0)):
        found, share = exact_match(["yes"] * 8, [said] * 8), wilson(right, 8)
        assert (found.low, found.high) == pytest.approx((100 * share.low, 100 * share.high))
    assert f1(["two days"] * 3, ["two days"] * 3).low < 50


def test_f1_counts_words_and_chinese_characters() -> None:
    found = f1(["three days", "五天"], ["three long days", "五日"])
    assert found.estimate == pytest.approx(100 * (0.8 + 0.5) / 2)


def test_as_many_texts_as_true_ones_are_asked_for() -> None:
    with pytest.raises(InputError, match="found 1 of 2"):
        bleu(["a", "b"], ["a"])
