"""The words of the report, English and Chinese."""

from __future__ import annotations

from chainring.contracts.dataset import Task
from chainring.contracts.tasks import TASKS

_ROWS = (
    ("title", "the ring so far", "数据闭环报告"),
    ("contents", "Contents", "目录"),
    ("turns", "Turns", "轮次"),
    ("turn", "turn", "第几圈"),
    ("verdict", "The gate's last word", "关卡最近一次裁决"),
    ("quality", "Where the last challenger is right and wrong", "最新挑战者的对与错"),
    ("candidates", "Candidates and forms", "候选模型与部署形式"),
    ("users", "What users said", "用户反馈"),
    ("cost", "What each step cost so far", "各步骤累计开销"),
    ("no champion", "no model serves yet", "还没有上线的模型"),
    ("serves", "model {model} serves in form {form}", "现任模型 {model}，形式 {form}"),
    (
        "serves other",
        "Model {model} serves since {when}, put there by {by} ({because}). What follows is of "
        "model {challenger}, which does not serve.",
        "模型 {model} 自 {when} 起服务，由{by}上线（{because}）。"
        "以下内容说的是模型 {challenger}，它未在服务。",
    ),
    (
        "serves beside",
        "Model {model} serves since {when}, put there by {by} ({because}). What follows is of "
        "model {challenger}, which is being released (stage {stage}).",
        "模型 {model} 自 {when} 起服务，由{by}上线（{because}）。"
        "以下内容说的是模型 {challenger}，它正在发布（{stage}阶段）。",
    ),
    ("shadow", "shadow", "影子"),
    ("canary", "canary", "金丝雀"),
    ("keys", "keys", "指定密钥"),
    (
        "serves held",
        "Model {model} serves since {when}, put there by {by} ({because}): the last verdict had "
        "held it.",
        "模型 {model} 自 {when} 起服务，由{by}上线（{because}）：最近一次裁决未让它上线。",
    ),
    ("accuracy", "Accuracy", "准确率"),
    ("figures", "Figures of the task", "该任务的指标"),
    ("interval", "with 95% intervals", "含 95% 区间"),
    ("challenger", "challenger", "挑战者"),
    ("champion", "champion", "现任模型"),
    ("by language", "Accuracy by language", "分语言准确率"),
    ("confusion", "Confused most often (truth → answer)", "最常混淆的标签（真实 → 回答）"),
    ("calibration", "Calibration", "置信度校准"),
    ("confidence", "confidence", "置信度"),
    ("right", "share that was right", "答对的比例"),
    ("answers", "answers", "回答数"),
    ("hardest", "Hardest labels", "最难的标签"),
    ("more", "{n} more are not shown.", "另有 {n} 项未列出。"),
    ("found", "Of rows that have it, right", "真实为此的行中答对"),
    ("precise", "Of answers that say it, right", "回答为此的行中答对"),
    ("group", "Group", "群体"),
    (
        "mix",
        "How often a group is right moves with its mix of labels: compare groups label by label.",
        "各群体的正确率随其标签构成而变：请逐个标签比较。",
    ),
    ("candidate", "Candidate", "候选"),
    ("validation", "On validation", "验证集"),
    ("because", "Because", "原因"),
    ("form", "Form", "形式"),
    ("speed", "texts/s", "条/秒"),
    ("feedback", "Feedback by day", "每日反馈"),
    ("satisfaction", "Satisfaction by day", "每日满意度"),
    ("thumbs up", "thumbs up", "点赞比例"),
    ("confirmed", "confirmed of judged", "确认占已评比例"),
    ("passed on", "passed on to a person", "转人工比例"),
    ("confirmation", "confirmations", "确认"),
    ("correction", "corrections", "更正"),
    ("rating", "ratings", "评分"),
    ("comment", "comments", "评论"),
    ("flag", "flags", "举报"),
    ("cpu", "CPU seconds per step", "各步骤 CPU 秒"),
    ("memory", "Peak memory per step, MiB", "各步骤内存峰值（MiB）"),
    ("short", "In short", "摘要"),
    ("better", "What would make it better", "如何改进"),
    ("training", "How it was trained", "训练曲线"),
    ("card", "Model card", "模型卡"),
    ("count", "turns so far: {n}", "已完成 {n} 圈"),
    ("comma", ", ", "、"),
    ("colon", ": ", "："),
    (
        "short accuracy",
        "The newest model is right on {share} of the rows that judge.",
        "最新模型在评测数据上的正确率：{share}。",
    ),
    (
        "short cost",
        "The newest model costs {now} a row on the rows that judge, ",
        "最新模型在评测数据上每行成本 {now}，",
    ),
    (
        "short balanced_accuracy",
        "The newest model finds {now} of each label on average on the rows that judge, ",
        "最新模型在评测数据上各标签平均找出 {now}，",
    ),
    ("beside served", "the one that served {before}.", "此前服务的模型为 {before}。"),
    (
        "beside constant",
        "the best answer that never changes {before}.",
        "最好的“总给同一回答”为 {before}。",
    ),
    ("by cost", "Cost a row", "每行成本"),
    ("by balanced_accuracy", "Balanced accuracy", "平衡准确率"),
    ("same rows", "both on the same rows", "两者在相同的行上"),
    (
        "curve not cost",
        "The curve is of how often the likeliest label is right, which is not what judges here: "
        "of cost it says nothing.",
        "曲线表示最可能的标签答对的比例，而这里按成本评判：曲线不说明成本。",
    ),
    (
        "curve not balanced_accuracy",
        "The curve is of how often the likeliest label is right, which is not what judges here: "
        "common labels weigh most in it.",
        "曲线表示最可能的标签答对的比例，而这里按平衡准确率评判：曲线中常见标签占比更大。",
    ),
    (
        "short calibration",
        "Its confidence and its share of right answers differ by {points} points on average.",
        "置信度与实际正确率平均相差 {points} 个百分点。",
    ),
    (
        "calibration beside",
        " Of a model that is exactly as sure as it is right it would be {expected} on these rows.",
        "若模型的置信度完全准确，在这些行上约为 {expected} 个百分点。",
    ),
    (
        "short wanted",
        "More labels are wanted most for: {labels}.",
        "最需要补充标注的标签：{labels}。",
    ),
    (
        "short suspects",
        "{n} labels may be wrong; `chainring review` asks about them, the surest first.",
        "有 {n} 条标签可能标错；运行 `chainring review` 逐条确认，最可疑的排在最前。",
    ),
    (
        "gain",
        "Twice the labels ({rows} rows) would bring about {points} points ({low} to {high}), "
        "judging by how {learner} gained so far in the model's place.",
        "标注量翻倍（{rows} 行）预计可提高约 {points} 个百分点（{low} 至 {high}），"
        "依据是以 {learner} 代替该模型测得的学习曲线。",
    ),
    (
        "no gain",
        "Twice the labels ({rows} rows) would bring next to nothing, judging by how {learner} "
        "gained so far in the model's place: better labels or another base may do more.",
        "标注量翻倍（{rows} 行）几乎不会带来提高，依据是以 {learner} 代替该模型测得的学习曲线："
        "改进标注质量或更换基座模型可能更有效。",
    ),
    (
        "gain how",
        "A forecast, no promise: the curve is that of a stand-in that learns fast, each row told "
        "by models that had not seen it; the line beyond is an inverse power law fitted to it. The "
        "interval holds the chance of the rows, not that the law might bend.",
        "这是预测，不是保证：曲线由训练较快的替代模型测得，每一行都由未见过它的模型来判断；"
        "延长部分是拟合的反幂律。区间只反映数据的随机性，不含规律本身可能的偏离。",
    ),
    (
        "sampled",
        "Studied were {n} of the {rows} rows to learn from, drawn at random.",
        "从 {rows} 行训练数据中随机抽取了 {n} 行来分析。",
    ),
    (
        "few a label",
        "With so few rows a label curves often rise faster than the law: it may well be more.",
        "每个标签的数据这么少时，曲线往往比该规律上升得更快：实际可能更多。",
    ),
    ("frozen", "a linear layer on the frozen {base}", "冻结的 {base} 上的线性层"),
    ("learning curve", "Accuracy by rows to learn from", "准确率随训练行数的变化"),
    ("measured", "measured", "实测"),
    ("foretold", "foretold", "预测"),
    ("rows to learn from", "rows to learn from", "训练行数"),
    ("wanted", "Where labels should be added", "应在哪里补充标注"),
    (
        "wanted how",
        "Labels whose rows are most often told wrong by models that had not seen them. One that "
        "the second half of its rows did not help may need a clearer guideline rather than rows.",
        "按“由未见过该行的模型判断时出错的比例”排序。若后一半数据没有带来提高，"
        "可能更需要明确标注规则，而不是更多数据。",
    ),
    ("label", "Label", "标签"),
    ("rows", "Rows", "行数"),
    ("told right", "Told right", "判断正确"),
    ("second half", "Points from the second half", "后一半带来的百分点"),
    ("taken", "Rows of others told this", "他类误判为此"),
    ("suspects", "Labels that are likely wrong", "可能标错的标签"),
    (
        "suspected",
        "{n} of {rows} rows to learn from are told another label by models that had not seen them, "
        "more surely than is usual for that label; {shown} are shown, {decided} were decided on.",
        "{rows} 行训练数据中，有 {n} 行被未见过它的模型以高于该标签平均水平的把握判为其他标签；"
        "此处列出 {shown} 行，已处理 {decided} 行。",
    ),
    (
        "suspected how",
        "Confident learning (Northcutt and others 2021). Some are right, and hard: decide in "
        "`chainring review`; `chainring data trace ROW` tells where a row came from.",
        "采用置信学习（Northcutt 等，2021）。其中有些标签没错，只是难判断：请用 "
        "`chainring review` 决定；`chainring data trace 行号` 可查看该行的来源。",
    ),
    ("none suspected", "No label is suspected.", "没有可疑的标签。"),
    ("no suspects left", "All that were suspected were decided on.", "可疑标签均已处理。"),
    ("text", "Text", "文本"),
    ("given", "Label given", "现有标签"),
    ("likely", "Likelier", "更可能是"),
    ("margin", "Surer by", "把握高出"),
    ("row", "Row", "行"),
    (
        "mistakes",
        "Its surest mistakes and what they are like",
        "最自信的错误与相近的训练行",
    ),
    (
        "mistaken",
        "{n} of {rows} validation rows were answered wrong without being passed on; the surest are "
        "shown.",
        "{rows} 行验证数据中有 {n} 行答错且未转人工；下面列出把握最大的几行。",
    ),
    (
        "mistaken by grade",
        "{n} of {rows} validation rows were not answered in full without being passed on; those of "
        "the lowest grade (0 to 1) are shown.",
        "{rows} 行验证数据中有 {n} 行未得满分且未转人工；下面列出得分（0 至 1）最低的几行。",
    ),
    ("grade", "Answer and its grade", "回答与得分"),
    (
        "mistakes how",
        "Validation rows only: whoever mends what they saw in the rows that judge has trained on "
        "them. Nearness is the cosine of words and characters (TF-IDF).",
        "只列验证数据：依据评测数据来改进，就等于用它训练。相近程度为词与字符 TF-IDF 的余弦值。",
    ),
    (
        "no mistake",
        "None of {rows} validation rows was answered wrong without being passed on.",
        "{rows} 行验证数据中没有答错且未转人工的。",
    ),
    (
        "mistakes passed on",
        "Further rows that were answered wrong, and passed on to a person: {n}.",
        "另有 {n} 行答错，但已转人工。",
    ),
    ("flips", "Right before, wrong now", "此前答对、现在答错"),
    ("flips shown", "{n} rows; {shown} are shown.", "共 {n} 行；列出 {shown} 行。"),
    (
        "flips how",
        "Look at them before you override the gate, and mend nothing by them: they judge.",
        "推翻裁决之前请先看这些行，但不要据此改进：它们用于评判。",
    ),
    ("before", "Before", "此前"),
    ("now", "Now", "现在"),
    ("truth", "Truth", "真实标签"),
    ("answer", "Answer", "回答"),
    ("nearest", "Nearest rows to learn from", "最相近的训练行"),
    ("withheld", "withheld", "不予显示"),
    ("forgotten", "forgotten since", "之后已遗忘"),
    ("no curve", "No learning curve", "没有学习曲线"),
    ("no suspects", "No search for wrong labels", "未查找标错的标签"),
    ("no mistakes", "No list of mistakes", "没有错误列表"),
    ("step", "step", "步"),
    ("loss", "loss", "损失"),
    ("rate", "learning rate", "学习率"),
    ("empty", "nothing yet", "暂无数据"),
)

