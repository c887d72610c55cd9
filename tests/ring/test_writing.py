"""Whole turns of projects that write: from rows in files to a promoted model that answers."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.bert import tiny_bert

from chainring.contracts.access import Who
from chainring.contracts.codec import decode
from chainring.contracts.evaluation import Evaluation
from chainring.ring.built import current
from chainring.ring.sight import Sight
from chainring.ring.why import why
from chainring.software.api import Project
from chainring.software.telling.results import tell_why
from chainring.text.chat import conversation

Open = Callable[[Path], Project]
Lines = list[dict[str, str]]

RECIPE = """
[project]
name = "writer"
[data]
task = "{task}"
min_jaccard = 1.0
[training]
budget_minutes = 1
[training.{section}]
{settings}
[store]
min_free_mib = 0
[deployment]
speed_rounds = 1
"""
SMALL: dict[str, Any] = {
    "layers": 1, "hidden": 32, "inner": 64, "heads": 2, "vocabulary": 340, "dropout": 0.0,
    "epochs": 25, "batch_size": 8, "learning_rate": 0.01, "patience": 0,
    "max_input_tokens": 48, "max_output_tokens": 16, "beams": 1,
}  # fmt: skip
NAMES = "Ann Bob Cid Dan Eva Flo Gus Hal Ida Jon Kim Leo".split()
THINGS = {"parcel": "包裹", "coat": "外套", "refund": "退款", "book": "书", "shoe": "鞋"}


def _split(number: int) -> str:
    return {3: "validation", 4: "test"}.get(number % 5, "train")


def _translation() -> Lines:
    return [
        {"text": f"the {thing} of {name}", "target": f"{name}的{chinese}", "split": _split(n + m)}
        for n, name in enumerate(NAMES)
        for m, (thing, chinese) in enumerate(THINGS.items())
    ]


def _dialogue() -> Lines:
    rows = []
    for n, name in enumerate(NAMES):
        for m, (thing, chinese) in enumerate(THINGS.items()):
            says = f"我是{name}，要{chinese}" if n % 2 else f"I am {name}, about a {thing}"
            turns = [{"role": "user", "content": says}]
            reply = f"好的，{chinese}" if n % 2 else f"Your {thing}"
            rows.append({"text": conversation(turns), "target": reply, "split": _split(n + m)})
    return rows


def _preference() -> Lines:
    return [
        {
            "text": f"{name}要{chinese}" if n % 2 else f"{name} wants a {thing}",
            "target": "请稍等" if n % 2 else "one moment",
            "pair": "走开" if n % 2 else "go away",
            "split": _split(n + m),
        }
        for n, name in enumerate(NAMES)
        for m, (thing, chinese) in enumerate(THINGS.items())
    ]


def _turned(
    folder: Path, task: str, section: str, lines: Lines, *, small: Any = SMALL, **changes: Any
) -> Project:
    (folder / "data").mkdir(parents=True)
    body = "\n".join(json.dumps(line, ensure_ascii=False) for line in lines)
    (folder / "data" / "rows.jsonl").write_text(body + "\n", encoding="utf-8")
    settings = "\n".join(f"{k} = {json.dumps(v)}" for k, v in (small | changes).items())
    recipe = RECIPE.format(task=task, section=section, settings=settings)
    (folder / "chainring.toml").write_text(recipe, encoding="utf-8")
    project = Project.open(folder)
    done = project.turn()
    assert done.outcome == "promoted", done
    return project


@pytest.mark.parametrize(
    ("task", "section", "make", "asked", "figure"),
    [
        ("translation", "seq2seq", _translation, "the book of Kim", "bleu"),
        ("generation", "decoder", _translation, "the book of Kim", "chrf"),
        ("dialogue", "decoder", _dialogue, _dialogue()[0]["text"], "chrf"),
        ("preference", "preference", _preference, "Kim wants a book", "preference_accuracy"),
    ],
)
def test_a_project_that_writes_turns_and_answers_what_was_evaluated(
    tmp_path: Path, task: str, section: str, make: Callable[[], Lines], asked: str, figure: str
) -> None:
    longer = {"epochs": 60, "learning_rate": 0.005} if task == "dialogue" else {}
    project = _turned(tmp_path / task, task, section, make(), **longer)
    try:
        (prediction,) = project.predict([asked])
        assert prediction.output
        for blind in (False, True):
            sight = Sight((), who=Who(role="owner"), purpose="explanation", blind=blind)
            told = why(project.ring, prediction.id, sight=sight)
            assert told["now"].get("output", "") == ("" if blind else prediction.output)
            assert told["answer"].get("output", "") == ("" if blind else prediction.output)
        _, deployment = current(project.ring)
        assert deployment is not None
        assert deployment.task == task
        (judged,) = [
            decode(Evaluation, row.result)
            for row in project.ring.ledger.all_lineage()
            if row.step == "evaluation"
        ]
        assert judged.metrics[figure].estimate >= 0.5
        assert project.turn().outcome == "nothing changed"
    finally:
        project.close()


def test_a_project_answers_questions_from_its_articles_and_names_the_source(
    tmp_path: Path,
) -> None:
    days = {"parcel": "three", "refund": "five", "coat": "seven", "book": "nine"}
    tage = {"包裹": "三", "退款": "五", "外套": "七", "书": "九"}
    articles = [f"A {thing} takes {count} days." for thing, count in days.items()]
    articles += [f"{thing}需要{count}天。" for thing, count in tage.items()]
    lines: Lines = [{"text": text} for text in articles]
    for n, form in enumerate(("How long takes a {}?", "a {} takes how long?", "Days of a {}?")):
        split = ("train", "validation", "test")[n]
        lines += [
            {"text": form.format(thing), "target": f"{count} days", "split": split}
            for thing, count in days.items()
        ]
    for n, form in enumerate(("{}要几天？", "请问{}需要几天？", "{}多久？")):
        split = ("train", "validation", "test")[n]
        lines += [
            {"text": form.format(thing), "target": f"{count}天", "split": split}
            for thing, count in tage.items()
        ]
    texts = [line["text"] for line in lines]
    base = tiny_bert(tmp_path / "base", texts * 2, layers=1, positions=80, dropout=0.0)
    reader = {"base": str(base), "epochs": 60, "learning_rate": 0.005, "batch_size": 8}
    project = _turned(
        tmp_path / "answers", "question-answering", "answering", lines, small=reader, patience=0
    )
    try:
        (prediction,) = project.predict(["How long takes a refund?"])
        assert prediction.output == "five days"
        assert next(iter(prediction.scores)).startswith("rec")
        passage, other = articles[1], articles[0]
        (named,) = project.predict([("How long takes a refund?", other)])
        assert (prediction.pair, prediction.given_pair) == (passage, "")
        assert named.given_pair == other
        assert prediction.group != named.group
        record = next(iter(prediction.scores))
        assert prediction.read_from == record
        read = project.why(prediction.id)["answer"]["read_from"]
        assert (read["id"], read["text"], read["language"]) == (record, passage, "en")
        assert read["licence"]
        assert read["source"]
        assert "read_from" not in project.why(named.id)["answer"]
        assert any(record in line for line in tell_why(project.why(prediction.id)))
        assert project.forget(record=[record]).left == ("data/rows.jsonl",)
        (quoted, asked), (given, _) = project.ring.traffic.answers([prediction.id, named.id])
        assert (asked, quoted.pair, quoted.output) == ("How long takes a refund?", "", "")
        assert (given.pair, given.output) == (named.pair, named.output)
    finally:
        project.close()
