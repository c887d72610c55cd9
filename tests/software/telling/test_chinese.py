"""A Chinese run of the ring says nothing in English: verdict, report, card, pages, command line.

And it has one word for one thing, in every table of words and on every Chinese page.
"""

from __future__ import annotations

import importlib
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.text.english import english_in, visible_in

from chainring.contracts.codec import decode
from chainring.contracts.said import in_language
from chainring.contracts.verdict import Verdict
from chainring.deployment.http.wordings import Wording
from chainring.ring.gate.readable import readable
from chainring.software.api import Project
from chainring.software.reports.history import history
from chainring.software.reports.model_card import model_card
from chainring.text.sentences import Sentences

ROOT = Path(__file__).resolve().parents[3]
TERMS = {"champion": "现任", "challenger": "挑战者"}
"""What the Chinese of a sentence has where its English has the word."""
SYNONYMS = {
    "在线模型": "现任模型",
    "当前模型": "现任模型",
    "上线模型": "现任模型",
    "冠军": "现任模型",
    "评审结论": "裁决",
    "关卡结论": "裁决",
    "去标识": "脱敏",
    "冻结的测试集": "固定评测集",
    "转一轮": "转一圈",
    "一次转动": "一圈",
    "第几轮": "第几圈",
    "已完成 {n} 轮": "已完成 {n} 圈",
    "每轮准确率": "每圈准确率",
    "下一轮之后": "下一圈之后",
    "若每轮": "若每圈",
    "未决": "未定",
    "It could have shown": "最小可测差别",
    "it could have shown": "最小可测差别",
    "黄金样例": "基准文本",
    "安慰剂": "对照模型",
    "血缘": "谱系",
    "假名": "化名",
    "评审": "评判",
    "留出样本": "留出部分",
    "密文": "密钥值",
}
"""Other words for what has one already."""


@pytest.fixture(name="project")
def _project(grown: Path) -> Iterator[Project]:
    project = Project.open(grown)
    yield project
    project.close()


def test_a_run_of_english_words_is_found_and_a_command_is_none() -> None:
    assert english_in("新模型 is not better 更好") == ["is not better"]
    assert not english_in("请运行 `chainring turn --force now`，form exact，p = 0.03")


def test_a_chinese_verdict_holds_no_english_sentence(project: Project) -> None:
    for row in project.ring.ledger.all_lineage(step="verdict"):
        assert not english_in(readable(decode(Verdict, row.result), language="zh"))


def test_a_chinese_card_holds_no_english_sentence(project: Project) -> None:
    row = project.ring.ledger.all_lineage(step="verdict")[-1]
    assert not english_in(model_card(project, row, language="zh").partition("---\n\n")[2])


def test_a_chinese_report_holds_no_english_sentence(project: Project, tmp_path: Path) -> None:
    path = project.report(tmp_path / "r.html", language="zh", texts=False)
    assert not english_in(visible_in(path.read_text(encoding="utf-8")))


def test_what_turns_and_the_timetable_say_is_said_in_chinese_too(project: Project) -> None:
    told = [one.because for one in history(project).turns]
    told += [project.due().because, project.status()["because"]]
    champion = project.status()["champion"]
    told += [champion["because"], champion["form_because"]]
    told += [form["because"] for form in champion["forms"]]
    assert not [one for one in told if english_in(in_language(one, "zh"))]


def _tables() -> Iterator[tuple[str, str, str]]:
    """Yield where it stands, the English and the Chinese of all that is said in both."""
    source = ROOT / "src"
    for path in sorted((source / "chainring").rglob("*.py")):
        if not re.search("(sentences|words|strings|readable|faults)$", path.stem):
            continue
        module = importlib.import_module(".".join(path.relative_to(source).with_suffix("").parts))
        for table in vars(module).values():
            yield from ((str(path.relative_to(ROOT)), *pair) for pair in _pairs(table))
    translated = (*sorted(source.rglob("*_zh/*.json")), *sorted(source.rglob("*_zh.json")))
    for path in (*translated, ROOT / "scripts" / "reference.zh.json"):
        for english, chinese in json.loads(path.read_text(encoding="utf-8")).items():
            yield str(path.relative_to(ROOT)), english, chinese


def _pairs(table: object) -> Iterator[tuple[str, str]]:
    if isinstance(table, Sentences):
        yield from (*table.templates.values(), *table._names.items())
    elif isinstance(table, dict) and all(isinstance(table.get(one), dict) for one in ("en", "zh")):
        yield from ((english, table["zh"][key]) for key, english in table["en"].items())
    elif isinstance(table, dict):
        for words in table.values():
            if isinstance(words, Wording):
                yield from ((words.en, words.zh), (words.en_next, words.zh_next))
            elif isinstance(words, tuple) and [type(one) for one in words] == [str, str]:
                yield words


def test_a_term_has_the_same_chinese_in_every_table() -> None:
    tables = list(_tables())
    assert len({name for name, _, _ in tables}) > 30
    assert len(tables) > 3000
    wrong = [
        (name, english, chinese)
        for name, english, chinese in tables
        for term, word in TERMS.items()
        if re.search(rf"\b{term}\b", re.sub("`[^`]*`|{[^}]*}", "", english), re.IGNORECASE)
        and not {word, term} & set(re.findall(f"{word}|{term}", chinese))
    ]
    assert wrong == []


def test_no_table_and_no_page_has_another_word_for_what_has_one() -> None:
    said = [(name, chinese) for name, _, chinese in _tables()]
    pages = [ROOT / "README.zh-CN.md", *(ROOT / "docs").rglob("*.zh-CN.md")]
    said += [(str(page.relative_to(ROOT)), page.read_text(encoding="utf-8")) for page in pages]
    wrong = [
        (name, word, SYNONYMS[word])
        for name, chinese in said
        for word in re.findall("|".join(SYNONYMS), chinese)
    ]
    assert wrong == []


def test_per_cents_stand_close_to_their_number_in_chinese() -> None:
    bare = re.compile("```.*?```|`[^`]*`", re.DOTALL)
    pages = [ROOT / "README.zh-CN.md", *(ROOT / "docs").rglob("*.zh-CN.md")]
    said = [(name, chinese) for name, _, chinese in _tables()]
    said += [(page.name, bare.sub("", page.read_text(encoding="utf-8"))) for page in pages]
    assert [
        (name, found[0]) for name, text in said if (found := re.findall(r"[}\d] %", text))
    ] == []


def test_a_chinese_page_speaks_to_its_reader_in_one_way() -> None:
    pages = [ROOT / "README.zh-CN.md", *(ROOT / "docs").rglob("*.zh-CN.md")]
    bare = re.compile("```.*?```|`[^`]*`", re.DOTALL)
    found = {
        page.name: re.findall(
            ".{0,8}你(?!好).{0,8}", bare.sub("", page.read_text(encoding="utf-8"))
        )
        for page in pages
    }
    assert {name: words for name, words in found.items() if words} == {}
