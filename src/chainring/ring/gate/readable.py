"""A verdict as a page that a newcomer understands, in English or Chinese.

Enters a `Verdict`, leaves Markdown. Everything on it follows from the verdict alone.

    print(readable(verdict, language="zh"))
"""

from __future__ import annotations

from collections.abc import Iterator

from chainring.contracts.errors import UnknownNameError
from chainring.contracts.verdict import Comparison, Verdict
from chainring.ring.gate.sentences import chance, in_chinese, named

LANGUAGES = ("en", "zh")
_FLIPS_SHOWN = 20

_TEXT = {
    "en": {
        "promoted": "# Promoted: the new model takes over",
        "held": "# Held: the model that serves now stays",
        "held first": "# Held: the first model is not served yet",
        "first": "It is the first model here, so it was compared with always giving the commonest"
        " answer.",
        "better": "The new model (challenger) is **better** than the one that serves (champion).",
        "no measurable difference": "There is **no measurable difference** between the new model"
        " (challenger) and the one that serves (champion).",
        "worse within noise": "The new model (challenger) looks worse than the one that serves"
        " (champion), but chance alone could explain it: **worse within noise**.",
        "worse": "The new model (challenger) is **worse** than the one that serves (champion).",
        "not fit": "The first model is **not fit** to serve: it is not measurably better than"
        " always giving the commonest answer.",
        "shares": "On {rows} rows it is right in {now} %, against {before} %: {change} points"
        " ({gained} answers gained, {lost} lost).",
        "smallest": "The smallest difference that this many rows would show is {points} points.",
        "more": "{count} more reviewed rows are needed for a trustworthy comparison.",
        "why not": "What stands in the way:",
        "conditions": "## Conditions",
        "condition": "| | condition | why |",
        "yes": "yes",
        "no": "**no**",
        "comparisons": "## In numbers",
        "columns": "| where | rows | before % | now % | gained | lost | p better | p worse |"
        " value |",
        "small": "Too small to judge for themselves: {names}.",
        "fix": "## Complaints",
        "fix rate": "Of the users' complaints set apart, {share} % are answered right now.",
        "placebo": "The same recipe on the champion's rows alone gets {share} %: only what lies"
        " above was learnt since.",
        "flips": "## Right before, wrong now",
        "flips count": "{count} rows: {names}",
        "further": ", and {count} more",
        "notes": "## Notes",
        "facts": "Suite {suite}, look {looks}. Challenger {challenger}, champion {champion}.",
        "none": "none",
        "space": " ",
        "comma": ", ",
        "colon": ": ",
        "help": "p is the chance of such numbers if both models were equally good; at or under the"
        " limit it counts as measured.",
    },
    "zh": {
        "promoted": "# 已晋升：新模型开始服务",
        "held": "# 未晋升：现任模型继续服务",
        "held first": "# 未晋升：首个模型暂不服务",
        "first": "这是这里的首个模型，因此与“总是给出最常见的回答”相比较。",
        "better": "新模型（挑战者）比现任模型**更好**。",
        "no measurable difference": "新模型（挑战者）与现任模型**无可测差别**。",
        "worse within noise": "新模型（挑战者）看起来不如现任模型，但也可能只是偶然："
        "**略差，在误差之内**。",
        "worse": "新模型（挑战者）比现任模型**更差**。",
        "not fit": "首个模型**不合格**，不能服务：它并不明显优于总是给出最常见的回答。",
        "shares": "在 {rows} 行上答对 {now} %，对照为 {before} %：变化 {change} 个百分点"
        "（新答对 {gained} 条，新答错 {lost} 条）。",
        "smallest": "这么多行能看出的最小差别是 {points} 个百分点。",
        "more": "还需要 {count} 行审核过的数据，比较才可信。",
        "why not": "未通过的条件：",
        "conditions": "## 条件",
        "condition": "| | 条件 | 理由 |",
        "yes": "是",
        "no": "**否**",
        "comparisons": "## 数字",
        "columns": "| 范围 | 行数 | 此前 % | 现在 % | 新答对 | 新答错 | 更好的 p | 更差的 p |"
        " 结论 |",
        "small": "行数太少，不单独评判：{names}。",
        "fix": "## 投诉",
        "fix rate": "单独留出的用户投诉中，现在有 {share} % 答对。",
        "placebo": "同样的配方只用现任模型学过的行，能答对 {share} %："
        "只有高出的部分才是此后学到的。",
        "flips": "## 此前答对、现在答错",
        "flips count": "{count} 行：{names}",
        "further": "，另有 {count} 行",
        "notes": "## 说明",
        "facts": "固定评测集 {suite}，第 {looks} 次使用。"
        "挑战者 {challenger}，现任模型 {champion}。",
        "none": "无",
        "space": "",
        "comma": "、",
        "colon": "：",
        "help": "p 是假如两个模型同样好时出现这种数字的概率；不超过上限才算测出差别。",
    },
}

