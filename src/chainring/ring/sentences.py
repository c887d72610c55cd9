"""What turns, their timetable and releases say of themselves, in English and Chinese.

say("cooldown", hours="2.0")          kept with the turn, or told at once
kept(ref.reason)                      of a column that holds one text
"""

from __future__ import annotations

from chainring.contracts.said import Said
from chainring.ring.gate.words import NAMES
from chainring.text.sentences import Sentences

_COLUMN = {
    "form in place": ("form {form} in place of {other}", "以形式 {form} 代替 {other}"),
    "override": ("override: {reason}", "人工推翻：{reason}"),
    "rolled back to": ("rollback to version {version}: {reason}", "回退到版本 {version}：{reason}"),
    "by release": ("release: {reason}", "发布：{reason}"),
    "better": ("better: {told}", "更好：{told}"),
    "not worse": ("not worse than accepted: {told}", "没有差到不可接受：{told}"),
    "reviewed": (
        "{labels} reviewed answers, {better} better and {worse} worse than the champion's: "
        "{mean} points ({low} to {high})",
        "{labels} 条已审核回答，其中 {better} 条优于、{worse} 条劣于现任模型："
        "{mean} 个百分点（{low} 至 {high}）",
    ),
    "reviewed by cost": (
        "{labels} reviewed answers, {better} cheaper and {worse} dearer than the champion's: "
        "{mean} of cost saved on each ({low} to {high})",
        "{labels} 条已审核回答，其中 {better} 条比现任模型便宜、{worse} 条比它贵："
        "平均每条节省成本 {mean}（{low} 至 {high}）",
    ),
    "reviewed by balanced_accuracy": (
        "{labels} reviewed answers, {better} better and {worse} worse than the champion's: "
        "{mean} points of balanced accuracy ({low} to {high})",
        "{labels} 条已审核回答，其中 {better} 条优于、{worse} 条劣于现任模型："
        "平衡准确率 {mean} 个百分点（{low} 至 {high}）",
    ),
    "superseded": (
        "another champion answers since version {version}",
        "自版本 {version} 起由另一个现任模型回答",
    ),
}
"""What references keep as a text: the Chinese of it is found by its template."""

