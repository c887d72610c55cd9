"""Terms of use are the same in any dress."""

import re

import pytest

from chainring.contracts import terms
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


@pytest.mark.parametrize(
    "said",
    ["同意用于语音识别模型训练", "同意用于人脸识别训练", "可用于图像识别AI",
     "同意用于命名实体识别模型的训练", "同意用于判别模型训练",
     "agreed to training, declined marketing",
     "consents to machine learning; refuses phone calls",
     "consent to training given; declined newsletter",
     "permission to train granted, marketing denied",
     "allowed for training; prohibited for resale", "opted in to training, opted out of email",
     "同意使用（禁止商用）", "允许使用：禁止转售", "同意：已阅读，禁止外传",
     "是否同意：同意，未授权公开", "停止营销电话，同意训练", "终止合同后仍同意训练",
     "退出会员，但同意训练", "同意训练，不要让模型记住我的名字",
     "terminated customers: consent given",
     "withheld name, consent to training", "no longer anonymous, consent given",
     "同意用于训练，拒绝营销电话",
     "training is not limited", "training is not prohibited", "training not restricted",
     "training: no restrictions", "training: no objection",
     "training not required to be anonymous", "training, not marketing",
     "training but not for marketing", "training not for resale", "训练不限", "训练不受限制",
     "训练不禁止",
     "训练：不限", "可用于训练，训练不得超过三年", "同意训练，训练不可撤销",
     "同意，不用于训练以外的用途", "仅不用于训练之外的目的", "除训练外不得使用",
     "除训练外，不得用于其他", "除训练外，还可用于研究", "除训练外也可用于质检",
     "nothing except training",
     "no other use than training",
     "only for training, may not be used for anything except training", "同意用于识别用模型",
     "同意用于性别识别训练", "国别训练数据", "同意用于识别使用者意图的模型训练",
     "同意训练，禁止转售训练数据", "同意训练，不得公开训练数据",
     "同意训练，不包括训练数据的公开", "同意训练，不得在训练时使用真名", "同意训练，拒绝AI外呼",
     "同意训练，不要AI打电话", "请勿打电话，可用于训练",
     "请不要打电话，同意训练", "谢绝推销，同意训练", "婉拒电话营销，同意用于训练",
     "勿公开姓名，同意训练", "请不要公开我的名字，同意用于训练",
     "please do not call, training ok", "please don't use my name, consent to training",
     "please do not email; consents to machine learning",
     "consent declined for marketing, given for training",
     "permission denied for resale, training allowed",
     "consent not given for marketing, consent given for training",
     "no data sharing, training ok", "no longer a member, consent given",
     "no longer a customer but consents to training", "expired card, consent given",
     "terminated contract, consent to training", "退出登录，同意训练", "终止服务后可用于训练",
     "退出会员后仍同意使用",
     "停止寄送广告，同意训练", "agreed to training, declined interview",
     "consent to training, refused home visit", "同意训练（拒绝电话）", "consent (no marketing)",
     "consent: training only, not for resale", "consent to training (no ads)",
     "同意：仅训练，禁止商用",
     "同意使用，禁止转让", "permission to use: granted, names withheld",
     "同意用于判别、鉴别、甄别模型训练", "同意辨别模型训练",
     "同意用于级别判定模型", "训练模型不得外传", "同意训练，但模型不得出售",
     "no longer refuses training",
     "may withdraw consent to training at any time", "has not opted out of training",
     "never declined training", "no user objected to training",
     "consents to object recognition model training", "permission granted, phone calls refused",
     "拒绝营销，训练可以", "拒绝营销电话，同意训练", "training allowed; marketing is not",
     "训练可以，电话不行",
     "use for training: yes, resale: no", "training: yes", "training: none",
     "no ads, training ok", "同意训练，未授权公开", "同意：可训练，未授权公开姓名",
     "同意，不用于除训练外的目的", "同意（训练之外不得使用）",
     "consent given (may opt out any time)", "agree to training: declined calls"],
)  # fmt: skip
def test_a_consent_beside_a_no_to_something_else_is_no_refusal(said: str) -> None:
    assert not is_refusal(said)


