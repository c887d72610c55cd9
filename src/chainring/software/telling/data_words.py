"""The sentences of commands about text (`data`, `words`, `pretrain`, `forget`), in two languages.

say("made words", out=out, words="1,200", dimensions=100)
"""

from __future__ import annotations

from chainring.contracts.said import Said
from chainring.data.sentences import SPLITS
from chainring.software.telling.result_words import own
from chainring.text.errors import in_both
from chainring.text.sentences import Sentences

__all__ = ["SENTENCES", "own", "reason", "say", "word"]

_NAMES = SPLITS | {
    # states and who labels
    "accepted": "已接受", "pending": "待审核", "rejected": "已驳回",
    "source": "来源", "person": "人", "user": "用户", "model": "模型",
    "rating": "评分", "confirmation": "确认", "correction": "更正", "preference": "偏好",
    "comment": "评论", "outcome": "结果", "flag": "举报",
    "taught": "已教会", "judged": "已评判", "read by": "被读取", "served": "曾上线",
    "never served": "从未上线",
    # steps of the ring
    "records": "记录", "cleaned": "清洗", "corrections": "更正", "labels": "标签",
    "dataset": "数据集", "feedback": "反馈", "kept": "保留",
    # what cleaning finds
    "symbols": "符号过多", "bullets": "列表项过多", "ellipses": "省略号过多", "code": "代码",
    "mojibake": "乱码", "mojibake mended": "已修复乱码", "normalised": "已规范化",
    "redacted": "已脱敏", "boilerplate cut": "已删去套话", "language named": "已判定语言",
    # what a base is told by
    "perplexity": "困惑度", "bits per character": "每字符比特数", "accuracy": "准确率",
    "pair accuracy": "句对准确率",
    # what is forgotten
    "cases": "个案", "texts of requests and comments": "请求和评论的文本",
    "decisions in words": "文字形式的决定", "rows of dataset": "数据集中的行",
    "rows of records": "记录中的行", "rows of cleaned": "清洗结果中的行",
    "rows of corrections": "更正中的行", "rows of feedback": "反馈中的行",
    "rows of labels": "标签中的行",
    "rows of harvests": "采集库中的行", "rows of model": "模型中的行",
    "rows of form": "形式中的行", "rows of evaluation": "评测中的行",
    "begun": "未完成", "done": "已完成",
}  # fmt: skip

