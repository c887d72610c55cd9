"""Words of the house that stand alone in a card or report, in Chinese: steps, tasks, splits, terms.

house_word("dataset", "zh")        # '数据集'
house_word("clinic.jsonl", "zh")   # 'clinic.jsonl': a name of the project stays as it is
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Literal, TypeAlias

from chainring.contracts.dataset import licences_in

Term: TypeAlias = Literal["source", "licence", "consent"]
Kind: TypeAlias = Literal["label", "language"] | Term

_CHINESE = {
    # tasks
    "classification": "单标签分类",
    "multi-label": "多标签分类",
    "regression": "数值预测",
    "matching": "文本匹配",
    "inference": "推理判断",
    "tagging": "序列标注",
    "question-answering": "问答",
    "translation": "翻译",
    "generation": "生成",
    "dialogue": "对话",
    "preference": "偏好",
    # splits and parts
    "train": "训练",
    "validation": "验证",
    "test": "测试",
    "holdout": "留出",
    "reacted": "有反馈",
    "unlabelled": "未标注",
    "suite": "固定评测集",
    "must": "必须答对",
    "deciding": "待定",
    # steps of the ring
    "placement": "硬件分配",
    "guard": "许可与同意",
    "records": "记录",
    "cleaned": "清洗",
    "corrections": "更正",
    "labels": "标签",
    "dataset": "数据集",
    "model": "模型",
    "forms": "部署形式",
    "evaluation": "评测",
    "verdict": "裁决",
    "deployment": "部署",
    "feedback": "反馈",
    # what the gate says
    "first": "首个模型",
    "better": "更好",
    "no measurable difference": "无可测差别",
    "worse within noise": "略差，在误差之内",
    "worse": "更差",
    "not fit": "不合格",
    # what is kept of a request, and a language that is not known
    "redacted": "脱敏文本",
    "none": "不保留",
    "digest": "摘要值",
    "und": "未定",
}
DECIDERS = {"gate": "关卡", "release": "发布流程", "server": "服务器", "operator": "管理员"}
"""Who decides where no person gave a name."""
_TERMS: dict[Term, dict[str, str]] = {
    "source": {"feedback": "反馈"},
    "licence": {"unstated": "未说明", "user feedback": "用户反馈"},
    "consent": {"owner": "所有者", "training": "可用于训练", "none": "未给出"},
}


def house_word(name: str, language: str) -> str:
    """Return a word of the house in `en` or `zh`; any other name stays as it is.

    >>> house_word("better", "zh"), house_word("better", "en"), house_word("CC0-1.0", "zh")
    ('更好', 'better', 'CC0-1.0')
    """
    return _CHINESE.get(name, name) if language == "zh" else name


def decider(name: str, language: str) -> str:
    """Return in `en` or `zh` who put a model into service; the name of a person stays as it is.

    >>> decider("gate", "zh"), decider("gate", "en"), decider("王经理", "zh")
    ('关卡', 'gate', '王经理')
    """
    return DECIDERS.get(name, name) if language == "zh" else name


def house_term(name: str, language: str, *, kind: Term) -> str:
    """Return a source, licence or consent in `en` or `zh`: most are names of the project's own.

    >>> house_term("none", "zh", kind="consent"), house_term("none", "zh", kind="source")
    ('未给出', 'none')
    >>> house_term("unstated|user feedback", "zh", kind="licence")
    '未说明、用户反馈'
    """
    if language != "zh":
        return name
    every = licences_in(name) if kind == "licence" else [name]
    return "、".join(_TERMS[kind].get(one, one) for one in every)


def house_terms(terms: tuple[str, str, str], language: str) -> tuple[str, str, str]:
    """Return source, licence and consent in `en` or `zh`."""
    source, licence, consent = terms
    return (
        house_term(source, language, kind="source"),
        house_term(licence, language, kind="licence"),
        house_term(consent, language, kind="consent"),
    )


def counted(counts: Mapping[str, int], language: str, *, kind: Kind) -> Counter[str]:
    """Return counts by the word of each name in `en` or `zh`; names of one word add up.

    Labels keep their names.
    """
    found: Counter[str] = Counter()
    for name, n in counts.items():
        if kind == "language":
            found[house_word(name, language)] += n
        else:
            found[name if kind == "label" else house_term(name, language, kind=kind)] += n
    return found