SENTENCES = Sentences(
    {
        **_COLUMN,
        # turns
        "interrupted": ("interrupted", "已中断"),
        "same": ("the same data and recipe", "数据与配方均未变化"),
        "withdrawn": (
            "it was rolled back, or its release ended; `chainring promote` brings it back",
            "它曾被回退，或其发布已结束；可用 `chainring promote` 恢复",
        ),
        "made again": (
            "{step}: made again with another result than before; both stay in the lineage",
            "{step}：重新执行后结果与以前不同；两者都留在谱系中",
        ),
        "placebo": (
            "placebo: the same recipe with another seed, on the champion's rows alone",
            "对照模型：同一配方，换一个种子，只用现任模型的行训练",
        ),
        "no placebo": (
            "no placebo to show beside the fix rate: {because}",
            "没有可与修复率并列的对照模型：{because}",
        ),
        "no such label": (
            "project.labels.{label}: no row and no decision has this label (yet)",
            "project.labels.{label}：（尚）没有行或审核结果使用此标签",
        ),
        "no such label, nearest": (
            "project.labels.{label}: no row and no decision has this label (yet); did you mean "
            "{near}?",
            "project.labels.{label}：（尚）没有行或审核结果使用此标签；您是否想写 {near}？",
        ),
        "no such label of costs": (
            "gate.costs.missed: no row that teaches has the label {label} (yet): the gate reckons "
            "with its cost, no model can answer it",
            "gate.costs.missed：（尚）没有用于训练的行使用标签 {label}：关卡会计入其成本，"
            "但没有模型能答出它",
        ),
        # when a turn is due
        "never turned": ("the ring has not turned yet", "闭环尚未转动"),
        "all answered": (
            "all {count} answers that decide have been answered",
            "定胜负的 {count} 条回答均已审核",
        ),
        "cooldown": ("cooldown: {hours} h left", "冷却中：还剩 {hours} 小时"),
        "corrections": (
            "{fresh} new usable corrections (at least {least})",
            "新增 {fresh} 条可用更正（至少需要 {least} 条）",
        ),
        "few corrections": (
            "{fresh} of {least} new usable corrections; no labelled drop",
            "新增可用更正 {fresh} 条，需要 {least} 条；审核未见准确率下降",
        ),
        "timetable": (
            "timetable: {days} days since the last turn",
            "定时：距上一圈已 {days} 天",
        ),
        "clock went back": (
            "timetable: an unknown time (the clock went back) since the last turn",
            "定时：距上一圈的时间未知（时钟被回拨）",
        ),
        "waits": (
            "{count} wait for a review (`chainring review`)",
            "{count} 条等待审核（`chainring review`）",
        ),
        "would decide": (
            "{count} answers would decide the last verdict (`chainring review`)",
            "还有 {count} 条回答可为上次裁决定胜负（`chainring review`）",
        ),
        "drop": (
            "labelled drop: {share} of the newest {rows} reviewed answers are right, at least "
            "{low} {before}",
            "审核显示准确率下降：最新 {rows} 条已审核回答中答对 {share}，而{before}至少为 {low}",
        ),
        "drop by cost": (
            "labelled drop: the newest {rows} reviewed answers cost {now} each, at most {most} in "
            "the mean {before}",
            "审核显示成本上升：最新 {rows} 条已审核回答平均每条成本 {now}，而{before}平均至多为 "
            "{most}",
        ),
        "drop by balanced_accuracy": (
            "labelled drop: the newest {rows} reviewed answers have a balanced accuracy of {now} "
            "%, at least {most} % {before}",
            "审核显示平衡准确率下降：最新 {rows} 条已审核回答的平衡准确率为 {now}%，"
            "而{before}至少为 {most}%",
        ),
        "judged on": (
            "of the {rows} hold-out rows that it was judged on",
            "评判时在 {rows} 行留出部分上",
        ),
        "its first": ("of its first {rows}", "最初 {rows} 条"),
        # a release begins
        "runs": ("release {release} runs ({stage})", "发布 {release} 正在进行（{stage}）"),
        "other runs": (
            "better, but release {release} of another model runs; it waits for its end",
            "更好，但另一个模型的发布 {release} 正在进行；等待其结束",
        ),
        "begins": (
            "{reason}; release {release} begins ({stage})",
            "{reason}；发布 {release} 开始（{stage}）",
        ),
        # what the evidence says
        "undecided": (
            "no difference shown after {days} days: {told}",
            "{days} 天后仍未看出差别：{told}",
        ),
        "worse": ("worse: {told}", "更差：{told}"),
        "shadow enough": (
            "{shadows} answers in the shadow, no signal against it",
            "{shadows} 个影子回答，没有不利信号",
        ),
        "shadow": (
            "{shadows} of {least} answers in the shadow",
            "影子回答 {shadows} 个，需要 {least} 个",
        ),
        "no review": ("no reviewed answer yet", "尚无经审核的回答"),
        "to count": (
            "{more} more reviewed answers fix how common each label is; those after them judge",
            "再审核 {more} 条回答，即可确定各标签的占比；之后的审核才用来评判",
        ),
        "counted": (
            "how common labels are is counted ({reviews} reviews); those from now on judge",
            "各标签的占比已确定（依据 {reviews} 条审核）；此后的审核用来评判",
        ),
        "learnt": (
            "the candidate learnt from rows that were forgotten since the release began",
            "候选模型学过发布开始后已被遗忘的行",
        ),
        "not loaded": ("it cannot be loaded: {error}", "无法加载：{error}"),
        "failed": (
            "{part} of {count} answers failed; at most {limit} may",
            "{count} 个回答中有 {part} 个失败；最多允许 {limit}",
        ),
        "passed on": (
            "on {count} texts it passed on {more} that the champion answered and answered {less} "
            "that the champion passed on; a rise of at most {limit} is allowed",
            "{count} 条文本中，它转交了现任模型已回答的 {more} 条，回答了现任模型转交的 {less} 条；"
            "最多允许上升 {limit}",
        ),
        "slow": (
            "{part} of {count} answers were too slow; half of them may be",
            "{count} 个回答中有 {part} 个过慢；最多允许一半",
        ),
        "complaints": (
            "{part} of {count} users who complained were answered by it; it answers {limit} of all",
            "{count} 位投诉用户中有 {part} 位由它回答；而它只回答全部用户的 {limit}",
        ),
        "ended": ("{outcome}: {because}", "{outcome}：{because}"),
    },
    names=NAMES
    | {
        "shadow": "影子",
        "canary": "金丝雀",
        "keys": "指定密钥",
        "promoted": "已晋升",
        "rolled back": "已回滚",
        "stopped": "已停止",
        "undecided": "未定",
        "cancelled": "已取消",
        "superseded": "被取代",
    },
)
say = SENTENCES.say
_KEPT = Sentences(_COLUMN, NAMES)


def kept(reason: str) -> Said:
    """Return a reason that a reference keeps in both languages; a person's own stays as it is.

    >>> kept("rollback to version 2: 太多投诉").zh, kept("better").zh
    ('回退到版本 2：太多投诉', '更好')
    """
    return Said(reason, zh=_KEPT.in_chinese(reason))