SENTENCES = Sentences(
    {
        # data clean
        "cleaned before": (
            "nothing changed: the folder holds the result of this input and these settings",
            "没有变化：该文件夹中已有此输入和这些设置的结果",
        ),
        "cleaned": (
            "{kept} of {read} texts stay ({share})",
            "{read} 条文本中留下 {kept} 条（{share}）",
        ),
        "dropped": ("  dropped: {reason}: {count}", "  剔除：{reason}：{count}"),
        "changed": ("  changed: {change}: {count}", "  改动：{change}：{count}"),
        "languages": ("  languages: {languages}", "  语言：{languages}"),
        "idle": (
            "  {stage} looked at every text and did nothing",
            "  {stage} 看过每条文本，没有做任何改动",
        ),
        # data report, show
        "wrote": ("wrote {path}", "已写入 {path}"),
        "withheld": ("(withheld by a rule of access)", "（按访问规则不予显示）"),
        "the first": (
            "the first {limit}; --limit 0 shows all that fit",
            "只显示前 {limit} 行；--limit 0 显示全部符合的行",
        ),
        "no row fits": ("no row fits", "没有符合的行"),
        # data trace
        "row": ("row        {id}  {split}, {label}", "行         {id}  {split}，{label}"),
        "no label": ("no label", "无标签"),
        "row text": ("  text     {text}", "  文本     {text}"),
        "no row": (
            "no row     {name} is in no row of this data set",
            "没有此行   {name} 不在此数据集的任何行中",
        ),
        "step": (
            "step       {step} {outcome}  ({execution}, {at})",
            "步骤       {step} {outcome}  （{execution}，{at}）",
        ),
        "row of split": ("row of split {split}", "属于{split}的行"),
        "dropped for": ("dropped: {reason}", "剔除：{reason}"),
        "some labels": ("{count} labels", "{count} 个标签"),
        "label": ("label      {value}  {who}  {state}", "标签       {value}  {who}  {state}"),
        "review": (
            "review     {value}  {who}  {state}  {at}",
            "审核       {value}  {who}  {state}  {at}",
        ),
        "feedback": (
            "feedback   {id}  {kind} {value}  {at}",
            "反馈       {id}  {kind} {value}  {at}",
        ),
        "data set": (
            "data set   {dataset}  {split}, {label}  {at}",
            "数据集     {dataset}  {split}，{label}  {at}",
        ),
        "data set model": (
            "  {verb} {model}  {part}, {served}",
            "  {verb} {model}  {part}，{served}",
        ),
        "from": ("from       {source}  {locator}", "来自       {source}  {locator}"),
        "from at": (
            "from       {source}  {locator}, {at}",
            "来自       {source}  {locator}，{at}",
        ),
        "file": ("  file     {file}", "  文件     {file}"),
        "terms": (
            "  terms    licence {licence}, consent {consent}",
            "  条件     许可 {licence}，同意 {consent}",
        ),
        "terms of": (
            "  terms    licence {licence}, consent {consent}, subject {subject}",
            "  条件     许可 {licence}，同意 {consent}，本人 {subject}",
        ),
        "who": ("{kind} {by}", "{kind} {by}"),
        # words
        "made words": (
            "made {out}: {words} words, {dimensions} numbers each",
            "已生成 {out}：{words} 个词，每词 {dimensions} 个数",
        ),
        "other vectors": (
            "another run gives other vectors: {because}",
            "再次运行得到的词向量会不同：{because}",
        ),
        "workers race": (
            "{workers} workers race for the same weights; use --workers 1",
            "{workers} 个线程争用同一组权重；请用 --workers 1",
        ),
        "wrote words": ("wrote {path}: {words} words", "已写入 {path}：{words} 个词"),
        # pretrain, tokeniser
        "not allowed": (
            "{unread} texts may not be read and {untaught} not be trained on, by the rules of "
            "[access]: they are left out",
            "按 [access] 的规则，{unread} 条文本不得读取，{untaught} 条不得用于训练：已略去",
        ),
        "made base": (
            "made {out}: {base}, licence {licence}",
            "已生成 {out}：{base}，许可 {licence}",
        ),
        "unknown": ("unknown", "未知"),
        "figure": ("  {name} on held-out texts: {value}", "  留出文本上的{name}：{value}"),
        "reading": (
            "  {language}: {characters} characters a token, {unknown} unknown ({texts} texts)",
            "  {language}：每个词元 {characters} 个字符，未知 {unknown}（{texts} 条文本）",
        ),
        "note": ("  {note}", "  {note}"),
        "start from": (
            'to start an encoder from it: [training.encoder] base = "{out}"',
            '让编码器以它为基座：[training.encoder] base = "{out}"',
        ),
        "made": ("made {out}", "已生成 {out}"),
        # forget
        "forgotten": (
            "{id}: {records} records, {requests} requests, {reactions} reactions gone",
            "{id}：已去掉 {records} 条记录、{requests} 个请求、{reactions} 条反馈",
        ),
        "would forget": (
            "{id}: {records} records, {requests} requests, {reactions} reactions would go",
            "{id}：将去掉 {records} 条记录、{requests} 个请求、{reactions} 条反馈",
        ),
        "nobody": (
            "nobody here is called {name} in the column `subject`: nothing of theirs was found, "
            "and only text that comes later will be left out; mind the spelling and capitals",
            "`subject` 列中没有名为 {name} 的人：没有找到其任何内容，只会略过以后到来的文本；"
            "请留意写法和大小写",
        ),
        "no author": (
            "nobody here is called {name} as an author: nothing of theirs was found; mind the "
            "spelling and capitals",
            "没有名为 {name} 的作者：没有找到其任何内容；请留意写法和大小写",
        ),
        "counted": ("  {count} {name}", "  {name} {count}"),
        "data set held": (
            "data set   {dataset} held {count} of its rows",
            "数据集     {dataset} 含有其中 {count} 行",
        ),
        "model learnt": (
            "model      {model} learnt from {count} of its rows",
            "模型       {model} 学过其中 {count} 行",
        ),
        "champion learnt": (
            "the champion is one of them; a turn makes a model without them: `chainring turn`",
            "现任模型在其中；再转一圈可得到不含它们的模型：`chainring turn`",
        ),
        "still in": (
            "still in   {source}, {locator}: take it out of the file; a turn passes over it",
            "仍在       {source}，{locator}：请从文件中去掉；每一圈都会略过它",
        ),
        "backup": ("not reached: the backup {path}", "未触及：备份 {path}"),
        "packaged": (
            "not reached: the package {path} of model {model}",
            "未触及：模型 {model} 的部署包 {path}",
        ),
        "packaged somewhere": (
            "not reached: a package of model {model}, wherever it was written",
            "未触及：模型 {model} 的一个部署包，写到何处不得而知",
        ),
        "searched": (
            "searched   {files} files; left in {left}",
            "已搜索     {files} 个文件；仍留在 {left}",
        ),
        "left in none": (
            "searched   {files} files; left in none",
            "已搜索     {files} 个文件；没有遗留",
        ),
        "others said": (
            "           in the traffic log the same words stand in what somebody else asked or "
            "said, which stays; `chainring forget --author` of theirs takes it, too",
            "           流量日志中，同样的文字出现在别人的提问或反馈里，这些会保留；"
            "对其作者运行 `chainring forget --author` 可一并去掉",
        ),
        "unread": (
            "not searched, for they cannot be read: {paths}",
            "无法读取而没有搜索：{paths}",
        ),
        "receipt": ("receipt    {path}", "回执       {path}"),
        "act": (
            "{id}  {day}  {state}  {records} records, {answers} answers and reactions  {reason}",
            "{id}  {day}  {state}  {records} 条记录，{answers} 条回答与反馈  {reason}",
        ),
        "no acts": ("nothing was forgotten yet", "还没有遗忘过任何内容"),
        "nothing unfinished": ("nothing is unfinished", "没有未完成的遗忘"),
    },
    names=_NAMES,
)
say = SENTENCES.say


def word(name: str) -> Said:
    """Return a word of ours in both languages; any other stays as it is."""
    return Said(name, zh=_NAMES.get(name, name))


def reason(text: str) -> Said:
    """Return why something was left out or could not be done, in both languages."""
    return Said(text, zh=_NAMES[text]) if text in _NAMES else in_both(text)