@pytest.mark.parametrize(
    "said",
    ["training is not permitted", "training not allowed", "model training forbidden",
     "training prohibited", "training: no", "use for training: no", "everything except training",
     "ok for support but not for model training", "use is fine, training is not", "同意，训练除外",
     "同意，但不包括训练", "同意用于研究，除训练外", "除训练外均可", "仅用于质检，不用于训练",
     "仅用于质检，不参与训练", "允许使用，但训练不行",
     "可用于客服，训练不可以", "同意（训练除外）", "support only; not for training",
     "training permitted: no",
     "consented to care, training refused", "consented to care, declined training",
     "opted in to care, opted out of training", "allowed for support; prohibited for training",
     "permission for training denied", "consent to training withdrawn",
     "consent to training: withdrawn", "consent (refused)", "consent given: no",
     "consent: declined by patient", "consent: has been withdrawn", "同意用于训练：已撤回",
     "同意：患者拒绝",
     "同意（家属已拒绝）", "同意：是，已撤回", "停止训练", "终止训练", "停止使用我的数据", "退出",
     "退出计划", "终止授权", "终止对我的数据的使用",
     "withheld consent", "withheld by patient", "expired", "terminated", "consent terminated",
     "consent lapsed on 3 May", "训练不允许", "机器学习禁止", "训练：否", "模型训练：不同意",
     "训练也不同意", "允许客服，模型训练不可以",
     "训练不可以用我的数据", "同意，不含机器学习", "同意，不作训练用", "仅限客服，不进行模型训练",
     "training - no", "training=no",
     "training (no)", "model training is never allowed", "training on my data is not allowed",
     "training purposes excluded", "use for anything but training",
     "ok for everything other than training", "all uses excluding model training",
     "no longer consents to training", "no longer consent", "no longer valid",
     "no longer to be used", "请别用于训练", "同意，但别拿去训练", "别让模型学习我的数据",
     "同意客服，不要喂给模型", "不得公开或用于训练",
     "同意客服，不得转售和训练", "请勿打电话，也不同意训练", "请勿打电话", "拒绝营销，研究，训练",
     "do not use for marketing, research, training",
     "do not use for marketing, nor for training", "declined by phone, consent form on file",
     "拒绝（电话），同意书已存档", "不同意使用和公开，同意储存", "拒绝公开姓名，同意随访",
     "please do not use for ads or training",
     "no use", "no further use", "no data use", "stop using my data", "训练用途除外",
     "同意,不用於訓練",
     "允許使用,但訓練不行", "除訓練外均可", "不得用于广告、训练", "同意研究，机器学习除外",
     "learning is not permitted",
     "do not train on my name", "not for model training", "训练（否）", "训练：不行", "训练已拒绝",
     "refused to consent to training", "revoked consent for AI training",
     "patient has declined the use for training", "forbidden to train", "不得用于广告和人工智能",
     "consent no", "consent_training false", "consents to care; refuses machine learning",
     "同意训练，后已撤回同意训练，不得训练"],
)  # fmt: skip
def test_a_no_to_training_is_a_refusal_wherever_and_however_it_is_said(said: str) -> None:
    assert is_refusal(said)


YES = (
    "agree",
    "ok",
    "consent given",
    "I agree to training",
    "同意",
    "可以",
    "已同意使用",
    "research",
)
NO_USE = (
    "do not use", "do not use my data", "don't use it", "I object to use of my data",
    "I object to the use of my data", "stop use of my data", "stop using my texts",
    "without consent to use", "without consent to use of my data", "declined use of my data",
    "my texts must not be used", "my data may not be used", "use is not allowed",
    "never use my data", "I refuse the use of my texts", "use of my data is prohibited",
    "不允许使用", "禁止使用", "不得使用我的数据", "拒绝使用", "请勿使用", "不要使用我的资料",
    "反对使用我的数据", "不许使用", "不可使用", "我的数据不得使用", "停止使用我的数据",
    "不同意使用", "未授权使用",
)  # fmt: skip
JOINED = ("{}, {}", "{} but {}", "{} and {}", "{}. {}", "{}; {}", "{}，{}", "{}，但{}", "{}但{}")


@pytest.mark.parametrize("no", NO_USE)
def test_a_refusal_stays_one_with_any_yes_beside(no: str) -> None:
    said = [form.format(*pair) for form in JOINED for yes in YES for pair in [(yes, no), (no, yes)]]
    assert [one for one in (no, *said) if not is_refusal(one)] == []


def test_a_no_to_what_is_asked_together_with_use_is_a_refusal() -> None:
    assert is_refusal("without consent to marketing and use")


GRANTS = (
    "同意训练", "可用于训练", "同意使用", "允许用于模型训练", "训练可以", "同意", "可以",
    "I agree to training", "training is fine", "you may use it for training", "ok for training",
    "Training allowed", "consent given", "yes",
)  # fmt: skip
SPARED = (
    "不能使用我的头像", "不得使用我的姓名", "不要使用我的照片", "不再使用我的手机号",
    "不许使用我的名字", "请勿使用我的电话", "禁止使用我的头像", "不能使用我的姓名做宣传",
    "不得使用于营销", "不得使用我的声音", "不得使用本人肖像", "请勿使用我的身份证号码",
    "别用我的照片", "不得使用任何照片", "不能使用我的微信", "不同意使用我的地址",
    "反对使用我的照片", "未经同意不得使用我的头像", "不得使用我的姓名、照片和声音",
    "do not use my name", "do not use my photo", "don't use my email", "never use my picture",
    "not to be used of any marketing", "do not use it for ads", "without use of my name",
    "do not use any photo of me", "never use my voice", "I do not agree to use of my face",
    "don't use my phone number", "do not use my account number", "stop using my picture",
    "do not use my name, photo or voice", "my photo must not be used", "no use of my likeness",
    "do not use my home address", "I object to the use of my photos",
)  # fmt: skip


