"""What the gate says, in English and Chinese.

A verdict is stored with its sentences in both. An older one has them in English alone: the Chinese
is then found by matching the template and carrying the values over; a sentence of another origin
(a trust check, say) stays as it was written.

    say("size", size="3.0", limit="2.0")      what is stored
    in_chinese(check.because)                 what a Chinese page shows
"""

from __future__ import annotations

from collections.abc import Iterable

from chainring.contracts.said import Said, joined
from chainring.ring.gate.words import NAMES
from chainring.text.sentences import Sentences

_SENTENCES = {
    # why a check holds or not
    "better": (
        "p {p} for such a lead by chance ({test}, {rows} rows); {alpha} is the limit",
        "偶然出现这种领先的概率 p {p}（{test}，{rows} 行），上限 {alpha}",
    ),
    "by balanced_accuracy": (
        "balanced accuracy {before} % before, {now} % now",
        "平衡准确率此前 {before}%，现在 {now}%",
    ),
    "by cost": (
        "a cost of {before} a row before, {now} now",
        "每行成本此前 {before}，现在 {now}",
    ),
    "beats answer by balanced_accuracy": (
        "a balanced accuracy of {now} %; always answering {label} would have {before} % (p {p},"
        " {rows} rows)",
        "平衡准确率 {now}%；若总是回答 {label} 则为 {before}%（p {p}，{rows} 行）",
    ),
    "beats passing on by balanced_accuracy": (
        "a balanced accuracy of {now} %; always passing on would have {before} % (p {p}, {rows}"
        " rows)",
        "平衡准确率 {now}%；若总是转给人工则为 {before}%（p {p}，{rows} 行）",
    ),
    "beats answer by cost": (
        "a cost of {now} a row; always answering {label} would cost {before} (p {p}, {rows} rows)",
        "每行成本 {now}；若总是回答 {label} 则为 {before}（p {p}，{rows} 行）",
    ),
    "beats passing on by cost": (
        "a cost of {now} a row; always passing on would cost {before} (p {p}, {rows} rows)",
        "每行成本 {now}；若总是转给人工则为 {before}（p {p}，{rows} 行）",
    ),
    "beats majority": (
        "{right} % right; always answering {label} would give {share} % (p {p}, {rows} rows)",
        "答对 {right}%；若总是回答 {label} 则为 {share}%（p {p}，{rows} 行）",
    ),
    "too few others": (
        "too few rows to tell, even were all right: of labels other than {label}: {found}, at "
        "least {least} are needed; label more of them",
        "行数太少，即使全部答对也看不出：{label} 以外标签的行有 {found}，至少需要 {least}"
        "；请再标注一些",
    ),
    "too few owners": (
        "too little to tell, even were all right: rows of one author, conversation or group count"
        " once, so the {rows} of labels other than {label} count as {found}, and at least {least}"
        " are needed; label rows of others",
        "依据太少，即使全部答对也看不出：同一作者、同一会话或同一组的行只算一行，"
        "因此 {label} 以外标签的 {rows} 行只算 {found} 行，至少需要 {least}；"
        "请标注其他作者、其他会话或其他组的行",
    ),
    "beats constant": (
        "worth {right} %; always the same answer would be worth {share} % (p {p}, {rows} rows)",
        "得分 {right}%；若总是给出同一答案则为 {share}%（p {p}，{rows} 行）",
    ),
    "no rows": (
        "there is no row to judge on; label some, or review the hold-out sample",
        "没有可用来评判的行；请先标注一些，或审核留出部分",
    ),
    "part": (
        "{value}: {change} points on {rows} rows (p of worse {p})",
        "{value}：{rows} 行上变化 {change} 个百分点（变差的 p {p}）",
    ),
    "part by balanced_accuracy": (
        "{value}: balanced accuracy {before} % before, {now} % now on {rows} rows (p of worse {p})",
        "{value}：{rows} 行上平衡准确率此前 {before}%，现在 {now}%（变差的 p {p}）",
    ),
    "part by cost": (
        "{value}: a cost of {before} a row before, {now} now on {rows} rows (p of worse {p})",
        "{value}：{rows} 行上每行成本此前 {before}，现在 {now}（变差的 p {p}）",
    ),
    "labels weighed": (
        "{count} labels are weighed against each other by the measure, and shown only",
        "{count} 个标签由衡量标准相互权衡，只作展示",
    ),
    "no slices": (
        "no slice has {minimum} rows yet",
        "尚无任何切片达到 {minimum} 行",
    ),
    "slices hold": (
        "none of {count} slices is measurably worse (Holm)",
        "{count} 个切片中没有一个明显变差（Holm 校正）",
    ),
    "slices fall": (
        "measurably worse (Holm): {names}",
        "明显变差（Holm 校正）：{names}",
    ),
    "no must": ("no row judged here is marked must", "这里评判的行中没有标为“必须”的"),
    "must holds": (
        "all {count} complaints marked must are right",
        "标为“必须”的 {count} 条投诉全部答对",
    ),
    "must falls": (
        "{wrong} of {count} complaints marked must are wrong: {names}",
        "标为“必须”的 {count} 条投诉中有 {wrong} 条答错：{names}",
    ),
    "must nearly": (
        "{wrong} of {count} complaints marked must are not answered as they must be, and nearly"
        " right is not right: {names}",
        "标为“必须”的 {count} 条投诉中有 {wrong} 条没有答成要求的样子，接近正确不算答对：{names}",
    ),
    "none fixed": ("no complaint was fixed before", "此前没有已修复的投诉"),
    "reopened": (
        "{wrong} of {count} once fixed complaints are wrong again: {low} % of such or more, with"
        " 95 % confidence; under {limit} % is asked",
        "曾修复的 {count} 条投诉中有 {wrong} 条再次答错："
        "95% 置信下比例不低于 {low}%，要求低于 {limit}%",
    ),
    "passed on": (
        "{now} % of texts in scope go to a person, {before} % before; a rise of {limit} points is"
        " the limit",
        "范围内的文本有 {now}% 转给人工，此前为 {before}%；最多允许上升 {limit} 个百分点",
    ),
    "passed on written": (
        "{now} % of texts in scope go to a person, {before} % before; written answers are shown and"
        " graded all the same, so there is no limit",
        "范围内的文本有 {now}% 转给人工，此前为 {before}%；书面回答照样显示并评分，因此不设上限",
    ),
    "passed on priced": (
        "{now} % of texts in scope go to a person, {before} % before; each costs {price}, which the"
        " measure counts, so there is no limit",
        "范围内的文本有 {now}% 转给人工，此前为 {before}%；每条成本 {price} 已计入，因此不设上限",
    ),
    "no scope": ("no text in scope to measure it on", "没有范围内的文本可供测量"),
    "parity on": (
        "form {form} answers like the model: {because}",
        "形式 {form} 与模型的回答一致：{because}",
    ),
    "parity off": (
        "form {form} answers unlike the model: {because}",
        "形式 {form} 与模型的回答不一致：{because}",
    ),
    "size": ("{size} MiB; {limit} MiB is the limit", "{size} MiB；上限 {limit} MiB"),
    "speed": (
        "{speed} texts per second; {limit} is the least",
        "每秒 {speed} 条文本；下限为 {limit}",
    ),
    "latency": (
        "a text takes {ratio} times as long as with the champion; {limit} is the limit",
        "每条文本耗时为现任模型的 {ratio} 倍；上限 {limit}",
    ),
    "not measured": ("not measured", "未测量"),
    "no limit": ("no limit is set", "未设上限"),
    # notes
    "second look": (
        "second look: {count} kept answers joined, on which a person said who is right where the"
        " two models differ",
        "第二次检验：加入 {count} 条保留的回答；两个模型不同之处由人判定谁对",
    ),
    "asks": (
        "{count} answers would decide: the two models differ on them; answer them with `chainring"
        " review`, then turn again",
        "还有 {count} 条回答可以定胜负：两个模型在其上不同；"
        "请用 `chainring review` 回答，然后再转一次",
    ),
    "unseen": (
        "the rows show a lead, but mistakes that so few of them may hide could outweigh it: of"
        " {label}, whose mistakes weigh most, {count} rows are judged; label more of them",
        "这些行显示领先，但行数太少，可能藏着足以抵消领先的错误："
        "错误代价最大的 {label} 只评判了 {count} 行；请再标注一些",
    ),
    "unseen owner": (
        "the rows show a lead, but what one author, conversation or group could lose at once could"
        " outweigh it: {count} of {rows} rows are of one; label rows of others",
        "这些行显示领先，但某一作者、某一会话或某一组可能一次带来的损失足以抵消它："
        "{rows} 行中有 {count} 行属于其一；请标注其他作者、其他会话或其他组的行",
    ),
    "left out": (
        "{count} rows were judged for one of the two models only and left out",
        "有 {count} 行只评判了两个模型之一，已略去",
    ),
    "dropped": (
        "{count} rows were dropped: {because}",
        "剔除了 {count} 行：{because}",
    ),
    "looks": (
        "this suite has judged {looks} times; past {limit}, chance alone can win: renew it from"
        " reviewed answers",
        "这套评测已使用 {looks} 次；超过 {limit} 次，偶然也可能取胜：请用审核过的回答更新它",
    ),
    "tries": (
        "this challenger and champion were judged before, on {before} other versions of the rows:"
        " the limit is 1/{tries} of `gate.alpha`",
        "这一对挑战者与现任模型此前在其他版本的行上已评判过 {before} 次："
        "上限为 `gate.alpha` 的 1/{tries}",
    ),
    "again": (
        "these two were looked at a second time before, on {before} other sets of rows: the"
        " limit of a second look is at most 1/{again} of its share",
        "此前已在另外 {before} 组行上对这一对作过第二次检验："
        "第二次检验的上限至多为其份额的 1/{again}",
    ),
    "rows for margin": (
        "a difference of {margin} points needs about {rows} rows to be seen",
        "要看出 {margin} 个百分点的差别，大约需要 {rows} 行",
    ),
    "rows for margin unknown": (
        "how many rows a difference of {margin} points needs cannot be said: the two models"
        " disagree on {share} % of rows",
        "无法说明看出 {margin} 个百分点的差别需要多少行：两个模型在 {share}% 的行上不同",
    ),
    "by author": (
        "one author gave {most} of {rows} rows, so the test goes by author: {units} units that can"
        " be told apart",
        "有一位作者提供了 {rows} 行中的 {most} 行，因此按作者检验：共 {units} 个独立单位",
    ),
    "by episode": (
        "{most} of {rows} rows are turns of one conversation, so the test goes by episode: {units}"
        " units that can be told apart",
        "{rows} 行中有 {most} 行是同一会话的各轮，因此按会话检验：共 {units} 个独立单位",
    ),
    "by group": (
        "{most} of {rows} rows are of one group, so the test goes by group: {units} units that can"
        " be told apart",
        "{rows} 行中有 {most} 行同属一组，因此按组检验：共 {units} 个独立单位",
    ),
    "must unjudged": (
        "{cases} cases are marked must, but only {rows} rows judged here carry the mark",
        "有 {cases} 个案例标为“必须”，但这里评判的行中只有 {rows} 行带此标记",
    ),
    "reacted joined": (
        "{count} rows that users reacted to count too, weighted by how often right and wrong"
        " answers get a reaction ({right} % and {wrong} %)",
        "用户作出反应的 {count} 行也计入，"
        "并按正确与错误回答得到反应的比例（{right}% 与 {wrong}%）加权",
    ),
    "reacted few": (
        "{count} rows that users reacted to count for the fix rate only: {right} right and {wrong}"
        " wrong answers with a reaction are reviewed, {minimum} of each are needed",
        "用户作出反应的 {count} 行只用于修复率："
        "已审核的有反应的回答中，正确 {right} 条、错误 {wrong} 条，各需 {minimum} 条",
    ),
    "reacted disputed": (
        "{count} rows that users reacted to count for the fix rate only: review found {share} % of"
        " reactions mistaken, {limit} % is the limit",
        "用户作出反应的 {count} 行只用于修复率：审核发现 {share}% 的反应有误，上限 {limit}%",
    ),
    "reacted mix": (
        "{count} rows that users reacted to count for the fix rate only: {found} % of them were"
        " wrong answers, {expected} % of the reviewed sample's reactions",
        "用户作出反应的 {count} 行只用于修复率：其中 {found}% 是错误回答，"
        "而审核样本的反应中为 {expected}%",
    ),
    "reacted measured": (
        "{count} rows that users reacted to count for the fix rate only: how often they react to"
        " a mistake may depend on what it costs",
        "用户作出反应的 {count} 行只用于修复率：对错误作出反应的频率可能取决于其代价",
    ),
    "reacted only": (
        "{count} rows that users reacted to count for the fix rate only: users react to wrong"
        " answers far more often",
        "用户作出反应的 {count} 行只用于修复率：用户对错误回答的反应要多得多",
    ),
}

