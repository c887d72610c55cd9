"""An answer that was read off a passage says which one, where it may be shown."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.software.conftest import opened

from chainring.contracts.access import Who
from chainring.contracts.dataset import Row, Task
from chainring.contracts.ids import new_id
from chainring.contracts.prediction import Answer
from chainring.contracts.reaction import Reaction
from chainring.contracts.request import Request
from chainring.deployment.http.verbs import Served
from chainring.deployment.lane.lane import Reply
from chainring.feedback.queue import ReviewItem
from chainring.ring import passages
from chainring.software.api import Project
from chainring.software.serving.service import Service
from chainring.software.verbs import auditing
from chainring.software.verbs.reviewing import item_again
from chainring.store.tables import read_rows

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


BEN = Who(role="annotate", name="ben")


def with_rule(shop: Path, rule: str) -> None:
    recipe = shop / "chainring.toml"
    told = recipe.read_text().replace("[data]", '[data]\ntask = "question-answering"')
    recipe.write_text(f"{told}\n[[access.rules]]\n{rule}\n")


def read_off(project: Project, *, record: str = "") -> tuple[str, Row]:
    """Log an answer that was read off a training row, unsure; return its id and the row."""
    asked = project.predict(["how long does it take"])[0]
    dataset = project.champion().deployment.dataset
    row = read_rows(project.ring.runner.trees.open(dataset), "train")[0]
    answer = replace(
        asked, id=new_id("pred"), label="", output="three days", pair=row.text, looked_up=True,
        confidence=0.3, scores={record or row.id: 0.3}, holdout=False, group="",
    )  # fmt: skip
    project.ring.traffic.commit([(answer, "how long does it take")], [])
    return answer.id, row


SEALED = 'action = "read"\nwhere = { source = "data/*" }\nallow = false'


def queued(project: Project, *names: str) -> list[ReviewItem]:
    """Return what waits of some answers and reactions, as an annotator is shown it."""
    return [item for item in project.review_items(who=BEN) if item.id in names]


def asked_again(project: Project, *names: str) -> list[ReviewItem]:
    """Return the same by their ids, to be decided anew."""
    with auditing.looking(project, "review", who=BEN) as sight:
        return [item_again(project, name, sight=sight) for name in names]


BY_EITHER = pytest.mark.parametrize("shown_by", [queued, asked_again])
Shown = Callable[..., list[ReviewItem]]


@BY_EITHER
@pytest.mark.parametrize("kind", ["correction", "flag", ""])
def test_a_passage_that_a_rule_withholds_is_shown_by_no_verb(
    shop: Path, kind: str, shown_by: Shown
) -> None:
    with_rule(shop, SEALED)
    with opened(shop) as project:
        name, row = read_off(project)
        item = name
        if kind:
            said = {"correction": "four days", "flag": "wrong"}[kind]
            told = project.react(Reaction(prediction=name, kind=kind, value=said))  # type: ignore[arg-type]
            item = told.id
        found = project.why(name, who=BEN)
        assert found["text"] == "how long does it take"
        assert found["answer"]["read_from"]["id"] == row.id
        assert found["answer"]["output"] == "three days"
        assert row.text not in str(found)
        items = shown_by(project, name, item)
        assert items
        assert row.text not in str(items)


@pytest.mark.parametrize(
    "rule", ['action = "train"\nallow = false', 'where = { source = "other/*" }\nallow = false']
)
def test_a_passage_that_may_be_read_stands_beside_its_answer(shop: Path, rule: str) -> None:
    with_rule(shop, rule)
    with opened(shop) as project:
        name, row = read_off(project)
        assert project.why(name, who=BEN)["answer"]["pair"] == row.text
        items = project.review_items(who=BEN)
        assert [item.pair for item in items if item.prediction == name] == [row.text]


@BY_EITHER
def test_of_the_hold_out_the_passage_that_the_model_chose_is_not_shown(
    shop: Path, shown_by: Shown
) -> None:
    """It holds the model's answer; a passage that the asker named is part of what was asked."""
    recipe = shop / "chainring.toml"
    told = recipe.read_text().replace("[data]", '[data]\ntask = "question-answering"')
    recipe.write_text(f"{told}\n[feedback]\ndeciding_share = 0.0\n")
    with opened(shop) as project:
        asked, names = project.predict(["how long does it take"])[0], []
        for looked_up, holdout in ((True, True), (False, True), (True, False)):
            row = replace(
                asked, id=new_id("pred"), label="", output="three days", pair="It takes three days",
                looked_up=looked_up, confidence=0.3, holdout=holdout, group=f"{looked_up}{holdout}",
            )  # fmt: skip
            project.ring.traffic.commit([(row, f"how long {looked_up}")], [])
            names.append(row.id)
        items = {(one.kind, one.text): one for one in shown_by(project, *names)}
    chosen, given = items["holdout", "how long True"], items["holdout", "how long False"]
    unsure = items["unsure", "how long True"]
    assert (chosen.pair, chosen.answer) == ("", "")
    assert (given.pair, given.looked_up) == ("It takes three days", False)
    assert (unsure.pair, unsure.looked_up) == ("It takes three days", True)


@pytest.mark.parametrize(("rule", "shown"), [(SEALED, False), ('action = "read"', True)])
def test_of_a_passage_that_is_not_known_here_a_rule_is_asked_as_of_unknown_facts(
    shop: Path, rule: str, shown: bool
) -> None:
    with_rule(shop, rule if not shown else f"{rule}\nallow = true")
    with opened(shop) as project:
        name, _ = read_off(project, record="rec_elsewhere")
        assert ("pair" in project.why(name, who=BEN)["answer"]) is shown
        items = project.review_items(who=BEN)
        assert [bool(item.pair) for item in items if item.prediction == name] == [shown]


@pytest.mark.parametrize(("rule", "reads"), [("", 0), ('action = "read"', 1)])
def test_a_page_reads_the_rows_of_its_passages_once_and_not_at_all_without_rules(
    shop: Path, monkeypatch: pytest.MonkeyPatch, rule: str, reads: int
) -> None:
    if rule:
        with_rule(shop, f"{rule}\nallow = true")
    else:
        recipe = shop / "chainring.toml"
        told = recipe.read_text().replace("[data]", '[data]\ntask = "question-answering"')
        recipe.write_text(told)
    asked: list[object] = []

    def counted(*given: Any, **named: Any) -> list[Row]:
        asked.append(given)
        return read_rows(*given, **named)

    with opened(shop) as project:
        made = dict(read_off(project) for _ in range(3))
        elsewhere, _ = read_off(project, record="rec_elsewhere")
        monkeypatch.setattr(passages, "read_rows", counted)
        items = project.review_items(who=BEN)
    shown = {item.prediction: item.pair for item in items}
    assert {name: shown[name] for name in made} == {name: row.text for name, row in made.items()}
    assert shown[elsewhere]
    assert len(asked) == reads
