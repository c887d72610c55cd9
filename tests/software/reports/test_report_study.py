"""What a report says of a study, also of one that looked at a sample of the rows."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from chainring.contracts.access import Who
from chainring.contracts.dataset import Row
from chainring.contracts.evaluation import Share
from chainring.contracts.study import Mistake, Near, Study, Wanted
from chainring.ring.sight import Sight
from chainring.software.reports.report_study import study_cards, wanted_names
from chainring.software.reports.report_words import WORDS
from chainring.software.reports.studying import Studied

NOTHING: dict[str, Any] = dict.fromkeys(("label", "language", "source", "licence", "group"), "")
SIGHT = Sight((), who=Who(role="operate", name="ann"), purpose="report")


def share(estimate: float, rows: int) -> Share:
    return Share(estimate=estimate, low=estimate - 0.05, high=estimate + 0.05, rows=rows)


def study_of(*, rows: int) -> Study:
    """Return a study that looked at 400 rows of `rows`: one label is told badly, two are well."""
    told = {"size": (100, 0.5), "refund": (150, 0.9), "parcel": (150, 0.95)}
    return Study(
        app="shop",
        dataset="blake2b:d",
        form="blake2b:f",
        learner="linear.v1",
        rows=rows,
        curve=(share(0.6, 66), share(0.7, 133), share(0.8, 266)),
        forecast=(share(0.82, rows), share(0.85, 2 * rows)),
        gain=share(0.03, 2 * rows),
        wanted=tuple(
            Wanted(label=label, found=share(right, n), gained=0.0, taken=0)
            for label, (n, right) in told.items()
        ),
        suspected=7,
    )


@pytest.mark.parametrize("rows", [400, 1000])
def test_labels_that_are_told_worse_than_all_are_wanted_also_where_a_sample_was_studied(
    rows: int,
) -> None:
    assert wanted_names(study_of(rows=rows)) == ["size"]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_study_of_a_sample_says_so(language: str) -> None:
    say = WORDS[language]

    def page(rows: int) -> str:
        studied = Studied(study=study_of(rows=rows), rows={})
        return "".join(study_cards(studied, [], say, sight=SIGHT))

    told = say["sampled"].format(n="400", rows="1,000")
    assert told in page(1000)
    assert say["sampled"].format(n="400", rows="400") not in page(400)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_no_mistake_is_told_with_the_wrong_answers_that_were_passed_on(language: str) -> None:
    study = replace(study_of(rows=400), judged=105, passed_on=3)
    say = WORDS[language]
    page = "".join(study_cards(Studied(study=study, rows={}), [], say, sight=SIGHT))
    assert say["no mistake"].format(rows="105") in page
    assert say["mistakes passed on"].format(n="3") in page
    assert {"en": "answered wrong without being passed on", "zh": "未转人工"}[language] in page


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_mistake_of_a_text_shows_its_grade_and_what_the_rows_say(language: str) -> None:
    near = Near(row="taught", label="", likeness=0.5)
    mistake = Mistake(row="told", label="", answer="", confidence=0.0, near=(near,), grade=0.25)
    study = replace(study_of(rows=400), mistakes=(mistake,), mistaken=1, judged=9, graded=True)
    rows = {
        name: Row(id=name, text=text, target=target, split="train", **NOTHING)
        for name, text, target in (("told", "a dog", "ein Hund"), ("taught", "a cat", "eine Katze"))
    }
    say = WORDS[language]
    page = "".join(study_cards(Studied(study=study, rows=rows), [], say, sight=SIGHT))
    assert say["mistaken by grade"].format(n="1", rows="9") in page
    assert all(text in page for text in ("ein Hund", "0.25", "eine Katze", "a cat"))
