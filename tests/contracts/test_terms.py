"""Terms of use are the same in any dress."""

import pytest

from chainring.contracts.terms import is_refusal, plain


@pytest.mark.parametrize(
    "dressed",
    [
        "care only",
        " Care  Only ",
        "ｃａｒｅ　ｏｎｌｙ",
        "CARE\tONLY\n",
        "care only\ufeff",
        "ca\u200bre only",
    ],
)
def test_case_width_and_space_make_no_other_term(dressed: str) -> None:
    assert plain(dressed) == "care only"


def test_chinese_brackets_are_brackets() -> None:
    assert plain("仅用于诊疗（内部）") == plain("仅用于诊疗(内部)")


@pytest.mark.parametrize(
    "said",
    ["No consent", "no!", "Declined.", "not given", "不可以", "无", "未授权。", "0.0",
     "refused", "Refused", "refused ", "ＲＥＦＵＳＥＤ", "no", "No", "N", "false", "FALSE", "0",
     "０", "denied", "declined", "withdrawn", "opt-out", "opted out",
     "否", "不同意", "拒绝", "拒絕", "不允许", "已撤回"],
)  # fmt: skip
def test_whoever_says_no_in_a_word_has_refused(said: str) -> None:
    assert is_refusal(said)


@pytest.mark.parametrize("said", ["none", "", "yes", "1", "同意", "training", "no ads", "nothing"])
def test_whoever_says_nothing_or_something_else_has_not_refused(said: str) -> None:
    assert not is_refusal(said)