SENTENCES = Sentences(_SENTENCES, NAMES)
say = SENTENCES.say


SECOND_LOOK = "second look"
"""The name of the note of a second look; the note begins with it, too."""


def chance(p: float) -> str:
    """Return a p value with two digits, as it stands in a table."""
    return f"{p:.2g}" if p >= 1e-4 else "<0.0001"


def equals(p: float) -> str:
    """Return `= 0.031`, or `< 0.0001` where more digits would claim too much."""
    return f"= {p:.2g}" if p >= 1e-4 else "< 0.0001"


def figure(value: float, measure: str) -> str:
    """Return a figure of a measure: points of a hundred, or what a row costs."""
    return f"{value:.3g}" if measure == "cost" else f"{100 * value:.1f}"


def in_chinese(sentence: str) -> str:
    """Return the Chinese of a sentence of the gate; any other comes back as it is.

    >>> in_chinese(say("size", size="3.0", limit="2.0"))
    '3.0 MiB；上限 2.0 MiB'
    """
    return SENTENCES.in_chinese(sentence)


def said_twice(sentence: str) -> Said:
    """Return a sentence of the gate in both languages, also where its English alone was kept."""
    return Said(sentence, zh=in_chinese(sentence))


def word(name: str) -> Said:
    """Return a value, a test, a check or a slice in both languages."""
    return Said(name, zh=named(name, "zh"))


def slices_named(names: Iterable[str]) -> Said:
    """Return names of slices as one text."""
    return joined(map(word, names), en=", ", zh="、")


def named(name: str, language: str) -> str:
    """Return a value, a test, a check, or a slice such as `language:en`, in the page's language."""
    if language == "en":
        return name
    if name in NAMES:
        return NAMES[name]
    kind, colon, rest = name.partition(":")
    return NAMES.get(kind, kind) + "：" + rest if colon else name
