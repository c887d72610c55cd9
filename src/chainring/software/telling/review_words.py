"""Why something stands in the review queue, in Chinese.

Enters the English reason as the queue, the corrections and the groups give it, leaves it in the
language that is asked for.

    why_in("only 41% sure", "zh")           '只有 41% 的把握'
"""

from __future__ import annotations

from chainring.feedback.queue import WHY
from chainring.text.sentences import Sentences

_KINDS = {
    "wrong": "错误", "harmful": "有害", "unfair": "不公平", "private": "隐私",
    "up": "好", "down": "差",
}  # fmt: skip
REASONS = Sentences(
    {
        "sampled": (WHY["holdout"], "随机抽中：它用来评判模型，绝不用于训练"),
        "unseen": (
            WHY["unseen"],
            "随机抽中：它用来评判模型，绝不用于训练；请直接写出正确的内容，不显示模型的回答，以免受其影响",
        ),
        "deciding": (WHY["deciding"], "最新的模型答得不同：您的回答在两者之间定胜负"),
        "flagged and said": ("flagged as {kind}: {comment}", "被举报为“{kind}”：{comment}"),
        "flagged": ("flagged as {kind}", "被举报为“{kind}”"),
        "refused": (
            "rated down, and to accept is to agree; {why}",
            "评价为“差”，接受即同意；{why}",
        ),
        "rated": ("rated {kind}; {why}", "评价为“{kind}”；{why}"),
        "passed on": ("passed on to a person, {sure} sure", "已转人工，把握 {sure}"),
        "unsure": ("only {sure} sure", "只有 {sure} 的把握"),
        "all reviewed": ("every correction is reviewed", "每条更正都要审核"),
        "author": ("more than {limit} of one author", "同一作者超过 {limit} 条"),
        "set back": ("a person set it back", "有人将它退回"),
        "decided before": (
            "a person decided on what its author said before",
            "同一作者先前的说法已由人决定",
        ),
        "outside": ("far outside the data's {low} to {high}", "远在数据的 {low} 到 {high} 之外"),
        "otherwise": ("the files say otherwise of this text", "文件对这条文本另有标注"),
        "contradicted": ("the data contradicts it", "与数据相矛盾"),
        "suspect": (
            "models that had not seen it are surer of {label}, by {margin}",
            "没见过它的模型更相信 {label}，差 {margin}",
        ),
        "group": ("{count} texts: {words}. {enough}", "{count} 条文本：{words}。{enough}"),
        "few labels": (
            "not yet: at least two labels are needed, there are {count}",
            "还不够：至少需要两个标签，现有 {count} 个",
        ),
        "few texts": (
            "not yet: {label} needs {more} more ({count} of {least})",
            "还不够：{label} 还差 {more} 条（{count}/{least}）",
        ),
        "enough": (
            "enough to start: each of {count} labels has {least} or more texts",
            "可以开始了：{count} 个标签各有至少 {least} 条文本",
        ),
        "better": (
            "{count} a label are better; fewer have: {labels}",
            "每个标签 {count} 条更好；不足的有：{labels}",
        ),
    },
    names=_KINDS,
)


def why_in(why: str, language: str) -> str:
    """Return a reason in a language, `en` or `zh`; one that is not known stays English."""
    if language != "zh":
        return why
    rated = REASONS.in_chinese(why)
    head, mark, rest = rated.partition("；")
    return head + mark + REASONS.in_chinese(rest) if mark else rated
