"""The words of the data report and of the data commands, English and Chinese.

WORDS["zh"]["drift"]      # '与上一次数据集的差异'
"""

from __future__ import annotations

_ROWS = (
    ("title", "data report", "数据报告"),
    ("contents", "Contents", "目录"),
    ("short", "In short", "要点"),
    ("all well", "Nothing stands out.", "没有需要特别注意的地方。"),
    ("rows", "Rows", "数据行"),
    ("row", "rows", "行"),
    (
        "made",
        "{rows} rows of {records} records, made {at}",
        "{records} 条记录整理成 {rows} 行，制作于 {at}",
    ),
    ("dataset", "data set", "数据集"),
    ("by split", "Rows by split", "按划分统计"),
    ("by language", "Rows by language", "按语言统计"),
    ("by label", "Labelled rows by label", "按标签统计（有标签的行）"),
    ("by group", "Rows by declared group", "按声明的群体统计"),
    ("lengths", "Lengths, in characters", "长度（字符）"),
    ("rest", "{n} others", "其余 {n} 项"),
    ("left out", "What was left out", "剔除的内容"),
    ("by reason", "Left out, by reason", "按原因统计"),
    ("samples", "Some of what was left out", "剔除内容举例"),
    ("duplicates", "Copies", "重复内容"),
    (
        "copies",
        "Rows that were copies of others: {n} ({share} of the records read).",
        "与其他行重复的行：{n}（占读入记录的 {share}）。",
    ),
    (
        "merged",
        "Further records that stand behind a row of the same content: {n}.",
        "并入同一内容的行的其他记录：{n}。",
    ),
    ("reason", "Reason", "原因"),
    ("map words", "en", "zh"),
    (
        "map how",
        "Frequent words: near ones stand in rows beside the same others. How far apart two groups "
        "lie means nothing.",
        "常见词：相近的词在各行里与同样的词相伴。两群词相隔多远没有意义。",
    ),
    ("step", "Step", "步骤"),
    ("where", "Where", "位置"),
    ("text", "Text", "文本"),
    ("number", "Rows", "行数"),
    ("not shown", "not shown", "不展示"),
    ("gone", "no longer there, or changed since", "原处已不存在或已改动"),
    ("why", "`chainring why {id}` tells of it", "可用 `chainring why {id}` 查看"),
    ("origin", "Sources and licences", "来源与许可"),
    ("by source", "Rows by source", "按来源统计"),
    ("by licence", "Rows by licence", "按许可统计"),
    ("source", "Source", "来源"),
    ("licence", "Licence", "许可"),
    ("consent", "Consent", "同意"),
    ("records", "Records", "记录数"),
    ("words", "Words", "词语"),
    ("frequent", "Frequent words: {name}", "常用词：{name}"),
    ("distinctive", "Distinctive words: {name}", "特征词：{name}"),
    ("frequent how", "rows with the word", "含该词的行数"),
    ("distinctive how", "log-odds, standard errors", "对数几率（标准误）"),
    ("word sample", "Words are those of a sample of {n} rows.", "词语取自 {n} 行的样本。"),
    ("drift", "Against the data set before", "与上一次数据集的差异"),
    (
        "first",
        "This is the first data set; there is nothing to compare it with.",
        "这是第一个数据集，没有可比较的对象。",
    ),
    (
        "moved",
        "{came} rows came, {gone} went, {stayed} stayed; {relabelled} of those have another label.",
        "新增 {came} 行，移除 {gone} 行，保留 {stayed} 行，其中 {relabelled} 行换了标签。",
    ),
    (
        "too few",
        "Fewer than {n} rows came or went: too few to compare.",
        "新增或移除的行少于 {n} 行，太少，无法比较。",
    ),
    ("question", "Question", "问题"),
    ("came lengths", "lengths of what came", "新增行的长度"),
    ("came labels", "labels of what came", "新增行的标签"),
    ("came languages", "languages of what came", "新增行的语言"),
    ("came sources", "sources of what came", "新增行的来源"),
    ("came words", "words of what came", "新增行的词语"),
    ("gone lengths", "lengths of what went", "移除行的长度"),
    ("gone labels", "labels of what went", "移除行的标签"),
    ("gone languages", "languages of what went", "移除行的语言"),
    ("gone sources", "sources of what went", "移除行的来源"),
    ("gone words", "words of what went", "移除行的词语"),
    ("came against", "share before → share of what came", "原有占比 → 新增占比"),
    ("gone against", "share of what stayed → share of what went", "保留占比 → 移除占比"),
    ("change", "Moved most", "变化最大"),
    ("median", "median {before:.0f} → {after:.0f}", "中位数 {before:.0f} → {after:.0f}"),
    ("effect", "Effect", "效应"),
    ("p", "p (Holm)", "p（Holm）"),
    ("says", "Says", "结论"),
    ("alarm", "differs", "有差异"),
    ("little", "differs a little", "差异很小"),
    ("noise", "as before", "与以前一致"),
    (
        "drift how",
        "An effect of 0.1 means that a tenth of the rows would have to be others. It differs "
        "where the effect is at least 0.1 and p, corrected for all questions together, at "
        "most 0.05.",
        "效应 0.1 表示有十分之一的行与以前不同。效应不小于 0.1，且对全部问题一并校正后的 p 不"
        "大于 0.05，才算有差异。",
    ),
    ("population", "Beside the population", "与目标人群对照"),
    (
        "undeclared",
        "No population is declared. Say in chainring.toml what shares the rows should have, "
        "and this report names what to collect.",
        "尚未声明目标人群。请在 chainring.toml 里写明各部分应占的比例，报告就会指出需要补充采"
        "集什么。",
    ),
    (
        "population how",
        "Rows to learn from (train and validation), with 95% intervals; short where the "
        "difference is no chance (Holm's correction over all lines) and more than a tenth of "
        "the share.",
        "统计用于学习的行（训练与验证），含 95% 区间；差异并非偶然（对各行一并作 Holm 校正）"
        "，且超过应占比例的十分之一，才算不足。",
    ),
    ("kind", "Kind", "类别"),
    ("name", "Value", "取值"),
    ("have", "Share", "占比"),
    ("expected", "Population", "人群"),
    ("collect", "To collect", "需采集"),
    ("language", "language", "语言"),
    ("label", "label", "标签"),
    ("group", "group", "群体"),
    ("kind source", "source", "来源"),
    ("short verdict", "short", "不足"),
    ("over verdict", "over", "偏多"),
    ("in line verdict", "in line", "相符"),
    (
        "outside",
        "{n} rows have a {kind} that the population does not name; they are not counted.",
        "有 {n} 行的{kind}不在所声明的人群之内，未计入。",
    ),
    ("card", "The data card", "数据卡"),
    ("empty", "nothing", "无"),
    (
        "finding drift",
        "{what}: {moved} (effect {effect:.2f}, p {p}).",
        "{what}：{moved}（效应 {effect:.2f}，p {p}）。",
    ),
    (
        "finding gap",
        "{kind} {name}: {have} of the rows to learn from, {expected} of the population: "
        "collect {collect} more rows.",
        "{kind} {name}：占学习用行的 {have}，而在人群中占 {expected}：请再采集 {collect} 行。",
    ),
    (
        "finding few",
        "Labels with fewer than {n} rows to train on: {names}.",
        "训练行不足 {n} 行的标签：{names}。",
    ),
    (
        "finding unknown",
        "Labels that are judged and never learnt: {names}.",
        "只评判、从未学习的标签：{names}。",
    ),
    (
        "finding dropped",
        "{share} of what was read was left out; look at the reasons.",
        "读入内容有 {share} 被剔除，请查看原因。",
    ),
    (
        "finding conflicts",
        "{n} rows were left out because the same text stands there with other labels.",
        "有 {n} 行被剔除：相同的文本带有不同的标签。",
    ),
    (
        "finding lost",
        "{n} rows were left out because their label has too few rows; look at the reasons.",
        "有 {n} 行被剔除：其标签的行数太少，请查看原因。",
    ),
    (
        "finding unstated",
        "{n} rows have no stated licence; state it under data.licence, or in a column.",
        "有 {n} 行没有写明许可；请在 data.licence 或许可列中写明。",
    ),
    (
        "finding relabelled",
        "{n} rows that stayed have another label than before.",
        "保留的行中有 {n} 行的标签与以前不同。",
    ),
    ("served", "{model} ({part}), served", "{model}（{part}），曾上线"),
    ("not served", "{model} ({part}), never served", "{model}（{part}），未上线"),
    ("unsettled", "not settled", "未定"),
)

WORDS = {
    "en": {"code": "en"} | {key: english for key, english, _ in _ROWS},
    "zh": {"code": "zh"} | {key: chinese for key, _, chinese in _ROWS},
}
