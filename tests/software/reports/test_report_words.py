"""The words of the report: of graded answers it does not say that they are right."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path
from typing import get_args

import pytest
from tests.ring.task_examples import numbers

from chainring.contracts.dataset import Task
from chainring.contracts.tasks import TASKS
from chainring.software.api import Project
from chainring.software.reports.model_card import model_card
from chainring.software.reports.model_card_words import WORDS as CARD
from chainring.software.reports.report import write_report
from chainring.software.reports.report_words import GRADED, WORDS, words

RIGHT = ("right on", "is right in", "commonest answer", "Accuracy", "正确率", "准确率", "答对")


@pytest.mark.parametrize("language", ["en", "zh"])
def test_only_tasks_of_one_label_are_told_in_answers_that_are_right(language: str) -> None:
    assert set(GRADED[language]) <= set(WORDS[language])
    for task in (one for one in get_args(Task) if one in TASKS):
        told = words(language, task)
        counted = TASKS[task].form == "one"
        assert (told == WORDS[language]) == counted
        assert any(word in told["short accuracy"] for word in RIGHT) == counted


def test_the_report_of_numbers_speaks_of_scores(tmp_path: Path) -> None:
    few = numbers()
    more = [{**row, "text": f"{row['text']}, {row['text']}"} for row in few.rows]
    enough = dataclasses.replace(few, rows=[*few.rows, *more])  # a range needs nine to be told by
    project = Project.open(enough.project(tmp_path / "shop"))
    project.turn()
    for language, said in (("en", "answers are worth"), ("zh", "平均得分")):
        report = write_report(project, tmp_path / "report.html", language=language)
        page, card, _ = report.read_text("utf-8").partition(f">{WORDS[language]['card']}</h2>")
        page = page.replace("必须答对", "")  # the name of a condition
        assert card
        assert said in page
        assert [word for word in RIGHT if word in page] == []
        assert WORDS[language]["calibration"] not in page  # a number has no confidence
        assert "interval_coverage" in page
        made = project.ring.ledger.all_lineage(step="verdict")[-1]
        front, _, text = model_card(project, made, language=language).partition("---\n\n")
        assert "type: mae" in front
        assert CARD[language]["worth"] in text
        assert not re.search("0 labels|0 个标签", text)
        assert (re.search(r"\d to \d", text) is not None) == (language == "en")
        assert CARD[language]["calibration"].partition("{")[0] not in text
    project.close()
