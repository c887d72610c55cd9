"""A Chinese run of the ring says nothing in English: verdict, report, card, pages, command line."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.text.english import english_in, visible_in

from chainring.contracts.codec import decode
from chainring.contracts.said import in_language
from chainring.contracts.verdict import Verdict
from chainring.ring.gate.readable import readable
from chainring.software.api import Project
from chainring.software.history import history
from chainring.software.model_card import model_card


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
