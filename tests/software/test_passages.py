"""An answer that was read off a passage says which one, where it may be shown."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest
from tests.software.conftest import opened

from chainring.contracts.dataset import Task
from chainring.contracts.prediction import Answer
from chainring.contracts.request import Request
from chainring.deployment.http.verbs import Served
from chainring.deployment.lane import Reply
from chainring.software.service import Service

PASSAGE = {"en": "A parcel takes three days.", "zh": "包裹需要三天送达。"}


def served(
    shop: Path, language: str, *, pair: str = "", task: Task = "question-answering"
) -> Served:
    """Return what the service makes of an answer that a model of passages gave."""

    async def made() -> Served:
        with opened(shop) as project:
            service = Service(project, open_to_all=True)
            await service.start()
            assert service._lane is not None
            tag = replace(service._lane.tag, task=task)
            answer = Answer(
                label="",
                confidence=0.9,
                passed_on=False,
                text="how long",
                pair=PASSAGE[language],
                output="three days",
                scores={"rec_best": 0.9, "rec_other": 0.2},
            )
            request = Request(text="how long", pair=pair, app=project.app)
            reply = Reply(answer=answer, tag=tag)
            found = service._served(request, reply, 1.0, variant="champion", failed=False)
            await service.stop()
            return found

    return asyncio.run(made())


@pytest.mark.parametrize("language", ["en", "zh"])
def test_an_answer_names_its_passage_and_the_record_it_is_from(shop: Path, language: str) -> None:
    found = served(shop, language)
    assert (found.source, found.passage) == ("rec_best", PASSAGE[language])


def test_a_passage_that_the_caller_gave_is_not_repeated(shop: Path) -> None:
    found = served(shop, "en", pair=PASSAGE["en"])
    assert (found.source, found.passage) == ("", "")


def test_of_another_task_the_second_text_is_no_passage(shop: Path) -> None:
    found = served(shop, "en", task="regression")
    assert (found.source, found.passage) == ("", "")


@pytest.mark.parametrize(
    ("rule", "shown"),
    [
        ('action = "read"\nwhere = { licence = "CC-BY-*" }\nallow = false', False),
        ("allow = false", False),
        ('action = "train"\nallow = false', True),
        ('action = "read"\nallow = true', True),
    ],
)
def test_where_a_rule_keeps_records_from_being_read_the_source_is_named_and_not_shown(
    shop: Path, rule: str, shown: bool
) -> None:
    recipe = shop / "chainring.toml"
    recipe.write_text(f"{recipe.read_text()}\n[[access.rules]]\n{rule}\n")
    found = served(shop, "en")
    assert found.source == "rec_best"
    assert bool(found.passage) is shown
