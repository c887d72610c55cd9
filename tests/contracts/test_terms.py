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


@pytest.mark.parametrize(
    "said",
    ["不同意使用", "不同意用于训练", "不授权", "不愿意", "拒绝使用", "拒绝授权", "不得用于训练",
     "禁止使用", "没有同意", "未取得同意", "不允许使用", "否（不同意）", "已撤销", "撤回同意",
     "未签署", "×", "x", "❌", "✗", "(否)", "不同意用於訓練", "沒有同意", "未簽署", "無授權",
     "拒絕使用", "已撤銷", "撤銷同意", "不願意", "反對", "非授权", "本人不同意", "患者已拒绝",
     "家属不同意", "暂不同意", "尚未同意", "从未同意", "用户已撤回", "同意已撤回", "授权已过期",
     "授權已取消", "Do not use for training", "not for training", "I do not agree", "don't use",
     "does not consent", "Disagree", "patient refused", "declines", "No, thanks", "no use",
     "not consented", "never", "user has opted out", "prohibited", "rejected", "has not agreed"],
)  # fmt: skip
def test_whoever_begins_with_a_no_has_refused(said: str) -> None:
    assert is_refusal(said)


@pytest.mark.parametrize(
    "said",
    ["不限", "不限制", "不拒绝", "无监督训练",
     "不反对", "不反對使用", "无限制", "無限制", "无异议", "無異議", "不介意",
     "无条件同意", "无偿授权", "無償授權", "非商业用途", "非常同意", "非獨家授權", "没问题",
     "沒有意見", "不可撤销的授权", "不可撤銷", "未成年人监护人同意", "未满18岁，监护人同意",
     "不良反应研究", "不署名使用", "无需同意", "不详", "未知", "未填写", "不仅用于训练",
     "同意，不公开", "训练", "訓練用途", "已同意", "本人同意", "可以", "公开", "no objection",
     "no restrictions", "not limited", "not specified", "not for ads", "notes", "november",
     "objective research", "do not mind", "does not object", "research-2026", "normal", "open",
     "not applicable", "non-commercial", "xiaomei", "owner", "CC0-1.0"],
)  # fmt: skip
def test_a_no_that_is_none_is_no_refusal(said: str) -> None:
    assert not is_refusal(said)


@pytest.mark.parametrize(
    "said",
    ["没有限制", "没有任何限制", "无任何限制", "不受限制", "无使用限制", "未拒绝", "没有拒绝",
     "没有反对", "未反对", "未撤回", "不会反对", "沒有限制", "無任何限制", "未拒絕", "沒有反對",
     "不會反對", "从未撤回", "從未拒絕", "用户未撤回", "授权未过期", "没有人反对",
     "没有提出过反对", "没有不同意", "无异议，没有不同意见", "无期限", "not refused",
     "not opted out", "user has not withdrawn", "never withdrawn", "hasn't refused",
     "has never been withdrawn", "no usage limits", "no training restrictions",
     "cannot be revoked", "no permission needed", "withdrawable", "no agreement needed",
     "not refused, not withdrawn", "no user objected", "No. 5"],
)  # fmt: skip
def test_a_no_to_a_no_is_no_refusal(said: str) -> None:
    assert not is_refusal(said)


@pytest.mark.parametrize(
    "said",
    ["无条件拒绝", "没有意见表示不同意", "未成年,家长不同意", "无意见：不同意", "不可撤销地拒绝",
     "無條件拒絕", "沒有意見表示不同意", "未成年，家長不同意", "不可撤銷地拒絕", "未撤回拒绝",
     "未成年，没有监护人同意", "无权限", "没有使用权限", "不同意 拒绝使用", "不同意/拒绝",
     "不会同意", "不行禁止使用", "没有人同意", "不得不拒绝", "不过拒绝使用", "No - I don't",
     "no: never", "no（否）", "No; never", "no — never", "No. Never.", "not opted in",
     "not specified; refused", "not limited, but not for training", "no training if required"],
)  # fmt: skip
def test_a_no_after_what_would_be_none_is_a_refusal(said: str) -> None:
    assert is_refusal(said)


@pytest.mark.parametrize("said", ["none", "", "yes", "1", "同意", "training", "no ads", "nothing"])
def test_whoever_says_nothing_or_something_else_has_not_refused(said: str) -> None:
    assert not is_refusal(said)