WORDS = {
    "en": {"code": "en"} | {key: english for key, english, _ in _ROWS},
    "zh": {"code": "zh"} | {key: chinese for key, _, chinese in _ROWS},
}

GRADED = {
    "en": {
        "quality": "Where the last challenger is worth much and little",
        "accuracy": "Mean score",
        "by language": "Mean score by language",
        "right": "share worth at least a half",
        "flips": "Worth at least a half before, less now",
        "short accuracy": "The newest model's answers are worth {share} on the rows that judge.",
        "short calibration": "Its confidence and its share of answers worth at least a half differ"
        " by {points} points on average.",
    },
    "zh": {
        "quality": "最新挑战者得分的高低",
        "accuracy": "平均得分",
        "by language": "分语言平均得分",
        "right": "得分不低于一半的比例",
        "flips": "此前得分不低于一半、现在低于一半",
        "short accuracy": "最新模型在评测数据上的平均得分：{share}。",
        "short calibration": "置信度与得分不低于一半的比例平均相差 {points} 个百分点。",
    },
}
"""Said instead where answers are graded: they are right in part."""


def words(language: str, task: Task) -> dict[str, str]:
    """Return the words of a report on a project of this task."""
    return WORDS[language] | (GRADED[language] if TASKS[task].form != "one" else {})
