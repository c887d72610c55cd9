"""The words of the full card, English and Chinese: those of the card in the folder and its own."""

from __future__ import annotations

from chainring.training import card_words

_ROWS = (
    ("data", "What it learnt from", "训练数据"),
    ("came from", "Where the weights come from", "权重来源"),
    ("figures", "How well it does", "表现"),
    ("cost", "What it cost", "成本"),
    ("nothing", "nothing", "无"),
    (
        "does",
        "task {task}, {labels} labels, trained as {part}",
        "任务 {task}，{labels} 个标签，训练方式 {part}",
    ),
    ("does written", "task {task}, trained as {part}", "任务 {task}，训练方式 {part}"),
    ("languages", "languages of its data: {names}", "数据语言：{names}"),
    (
        "passes on",
        "below a confidence of {threshold} a text is passed on to a person",
        "置信度低于 {threshold} 的文本转交人工",
    ),
    (
        "served as",
        "served in form {form}, {speed} texts a second on the machine that made it",
        "部署形式 {form}，在生成它的机器上每秒 {speed} 条",
    ),
    ("data set", "data set `{address}`: {splits}", "数据集 `{address}`：{splits}"),
    ("by language", "rows to learn from by language: ", "训练行数（按语言）："),
    ("by source", "by source: ", "按来源："),
    ("by licence", "by licence: ", "按许可："),
    ("by consent", "by consent: ", "按同意范围："),
    ("by label", "by label: ", "按标签："),
    ("from feedback", "rows that users' feedback made: {n}", "来自用户反馈的行数：{n}"),
    (
        "forgotten",
        "**{n} of its rows were forgotten since ({at})**; a turn makes a model without them",
        "**其中 {n} 行之后已被遗忘（{at}）**；再转一圈可得到不含它们的模型",
    ),
    (
        "ancestor",
        "{role}: {name}, licence {licence}, `{digest}`",
        "{role}：{name}，许可 {licence}，`{digest}`",
    ),
    ("from nothing", "trained from nothing but the rows above", "仅由上述数据从零训练"),
    ("won", "won on validation", "验证集胜出"),
    ("not judged", "It was not judged yet.", "尚未评测。"),
    (
        "judged on",
        "Suite `{suite}`, {rows} rows that it was not trained on, with 95% intervals:",
        "固定评测集 `{suite}`，{rows} 行未参与训练的数据，含 95% 区间：",
    ),
    ("what", "slice", "分组"),
    ("share", "right", "正确率"),
    ("worth", "worth on average", "平均得分"),
    ("found", "of rows that have it, right", "真实为此的行中答对"),
    ("precise", "of answers that say it, right", "回答为此的行中答对"),
    ("label passed", "passed on", "转人工"),
    (
        "mix",
        "How often a group is right moves with its mix of labels: compare groups label by label.",
        "各群体的正确率随其标签构成而变：请逐个标签比较。",
    ),
    ("rows", "rows", "行数"),
    ("right", "all", "全部"),
    ("slice part", "part", "部分"),
    ("slice language", "language", "语言"),
    ("slice source", "source", "来源"),
    ("slice protected", "group", "群体"),
    ("slice label", "label", "标签"),
    (
        "calibration",
        "confidence and share of right answers differ by {points} points on average",
        "置信度与正确率平均相差 {points} 个百分点",
    ),
    (
        "calibration beside",
        " ({expected} if it were exactly as sure as it is right)",
        "（置信度完全准确时约为 {expected}）",
    ),
    ("passed", "passed on to a person: {share}", "转交人工：{share}"),
    ("outside", "of texts out of scope {share} were passed on", "超出范围的文本中 {share} 被转交"),
    (
        "left",
        "{n} further slices are not shown, most with under {rows} rows",
        "另有 {n} 个分组未列出，多数不足 {rows} 行",
    ),
    (
        "dropped",
        "{n} rows were left out because a judged model had seen them or a near copy",
        "{n} 行因被评测的模型见过它或其近似副本而剔除",
    ),
    ("verdict", "the gate's word: {value}", "关卡裁决：{value}"),
    ("weak", "worse than on the whole, beyond chance: {names}", "明显低于总体水平：{names}"),
    (
        "redacted",
        "texts were normalised and personal data taken out before training (rules {rules}); live "
        "texts are prepared alike",
        "训练前已规范化文本并去除个人信息（规则 {rules}）；线上文本同样处理",
    ),
    (
        "not redacted",
        "**personal data was not taken out before training** (`privacy.redact = false`)",
        "**训练前未去除个人信息**（`privacy.redact = false`）",
    ),
    (
        "log",
        "requests are kept as: {log}, for {days:g} days (0: no end)",
        "请求记录方式：{log}，保留 {days:g} 天（0 为不限）",
    ),
    ("epsilon", "differential privacy, epsilon {value}", "差分隐私，ε = {value}"),
    (
        "step cost",
        "{step}: {cpu} CPU s, {seconds} s, peak {memory} MiB",
        "{step}：{cpu} CPU 秒，{seconds} 秒，内存峰值 {memory} MiB",
    ),
    (
        "whole cost",
        "all steps up to the model: {cpu} CPU s",
        "生成模型的全部步骤：{cpu} CPU 秒",
    ),
    ("address", "model `{address}`", "模型 `{address}`"),
    ("made at", "made at {at}", "生成时间 {at}"),
    (
        "recipe",
        "settings of training `{digest}`, seed {seed}",
        "训练设置 `{digest}`，随机种子 {seed}",
    ),
    ("versions", "versions: ", "版本："),
    (
        "rebuild",
        "built again by `chainring turn --force` in its project, from data set `{address}`",
        "在其项目中由数据集 `{address}` 运行 `chainring turn --force` 可重新生成",
    ),
    (
        "cite",
        "cite as: {app}, chainring model {address}",
        "引用：{app}，chainring 模型 {address}",
    ),
)

WORDS = {
    "en": card_words.WORDS["en"] | {key: english for key, english, _ in _ROWS},
    "zh": card_words.WORDS["zh"] | {key: chinese for key, _, chinese in _ROWS},
}
