"""The words of the card in a model folder, English and Chinese."""

from __future__ import annotations

from chainring.text.sentences import Sentences

BASES = Sentences(
    {
        "own": (
            "own text ({layers} layers, {hidden} wide)",
            "自有文本（{layers} 层，宽 {hidden}）",
        ),
        "gone on": ("{base}, gone on with own text", "{base}，再用自有文本训练"),
    }
)
"""What a base that was made here is called."""

_ROWS = (
    ("title", "Model card", "模型卡"),
    ("use", "What it is for", "用途"),
    ("data", "Data", "数据"),
    ("rivals", "Candidates, on validation", "验证集上的各候选"),
    ("ancestors", "Where the weights come from", "权重来源"),
    ("figures", "Figures on validation", "验证集表现"),
    ("limits", "Limits", "局限"),
    ("privacy", "Privacy", "隐私"),
    ("again", "How to build and cite it", "复现与引用"),
    ("comma", ", ", "、"),
    ("colon", ": ", "："),
    ("unknown", "not stated", "未说明"),
    ("more", "and {n} more", "另有 {n} 项"),
    ("does", "task {task}, {labels} labels, {part}", "任务 {task}，{labels} 个标签，{part}"),
    ("does written", "task {task}, {part}", "任务 {task}，{part}"),
    (
        "passes on",
        "below a confidence of {value} it passes a text on to a person ({because})",
        "置信度低于 {value} 的文本转交人工（{because}）",
    ),
    (
        "meant for",
        "meant for texts like those of its data, with a person who takes what is passed on",
        "适用于与训练数据相似的文本，并需有人处理转交的内容",
    ),
    (
        "rows",
        "{train} rows to learn from, {validation} to choose by (data {digest})",
        "训练 {train} 行，验证 {validation} 行（数据 {digest}）",
    ),
    ("languages", "languages: {found}", "语言：{found}"),
    ("sources", "sources: {found}", "来源：{found}"),
    ("licences", "licences: {found}", "许可：{found}"),
    ("consents", "consents: {found}", "同意范围：{found}"),
    ("labels", "labels: {found}", "标签：{found}"),
    ("feedback", "from users' feedback: {n} rows", "来自用户反馈：{n} 行"),
    ("won", "**won**: ", "**胜出**："),
    (
        "ancestor",
        "{role}: {name}, licence {licence}, {digest}",
        "{role}：{name}，许可 {licence}，{digest}",
    ),
    ("base", "base", "基座"),
    ("teacher", "teacher", "教师模型"),
    ("member", "member", "成员模型"),
    ("champion", "champion", "现任模型"),
    ("from nothing", "trained from nothing but these rows", "仅由上述数据从零训练"),
    ("language", "{name}: {share} of {rows} rows", "{name}：{rows} 行中 {share}"),
    (
        "temperature",
        "confidence is divided by a temperature of {value}, fitted on validation",
        "置信度经温度 {value} 校准（在验证集上拟合）",
    ),
    (
        "judged later",
        "the rows that judge come later: slices with intervals, calibration and cost stand in the "
        "full card, `chainring report --card FILE`",
        "评测在此之后进行：分组区间、校准与成本见完整模型卡，`chainring report --card 文件`",
    ),
    (
        "knows",
        "it knows only the labels, languages and wordings of its data",
        "只了解训练数据中的标签、语言和表达",
    ),
    ("rare", "under {rows} rows to learn from: {labels}", "训练数据不足 {rows} 行：{labels}"),
    (
        "no outside",
        "it has seen no text out of scope: it may be sure of texts it cannot know",
        "没有见过超出范围的文本：可能对不了解的文本过于自信",
    ),
    (
        "no decision",
        "it is no basis for a decision about a person without a person who decides",
        "凡涉及个人的决定，须由人作出，不能仅凭本模型",
    ),
    (
        "redacted",
        "live texts are normalised and personal data taken out by the rules {rules}, as it is "
        "written in `model.json`",
        "线上文本按 `model.json` 所载规则 {rules} 规范化并去除个人信息",
    ),
    ("people", "people known by a pseudonym who wrote rows: {n}", "以化名记录的作者数：{n}"),
    (
        "no epsilon",
        "no differential privacy: no bound on what the weights may tell of a row",
        "未使用差分隐私：权重可能泄露的信息没有数学上界",
    ),
    (
        "recipe",
        "settings of training {digest}, seed {seed}, data set {data}",
        "训练设置 {digest}，随机种子 {seed}，数据集 {data}",
    ),
    ("cite", "cite as: {app}, made with chainring", "引用：{app}，由 chainring 生成"),
)

WORDS = {
    "en": {"code": "en"} | {key: english for key, english, _ in _ROWS},
    "zh": {"code": "zh"} | {key: chinese for key, _, chinese in _ROWS},
}


def base_name(name: str, language: str) -> str:
    """Return what a model that another came from is called; most names are those of their makers.

    >>> base_name("own text (2 layers, 128 wide)", "zh"), base_name("minilm", "zh")
    ('自有文本（2 层，宽 128）', 'minilm')
    """
    return BASES.in_chinese(name) if language == "zh" else name
