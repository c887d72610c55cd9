from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

import pytest

from chainring.contracts.codec import decode, encode
from chainring.contracts.errors import UnknownNameError
from chainring.contracts.evaluation import Outcome
from chainring.contracts.tasks import Form
from chainring.contracts.verdict import Check, Verdict
from chainring.ring.gate.judge import judge
from chainring.ring.gate.readable import LANGUAGES, readable
from chainring.ring.gate.settings import GateSettings

MakeOutcome = Callable[..., Outcome]
MakeSheets = Callable[..., tuple[list[Outcome], list[Outcome]]]

WORDS = re.compile(r"[A-Za-z]{3,}")


@pytest.fixture
def held(sheets: MakeSheets, settings: GateSettings) -> Verdict:
    now, before = sheets(gained=11, lost=7, right=580, wrong=102)
    reacted_now, reacted_before = sheets(gained=3, wrong=7, part="reacted")
    few = sheets(right=30, language="zh", truth="refund", name="few")
    found = judge(
        [*now, *reacted_now, *few[0]],
        [*before, *reacted_before, *few[1]],
        placebo=reacted_before,
        limits=(Check(name="size", holds=True, because="no limit is set"),),
        looks=21,
        settings=settings,
    )
    return replace(found, suite="blake2b:s", challenger="blake2b:new", champion="blake2b:old")


def test_the_page_says_what_happened_why_and_how_sure_it_is(held: Verdict) -> None:
    page = readable(held)
    for said in (
        "# Held: the model that serves now stays",
        "**no measurable difference**",
        "On 730 rows it is right in 85.1 %, against 84.5 %: +0.5 points (11 answers gained,",
        "The smallest difference that this many rows would show is",
        "- better than the champion: p = 0.24 for such a lead by chance (exact McNemar, 730 rows)",
        "| yes | size | no limit is set |",
        "| language:en | 700 | ",
        "Too small to judge for themselves: label:refund (30), language:zh (30).",
        "Of the users' complaints set apart, 30.0 % are answered right now.",
        "The same recipe on the champion's rows alone gets 0.0 %: only what lies above was learnt",
        "## Right before, wrong now\n\n7 rows: suite-00011",
        "this suite has judged 21 times",
        "Suite blake2b:s, look 21. Challenger blake2b:new, champion blake2b:old.",
    ):
        assert said in page


def test_the_chinese_page_says_the_same_in_chinese(held: Verdict) -> None:
    page = readable(held, language="zh")
    for said in (
        "# 未晋升：现任模型继续服务",
        "**无可测差别**",
        "在 730 行上答对 85.1%，对照为 84.5%：变化 +0.5 个百分点（新答对 11 条，新答错 7 条）",
        "- 优于现任模型：偶然出现这种领先的概率 p = 0.24（精确 McNemar 检验，730 行），上限 0.05",
        "| 是 | 大小 | 未设上限 |",
        "| 语言：en | 700 | ",
        "这套评测已使用 21 次",
    ):
        assert said in page
    ids = {"suite", "blake", "stock", "refund", "new", "old", "McNemar", "Holm"}
    assert set(WORDS.findall(page)) <= ids, "no English is left but names"


def test_both_languages_carry_the_same_numbers(held: Verdict) -> None:
    english, chinese = (sorted(numbers(readable(held, language=one))) for one in LANGUAGES)
    assert english == chinese


def numbers(page: str) -> list[str]:
    return re.findall(r"\d+(?:\.\d+)?", page)


def test_a_promotion_says_so(sheets: MakeSheets, settings: GateSettings) -> None:
    found = judge(*sheets(gained=20, right=300), settings=settings)
    page = readable(found)
    assert page.startswith("# Promoted: the new model takes over\n")
    assert "stands in the way" not in page
    assert readable(found, language="zh").startswith("# 已晋升：新模型开始服务\n")


def test_a_first_model_that_is_not_fit_says_what_is_missing(
    outcome: MakeOutcome, settings: GateSettings
) -> None:
    rows = [outcome(f"{i:03}", i < 50, truth="a" if i < 50 else "b") for i in range(100)]
    page = readable(judge(rows, None, settings=settings))
    assert page.startswith("# Held: the first model is not served yet")
    assert "**not fit**" in page
    assert "100 more reviewed rows are needed" in page
    assert "暂不服务" in readable(judge([], None, settings=settings), language="zh")


def test_many_flips_are_cut_and_counted(sheets: MakeSheets, settings: GateSettings) -> None:
    page = readable(judge(*sheets(lost=25, right=300), settings=settings))
    assert "25 rows: suite-00000" in page
    assert "suite-00019, and 5 more" in page
    assert "suite-00020" not in page


def test_a_label_with_a_bar_does_not_break_the_table(
    sheets: MakeSheets, settings: GateSettings
) -> None:
    page = readable(judge(*sheets(right=60, truth="a|b"), settings=settings))
    assert "| label:a\\|b | 60 |" in page


def test_another_language_is_refused_with_the_known_ones(held: Verdict) -> None:
    with pytest.raises(UnknownNameError, match="known: en, zh"):
        readable(held, language="fr")


@pytest.mark.parametrize("form", ["number", "text", "several", "tags"])
def test_of_grades_no_page_says_that_answers_are_right(
    outcome: MakeOutcome, settings: GateSettings, form: Form
) -> None:
    def sheet(grade: float) -> list[Outcome]:
        judged = [outcome(f"{i:02}", grade, base=0.4, sliced=()) for i in range(29)]
        return [*judged, outcome("r", grade, part="reacted", base=0.4, sliced=())]

    told = [
        judge(sheet(0.6), sheet(0.45), form=form, settings=settings),
        judge(sheet(0.45), sheet(0.6), form=form, settings=settings),
        judge(sheet(0.6), None, form=form, settings=settings),
        judge(sheet(0.3), None, form=form, settings=settings),
    ]
    assert "its answers are worth 60.0 % on average, against 45.0 %" in readable(told[0])
    assert "(29 answers better, 0 worse)" in readable(told[0])
    assert "worth at least a half" in readable(told[0])
    assert "在 29 行上平均得分 60.0%，对照为 45.0%" in readable(told[0], language="zh")
    assert "always giving the one answer that is worth most" in readable(told[2])
    for verdict in told:
        pages = [readable(verdict), readable(verdict, language="zh")]
        for word in ("right in", "gained", "commonest", "答对", "答错", "最常见"):
            assert not any(word in page.replace("必须答对", "") for page in pages), word


def test_a_verdict_that_was_stored_before_grades_were_told_apart_opens(held: Verdict) -> None:
    stored = encode(held).replace(',"graded":false', "")
    assert "graded" not in stored
    assert decode(Verdict, stored) == held