_GRADED = {
    "en": {
        "first": "It is the first model here, so it was compared with always giving the one answer"
        " that is worth most.",
        "not fit": "The first model is **not fit** to serve: it is not measurably better than"
        " always giving the one answer that is worth most.",
        "shares": "On {rows} rows its answers are worth {now} % on average, against {before} %:"
        " {change} points ({gained} answers better, {lost} worse).",
        "columns": "| where | rows | before % | now % | better | worse | p better | p worse |"
        " value |",
        "fix rate": "Of the users' complaints set apart, {share} % get an answer now that is worth"
        " at least a half.",
        "flips": "## Worth at least a half before, less now",
    },
    "zh": {
        "first": "这是这里的首个模型，因此与“总是给出得分最高的同一回答”相比较。",
        "not fit": "首个模型**不合格**，不能服务：它并不明显优于总是给出得分最高的同一回答。",
        "shares": "在 {rows} 行上平均得分 {now} %，对照为 {before} %：变化 {change} 个百分点"
        "（{gained} 条回答更好，{lost} 条更差）。",
        "columns": "| 范围 | 行数 | 此前 % | 现在 % | 更好 | 更差 | 更好的 p | 更差的 p | 结论 |",
        "fix rate": "单独留出的用户投诉中，现在有 {share} % 的回答得分不低于一半。",
        "placebo": "同样的配方只用现任模型学过的行，则为 {share} %：只有高出的部分才是此后学到的。",
        "flips": "## 此前得分不低于一半、现在低于一半",
    },
}
"""Said instead where answers are graded: they are right in part."""


def _words(verdict: Verdict, language: str) -> dict[str, str]:
    return _TEXT[language] | (_GRADED[language] if verdict.graded else {})


def readable(verdict: Verdict, *, language: str = "en") -> str:
    """Return the verdict as a short Markdown report.

    Parameters
    ----------
    verdict
        What the gate said.
    language
        `en` or `zh`.

    Raises
    ------
    UnknownNameError
        Another language.
    """
    if language not in LANGUAGES:
        raise UnknownNameError("language of a report", language, LANGUAGES)
    blocks = [*_summary(verdict, language), *_details(verdict, language)]
    return "\n\n".join(blocks) + "\n"


def _summary(verdict: Verdict, language: str) -> Iterator[str]:
    text = _words(verdict, language)
    held = "held first" if verdict.champion is None else "held"
    yield text["promoted" if verdict.promote else held]
    yield text[verdict.value]
    if verdict.pooled is not None:
        yield _shares(verdict.pooled, text)
    if verdict.more_rows_needed:
        yield text["more"].format(count=verdict.more_rows_needed)
    failing = [check for check in verdict.checks if not check.holds]
    if failing:
        lines = [
            f"- {named(check.name, language)}{text['colon']}{_sentence(check.because, language)}"
            for check in failing
        ]
        yield "\n".join([text["why not"], "", *lines])


def _shares(pooled: Comparison, text: dict[str, str]) -> str:
    shares = text["shares"].format(
        rows=pooled.rows,
        now=_points(pooled.challenger),
        before=_points(pooled.champion),
        change=f"{100 * (pooled.challenger - pooled.champion):+.1f}",
        gained=pooled.gained,
        lost=pooled.lost,
    )
    smallest = text["smallest"].format(points=_points(pooled.smallest_detectable))
    return shares + text["space"] + smallest


def _details(verdict: Verdict, language: str) -> Iterator[str]:
    text = _words(verdict, language)
    yield text["conditions"]
    yield _conditions(verdict, language)
    yield text["comparisons"]
    yield _comparisons(verdict, language)
    yield text["help"]
    if verdict.small_slices:
        sizes = verdict.small_slices.items()
        names = text["comma"].join(f"{named(name, language)} ({rows})" for name, rows in sizes)
        yield text["small"].format(names=names)
    yield from _complaints(verdict, language)
    if verdict.negative_flips:
        yield text["flips"]
        yield _flips(verdict.negative_flips, language)
    yield text["notes"]
    facts = text["facts"].format(
        suite=verdict.suite,
        looks=verdict.looks,
        challenger=verdict.challenger,
        champion=verdict.champion or text["none"],
    )
    yield "\n".join(f"- {_sentence(note, language)}" for note in (facts, *verdict.notes))


def _conditions(verdict: Verdict, language: str) -> str:
    text = _words(verdict, language)
    rows = [
        f"| {text['yes' if check.holds else 'no']} | {named(check.name, language)} "
        f"| {_cell(_sentence(check.because, language))} |"
        for check in verdict.checks
    ]
    return "\n".join([text["condition"], "|---|---|---|", *rows])


def _comparisons(verdict: Verdict, language: str) -> str:
    found = {} if verdict.pooled is None else {"pooled": verdict.pooled}
    found |= {**verdict.parts, **verdict.slices}
    head = [_words(verdict, language)["columns"], "|---|--:|--:|--:|--:|--:|--:|--:|---|"]
    return "\n".join([*head, *(_row(name, each, language) for name, each in found.items())])


def _row(name: str, found: Comparison, language: str) -> str:
    cells = (
        _cell(named(name, language)),
        found.rows,
        _points(found.champion),
        _points(found.challenger),
        found.gained,
        found.lost,
        chance(found.p_better),
        chance(found.p_worse),
        named(found.value, language),
    )
    return f"| {' | '.join(map(str, cells))} |"


def _complaints(verdict: Verdict, language: str) -> Iterator[str]:
    text = _words(verdict, language)
    if verdict.fix_rate is None:
        return
    said = [text["fix rate"].format(share=_points(verdict.fix_rate))]
    if verdict.placebo_fix_rate is not None:
        said.append(text["placebo"].format(share=_points(verdict.placebo_fix_rate)))
    yield text["fix"]
    yield text["space"].join(said)


def _flips(rows: tuple[str, ...], language: str) -> str:
    text, more = _TEXT[language], len(rows) - _FLIPS_SHOWN
    names = text["comma"].join(rows[:_FLIPS_SHOWN])
    further = text["further"].format(count=more) if more > 0 else ""
    return text["flips count"].format(count=len(rows), names=names) + further


def _sentence(sentence: str, language: str) -> str:
    return in_chinese(sentence) if language == "zh" else sentence


def _points(share: float) -> str:
    return f"{100 * share:.1f}"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