@pytest.mark.parametrize("no", SPARED)
def test_a_restriction_to_something_else_than_the_data_beside_a_grant_is_a_grant(no: str) -> None:
    clauses = [form for form in JOINED if form != "{} and {}"]  # else they are one clause
    said = [form.format(yes, no) for form in clauses for yes in GRANTS]
    assert [one for one in said if is_refusal(one)] == []


@pytest.mark.parametrize(
    "said",
    ["不得使用我的照片", "请勿使用我的头像", "拒绝使用我的声音", "do not use my photo",
     "never use my voice", "同意，不得使用我的姓名和数据", "同意，不得使用我的数据和照片",
     "可以，不要使用我的照片、数据", "同意，除头像外不得使用", "同意，不得使用姓名以外的数据",
     "同意客服，不得使用我的照片或用于训练", "同意，不得使用任何数据", "同意，不得使用我的东西",
     "同意，不得使用照片和其他资料", "同意，不得使用照片里的文字", "可以，不再使用",
     "同意，不得使用我手机里的数据", "同意客服，不得使用我的录音",
     "agree, do not use my name or data", "agree, do not use my data or photo",
     "agree, do not use my photos and texts", "ok, do not use any of it", "ok, never use my stuff",
     "agree, do not use anything except my name", "ok, do not use it except for marketing",
     "agree, do not use my photo or train on it", "agree, do not use the text in my photos",
     "I agree, do not use my phone number or my messages", "ok, do not use my data, photo or name",
     "consent given: use until withdrawn, withdrawn on 3 May",
     "I agree, do not use my name, data or photo", "ok, do not use my photo, name and texts"],
)  # fmt: skip
def test_a_restriction_that_may_mean_the_data_stays_a_refusal(said: str) -> None:
    assert is_refusal(said)


@pytest.mark.parametrize(
    "said",
    ["not against using it", "I'm not against use", "never against use of my data",
     "objection to use withdrawn", "my objections against the use of my data were withdrawn",
     "without further authorisation use is permitted", "without my consent use is allowed",
     "consent given: use until withdrawn",
     "you may use it unless I revoke use", "同意，直到我撤回使用", "同意使用，除非我撤回使用",
     "不反对使用", "对使用的反对已撤回"],
)  # fmt: skip
def test_a_no_to_a_no_to_use_is_no_refusal(said: str) -> None:
    assert not is_refusal(said)


@pytest.mark.parametrize(
    "said",
    ["同意使用至2027年底，之后停止使用", "同意训练，到期后不再使用", "同意训练，合同终止后不再使用",
     "同意用于训练。离职后停止使用。", "授权期限：2年，期满终止使用",
     "consent given until 2027, then stop using it", "OK to use, stop using upon request",
     "agreed; after leaving the company we stop using it",
     "I agree, and you may stop using it when I ask",
     "use for training allowed, without authorization use is not allowed",
     "Consent to train granted. Use of the logo not allowed",
     "yes but my face is not to be used"],
)  # fmt: skip
def test_a_consent_that_says_when_it_ends_or_what_it_leaves_out_is_no_refusal(said: str) -> None:
    assert not is_refusal(said)


@pytest.mark.parametrize(
    "said",
    ["从今以后不再使用我的数据", "以后停止使用", "同意后又撤回，停止使用", "同意停止使用",
     "then stop using it", "I agree to stop using it", "we agree that you stop using it",
     "after today you must stop using my data", "without my consent use is not allowed",
     "use of my data is not allowed", "Yes, but stop using it at once", "Yes, then stop using it",
     "Yes, but I left; stop using it once and for all", "I use it no more, then stop using it",
     "I agreed before, but please stop using it as soon as possible",
     "agreement ended. stop using it at once", "We agreed in May. Stop using it after today",
     "Consent was given by mistake. Stop using the text at once.",
     "同意是误点的，此后不再使用", "本人同意今日后停止使用我的数据", "本人同意，自即日后停止使用",
     "我同意此后停止使用我的数据", "授权书已终止，停止使用", "同意已到期，即停止使用",
     "我同意过，离职后停止使用，现已离职"],
)  # fmt: skip
def test_an_end_that_ends_no_consent_is_a_refusal(said: str) -> None:
    assert is_refusal(said)


def test_what_was_read_once_is_remembered() -> None:
    is_refusal.cache_clear()
    assert not any(is_refusal("同意用于模型训练") for _ in range(1000))
    assert is_refusal.cache_info().misses == 1


def test_a_command_that_reads_no_consent_compiles_no_pattern_of_one() -> None:
    assert [name for name, what in vars(terms).items() if isinstance(what, re.Pattern)] == []
