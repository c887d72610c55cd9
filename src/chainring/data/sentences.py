"""What the work on text says while it goes on, in English and Chinese.

work.say(progress("records", count=2403, left=…))
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from chainring.contracts import dataset
from chainring.contracts.said import Said, joined
from chainring.text.errors import in_both
from chainring.text.house_words import house_word
from chainring.text.sentences import Sentences

SPLITS = {name: house_word(name, "zh") for name in dataset.SPLITS}
"""What the parts of a data set are called."""

SENTENCES = Sentences(
    {
        # records and data sets
        "records": ("records: {count} rows, {left}", "记录：{count} 行，{left}"),
        "dropped": ("{count} dropped", "剔除 {count} 行"),
        "dropped for": ("{count} dropped: {reasons}", "剔除 {count} 行：{reasons}"),
        "not read": ("not read: {files}", "未读取：{files}"),
        "counted": ("{name} {count}", "{name} {count}"),
        "counted apart": ("{name}: {count}", "{name}：{count}"),
        "and more": ("{named} and {count} more", "{named} 等，另有 {count} 个"),
        "sizes": ("dataset: {sizes}", "数据集：{sizes}"),
        "left out": ("left out {count}: {reasons}", "剔除 {count} 行：{reasons}"),
        "of the data set": ("dataset: {told}", "数据集：{told}"),
        "more labels": (
            "dataset: {count} more labels are left out; dropped.jsonl names them",
            "数据集：另有 {count} 个标签被剔除；dropped.jsonl 列出了它们",
        ),
        "never judged": (
            "dataset: never judged, for no row of the test has them: {labels}",
            "数据集：以下标签在测试行中一行也没有，因此从不评判：{labels}",
        ),
        "untested": (
            "dataset: the test is empty: {turns} rows are turns of few conversations ({count}), "
            "and each is drawn whole; add conversations, or, where a column is mapped as episode, "
            "see whether it is one",
            "数据集：测试部分为空：{turns} 行是少数几段会话（{count} 段）的各轮，"
            "而每段会话整体抽取；请增加会话；若有列映射为 episode，请检查它是否确为会话",
        ),
        "tilted": (
            "dataset: of {asked} texts that the hold-out is sampled from, users refused {refused} "
            "after they had seen the answer; were all of these wrong, or all right, accuracy on "
            "the hold-out would be off by up to {share} points",
            "数据集：留出部分从 {asked} 条文本中抽样，其中 {refused} 条用户在看到回答后拒绝使用；"
            "若这些全是错的（或全是对的），留出部分上的准确率最多会偏差 {share} 个百分点",
        ),
        "far": (
            "dataset: {count} of {rows} targets {lie}: {named}; "
            "they are learnt, and a slip among them spoils a model: see whether they are right",
            "数据集：{rows} 个目标值中有 {count} 个{lie}：{named}；"
            "它们会用于学习，其中若有笔误会毁掉模型：请核对是否正确",
        ),
        "lies": ("lies far from the others", "远离其他值"),
        "lie": ("lie far from the others", "远离其他值"),
        # cleaning
        "pass 1": (
            "pass 1: shard {number} of {count}, {kept} texts stay",
            "第 1 遍：第 {number} 个分片，共 {count} 个，留下 {kept} 条文本",
        ),
        "exact copies": ("pass 2: {count} exact copies", "第 2 遍：完全相同的副本 {count} 条"),
        "bands": ("pass 2: {count} bands compared", "第 2 遍：已比较 {count} 个分段"),
        "other words": (
            "pass 2: {count} say the same in other words",
            "第 2 遍：换了说法、意思相同的 {count} 条",
        ),
        "near copies": ("pass 2: {count} near copies", "第 2 遍：近似的副本 {count} 条"),
        "unsettled copies": (
            "copies: {count} are like a text that went and unlike the one that stays",
            "副本：{count} 条与已剔除的文本相似，而与留下的文本不相似",
        ),
        "pass 3": (
            "pass 3: shard {number} of {count} written",
            "第 3 遍：已写完第 {number} 个分片，共 {count} 个",
        ),
        "idle": (
            "{stage} looked at every text and did nothing",
            "{stage} 看过每条文本，没有做任何改动",
        ),
        # sources
        "of": ("{name}: {told}", "{name}：{told}"),
        "fetched": (
            "{name}: {rows} rows, {changes} new, changed or gone",
            "{name}：{rows} 行，新增、改动或消失 {changes} 行",
        ),
        "fetched none": ("{name}: {rows} rows, nothing changed", "{name}：{rows} 行，没有变化"),
        "not reached": (
            "{name}: not reached ({because}); goes on with its {rows} rows",
            "{name}：连接不上（{because}）；继续使用已有的 {rows} 行",
        ),
        "reason": ("{count} x {reason}", "{count} 条：{reason}"),
        "unread": (
            "{name}: {count} x {reason}, the first: {first}",
            "{name}：{count} 处{reason}，第一处：{first}",
        ),
        "unread cut": (
            "{name}: {count} x {reason}, the first: {first}; the file was not read to its end: "
            "rows of it that stood before stay",
            "{name}：{count} 处{reason}，第一处：{first}；文件没有读完：以前已有的行保留",
        ),
        "papers": (
            "passed over by name, as about the data: {names}",
            "因名称像数据说明而跳过：{names}",
        ),
        "dialogues lost": (
            "{count} of {every} dialogues give nothing, for who speaks is not known{often}; "
            "name your own side under `answers`",
            "{every} 段对话中有 {count} 段没有产出，因为不知道是谁在说话{often}；"
            "请在 `answers` 中写明己方",
        ),
        "turns lost": (
            "{count} of {every} turns beside questions and answers are left out, for who speaks "
            "is not known{often}; name your own side under `answers`",
            "问答之外的 {every} 轮发言中有 {count} 轮被略去，因为不知道是谁在说话{often}；"
            "请在 `answers` 中写明己方",
        ),
        "no conversation": (
            "each dialogue is a conversation of its own, whatever stands in `{column}`; where that "
            'names one over several dialogues, write columns = {{ episode = "{column}" }}',
            "每段对话各是一段会话，与 `{column}` 的内容无关；若它标明跨多段对话的会话，"
            '请写 columns = {{ episode = "{column}" }}',
        ),
        "most often": ("; most often {names}", "；最常见的是 {names}"),
        "hub rows": (
            "{rows} rows of {splits}; licence: {licence}",
            "{splits} 共 {rows} 行；许可：{licence}",
        ),
        "not stated": ("not stated", "未写明"),
        "warc": ("{name}: {rows} rows", "{name}：{rows} 行"),
        "warc passed over": (
            "{name}: {rows} rows; passed over: {reasons}",
            "{name}：{rows} 行；跳过：{reasons}",
        ),
        "of a reason": ("{count} {reason}", "{reason}：{count}"),
        "more reasons": ("and {count} more reasons", "另有 {count} 种原因"),
        "crawling": (
            "{asked} pages asked for, {rate} a second; {rows} rows; {waiting} waiting; {mib} MiB",
            "已请求 {asked} 个页面，每秒 {rate} 个；{rows} 行；等待中 {waiting} 个；{mib} MiB",
        ),
        "crawled": (
            "{asked} pages asked for, {rows} rows",
            "已请求 {asked} 个页面，{rows} 行",
        ),
        "round full": (
            "{asked} pages asked for, {rows} rows; the limit of this round is reached, {waiting} "
            "addresses wait",
            "已请求 {asked} 个页面，{rows} 行；本轮已到上限，还有 {waiting} 个地址在等待",
        ),
        "goes on": (
            "{asked} pages asked for, {rows} rows; {waiting} addresses wait: the next run goes on",
            "已请求 {asked} 个页面，{rows} 行；还有 {waiting} 个地址在等待：下次运行会继续",
        ),
        "not kept": ("not kept: {reasons}", "未保留：{reasons}"),
        # word vectors, and documents to pre-train on
        "passed over": ("passed over: {fault}", "已跳过：{fault}"),
        "passed over more": ("passed over: and {count} more", "已跳过：另有 {count} 处"),
        "documents": (
            "{count} documents, {characters} characters",
            "{count} 篇文档，{characters} 个字符",
        ),
        "words": (
            "{documents} documents, {words} words; {different} different ones stand {least} times "
            "or more and get a vector",
            "{documents} 篇文档，{words} 个词；出现 {least} 次以上的不同的词有 {different} 个，"
            "各得一个向量",
        ),
        "pairs": ("{count} pairs of words stand near each other", "彼此相邻的词对有 {count} 个"),
        "glove": (
            "pass {number} of {count}: loss {loss} a pair",
            "第 {number} 遍，共 {count} 遍：每个词对的损失 {loss}",
        ),
    },
    names=SPLITS,
)
progress = SENTENCES.say


def told_reasons(counts: Iterable[tuple[str, int]]) -> Said:
    """Return reasons with their numbers in a row.

    >>> told_reasons([("too short", 3), ("status 404", 1)])
    '3 too short; 1 status 404'
    """
    return joined(
        progress("of a reason", count=count, reason=in_both(why)) for why, count in counts
    )


def some(names: Sequence[str], *, most: int) -> Said:
    """Return the first names in a row, and how many more there are.

    >>> some(["a", "b", "c"], most=2)
    'a, b and 1 more'
    """
    named = joined(names[:most], en=", ", zh="、")
    more = len(names) - most
    return progress("and more", named=named, count=more) if more > 0 else named
