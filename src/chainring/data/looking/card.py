"""The data card: what a data set is, where it came from and how it was made, from its lineage.

Enters the data set with its numbers, terms, drops and the executions behind it; leaves Markdown, in
English or Chinese. No text of a row is in it.

The questions are those of T. Gebru and others 2021, "Datasheets for Datasets", as far as a lineage
answers them: composition, collection, preparation, uses. Why the data was gathered, a person adds.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from chainring.contracts.dataset import Dataset
from chainring.contracts.lineage import Lineage
from chainring.data.looking.drops import Drop
from chainring.data.looking.numbers import Numbers, median
from chainring.data.looking.records import Terms
from chainring.text.characters import bullets, in_cell
from chainring.text.house_words import house_terms, house_word

MOST = 30
PREPARED = ("min_jaccard", "validation_share", "test_share", "min_rows_per_label", "max_characters")
WORDS = {
    "title": ("Data card", "数据卡"),
    "what": ("What it is", "这是什么"),
    "from": ("Where it comes from", "数据来源"),
    "made": ("How it was made", "制作过程"),
    "left": ("What was left out", "剔除的内容"),
    "mind": ("What to mind", "使用须知"),
    "used": ("What learnt from it", "哪些模型用过"),
    "address": ("address", "地址"),
    "since": ("made at", "制作时间"),
    "task": ("task", "任务"),
    "languages": ("languages", "语言"),
    "splits": ("rows", "行数"),
    "labels": ("labels", "标签"),
    "length": ("median length, characters", "长度中位数（字符）"),
    "source": ("source", "来源"),
    "records": ("records", "记录"),
    "licence": ("licence", "许可"),
    "consent": ("consent", "同意"),
    "step": ("step", "步骤"),
    "execution": ("execution", "执行编号"),
    "at": ("at", "时间"),
    "cpu": ("CPU s", "CPU 秒"),
    "version": ("chainring", "chainring 版本"),
    "setting": ("setting", "设置"),
    "value": ("value", "取值"),
    "redacted": (
        "Texts were normalised and personal data taken out before they were stored.",
        "文本在入库之前已规范化，并去除个人信息。",
    ),
    "not redacted": (
        "Texts were normalised; personal data was **not** taken out (`privacy.redact = false`).",
        "文本已规范化；**没有**去除个人信息（`privacy.redact = false`）。",
    ),
    "reason": ("reason", "原因"),
    "number": ("rows", "行数"),
    "nothing": ("nothing", "无"),
    "no model": ("no model yet", "还没有模型"),
    "more": ("and {n} more", "另有 {n} 项"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class CardFacts:
    """What a card is written from; `findings` are sentences in the language of the card.

    `chain` holds the executions in the order of the ring; the last one made the data set.
    """

    data: Dataset
    numbers: Numbers
    terms: Mapping[Terms, int]
    drops: Sequence[Drop]
    chain: Sequence[Lineage]
    models: Sequence[str]
    findings: Sequence[str]
    redacted: bool
    reasons: Mapping[str, str]


def data_card(facts: CardFacts, *, language: str = "en") -> str:
    """Return the card as Markdown; `language` is `en` or `zh`."""
    place = ("en", "zh").index(language)
    say = {"code": language} | {key: pair[place] for key, pair in WORDS.items()}
    sections = (
        ("what", bullets(_what(facts, say))),
        ("from", _table([say[k] for k in ("source", "records", "licence", "consent")],
                        [_terms(one, n, say) for one, n in facts.terms.items()], say)),
        ("made", "\n\n".join(_made(facts, say))),
        ("left", _table([say["reason"], say["number"], say["step"]], _left(facts, say), say)),
        ("mind", bullets(facts.findings) or say["nothing"]),
        ("used", bullets(facts.models) or say["no model"]),
    )  # fmt: skip
    head = f"# {say['title']}: {facts.data.app}"
    return "\n\n".join([head, *(f"## {say[key]}\n\n{body}" for key, body in sections)]) + "\n"


def _what(facts: CardFacts, say: Mapping[str, str]) -> Iterator[str]:
    data, found = facts.data, facts.numbers
    yield f"{say['address']}: `{data.address}`"
    if facts.chain:
        yield f"{say['since']}: {moment(facts.chain[-1].started)}"
    yield f"{say['task']}: {house_word(data.task, say['code'])}"
    yield f"{say['languages']}: {_counted(found.by('language'), say)}"
    yield f"{say['splits']}: {_counted(found.by('split'), say)}"
    yield f"{say['labels']}: {len(data.labels)}"
    middle = {name or "und": median(n) for name, n in sorted(found.lengths.items())}
    lengths = _counted(middle, say)
    yield f"{say['length']}: {lengths}"


def _made(facts: CardFacts, say: Mapping[str, str]) -> Iterator[str]:
    yield say["redacted" if facts.redacted else "not redacted"]
    head = [say[key] for key in ("step", "execution", "at", "cpu", "version")]
    rows = [
        [
            house_word(r.step, say["code"]),
            f"`{r.id}`",
            moment(r.started),
            f"{r.cpu_s:.1f}",
            r.versions.get("chainring", ""),
        ]
        for r in facts.chain
    ]
    yield _table(head, rows, say)
    settings = json.loads(facts.chain[-1].settings or "{}") if facts.chain else {}
    told = [[f"`data.{key}`", str(settings[key])] for key in PREPARED if key in settings]
    yield _table([say["setting"], say["value"]], told, say)


def _left(facts: CardFacts, say: Mapping[str, str]) -> list[list[str]]:
    return [
        [facts.reasons.get(d.reason, d.reason), str(d.rows), house_word(d.step, say["code"])]
        for d in facts.drops
    ]


def _terms(found: Terms, records: int, say: Mapping[str, str]) -> list[str]:
    source, licence, consent = house_terms(found, say["code"])
    return [source, str(records), licence, consent]


def _counted(counts: Mapping[str, float], say: Mapping[str, str]) -> str:
    return ", ".join(f"{house_word(name, say['code'])} {n}" for name, n in counts.items())


def moment(at: float) -> str:
    """Return a time as people write it, UTC."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M UTC")


def _table(head: Sequence[str], rows: Sequence[Sequence[str]], say: Mapping[str, str]) -> str:
    if not rows:
        return say["nothing"]
    lines = [head, ["---"] * len(head), *([in_cell(c) for c in row] for row in rows[:MOST])]
    more = len(rows) - MOST
    end = [say["more"].format(n=more)] if more > 0 else []
    return "\n\n".join(["\n".join("| " + " | ".join(line) + " |" for line in lines), *end])
