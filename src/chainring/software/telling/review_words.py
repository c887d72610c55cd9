"""What a review asks, in both languages, and why something stands in its queue, in Chinese.

Enters the English reason as the queue, the corrections and the groups give it, leaves it in the
language that is asked for.

    why_in("only 41% sure", "zh")           '只有 41% 的把握'
"""

from __future__ import annotations

from chainring.feedback.queue import WHY
from chainring.feedback.statement import REFUSED
from chainring.text.sentences import Sentences

AGAIN = "asked for by its id, to decide anew"
_KINDS = {
    "wrong": "错误", "harmful": "有害", "unfair": "不公平", "private": "隐私",
    "up": "好", "down": "差",
}  # fmt: skip
ASKED = {
    "nothing waits": ("nothing waits for a review", "没有等待审核的内容"),
    "item": ("[{number}/{count}] {kind}: {text}", "[{number}/{count}] {kind}：{text}"),
    "beside": ("    beside: {text}", "    另一段：{text}"),
    "passage": ("    the passage that the model chose: {text}", "    模型所选的段落：{text}"),
    "answered as": ("    answered {answer}; {why}", "    答为 {answer}；{why}"),
    "unanswered": ("    {why}", "    {why}"),
    "user proposed": (
        "    answered {answer}; a user says {value}; {why}",
        "    答为 {answer}；某用户说应为 {value}；{why}",
    ),
    "data proposed": (
        "    answered {answer}; the data says {value}; {why}",
        "    答为 {answer}；数据中为 {value}；{why}",
    ),
    "author proposed": (
        "    answered {answer}; {who} says {value}; {why}",
        "    答为 {answer}；{who} 说应为 {value}；{why}",
    ),
    "decide": (
        "    Enter accepts, a label changes, - rejects, q ends",
        "    回车接受，写标签则更改，- 驳回，q 结束",
    ),
    "no labels": (
        "no labels yet: {count} groups of similar texts; name each, or Enter skips",
        "还没有标签：有 {count} 组相似的文本；请逐组命名，按回车跳过",
    ),
    "group": (
        "group {number} of {count}, {size} texts: {words}",
        "第 {number} 组（共 {count} 组），{size} 条文本：{words}",
    ),
    "name these": (
        "    name of these (Enter skips, q ends)",
        "    这一组的名称（回车跳过，q 结束）",
    ),
    "new label": ("    new label {labels}? y/N", "    新标签 {labels}？y/N"),
    "not taken": ("    not taken", "    未采用"),
    "not taken here": (
        "    not taken: {labels} is a new label, and new ones are asked about at a terminal alone",
        "    未采用：{labels} 是新标签，只在终端上询问后才采用",
    ),
    "now": ("    now: {state} {value}, by {who}", "    现为：{state} {value}，由 {who} 决定"),
    "decided": ("    {state}: {value} ({id})", "    {state}：{value}（{id}）"),
}
"""What `chainring review` asks and answers."""

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
        "refused": (REFUSED, "评价为“差”，接受即同意"),
        "refused and why": (REFUSED + "; {why}", "评价为“差”，接受即同意；{why}"),
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
        "again": (AGAIN, "按编号重新决定"),
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
    if why.endswith(f"; {AGAIN}"):  # what a flag says may hold any mark
        return f"{why_in(why.removesuffix(f'; {AGAIN}'), language)}；{why_in(AGAIN, language)}"
    rated = REASONS.in_chinese(why)
    head, mark, rest = rated.partition("；")
    return head + mark + REASONS.in_chinese(rest) if mark else rated
