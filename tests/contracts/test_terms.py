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


@pytest.mark.parametrize(
    "said",
    ["不受限制，但不得用于训练", "没有限制，但不能用于训练", "无限制，但不可用于训练",
     "不限，请勿用于训练", "未反对，但不要用于训练", "没有异议，但请勿用于训练",
     "未撤回，但仅限诊疗，不得用于训练", "无异议，训练除外", "不限，除训练外",
     "不反对，但禁止训练", "无限制，但不得使用", "未成年，已撤回", "不受限制，但不得用於訓練",
     "同意诊疗，不得用于训练", "仅限诊疗，請勿用於機器學習", "同意存储但不同意用于模型训练",
     "no objection, but do not train", "not limited, but may not be used for training",
     "no limits except for training", "no restriction, but must not be used for training",
     "no objection, but not to be used", "does not object to storage but does not want training",
     "care only, not for training", "care only; do not use for training", "care only, no training",
     "only care, must not be used to train AI"],
)  # fmt: skip
def test_who_grants_one_thing_and_forbids_training_has_refused(said: str) -> None:
    assert is_refusal(said)


@pytest.mark.parametrize(
    "said",
    ["请勿使用", "勿用", "别用我的数据", "严禁用于训练", "嚴禁用於訓練", "谢绝使用", "停止使用",
     "已退出", "授权终止", "请不要使用", "同意: 否", "同意：否", "同意=否", "是否同意：不同意",
     "同意（否）", "同意 否", "用于训练：否", "授权书：未签署", "No consent given",
     "no consent obtained", "No further use", "no consent for training", "no data use", "no ML",
     "No AI training", "consent withdrawn", "consent not given", "consent denied",
     "permission denied", "consent expired", "consent: no", "Consent=No", "consent? no",
     "agreed: false", "consent_training=false", "without consent", "consent no longer valid",
     "please do not use", "withheld", "non-consenting", "stop using"],
)  # fmt: skip
def test_consents_that_were_refused_withdrawn_or_answered_with_no_are_refusals(said: str) -> None:
    assert is_refusal(said)


@pytest.mark.parametrize(
    "said",
    ["同意（不公开）", "同意: 不公开", "同意，不得商用", "不限，不得用于广告",
     "无限制，但不得使用真名", "同意用于训练，不得用于其他", "可用于训练，不得外传",
     "不禁止用于训练", "不反对用于训练", "特别同意训练", "没有不同意见，可用于训练",
     "不得用于训练以外的用途", "别人同意", "类别：训练", "退出前有效", "终止日期：2030",
     "无异议，可随时撤回", "是否需要同意：否", "同意：无异议", "授权：无需", "训练：是",
     "同意训练，禁止公开", "已同意，未退出", "没有终止授权", "同意，不会影响诊疗",
     "consent required: no", "consent: yes", "consent given", "permission granted",
     "no consent needed", "no problem", "no further consent required", "consent not withdrawn",
     "consent: no restrictions", "not only for training", "use is not limited to training",
     "no restrictions, training allowed", "no objection, must not be used for ads",
     "no objection, do not use my name", "please use", "training, no resale",
     "no longer restricted", "not terminated", "no commercial use"],
)  # fmt: skip
def test_a_consent_that_forbids_something_else_than_training_is_no_refusal(said: str) -> None:
    assert not is_refusal(said)


@pytest.mark.parametrize("said", ["none", "", "yes", "1", "同意", "training", "no ads", "nothing"])
def test_whoever_says_nothing_or_something_else_has_not_refused(said: str) -> None:
    assert not is_refusal(said)
