from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from tests.ring.task_examples import matching_pairs, numbers
from tests.software.conftest import opened, refused, run

from chainring.contracts.errors import InputError
from chainring.contracts.label import Label
from chainring.contracts.reaction import Reaction
from chainring.software.api import Project
from chainring.software.reports.data_look import look
from chainring.software.telling.data import tell_trace
from chainring.software.verbs.auditing import sight_of

WITHHELD = """
[[access.rules]]
action = "read"
where = { source = "data/*" }
allow = false
"""


def first_row(project: Project, **wanted: Any) -> str:
    return str(next(project.data.show(**wanted))["id"])


def line_of(folder: Path, found: dict[str, str]) -> dict[str, str]:
    """Return the line of the user's own file that a trace names."""
    number = int(found["locator"].removeprefix("line "))
    line: dict[str, str] = json.loads(
        Path(found["file"]).read_text("utf-8").splitlines()[number - 1]
    )
    return line


def test_a_row_leads_to_its_line_its_steps_its_label_and_its_model(project: Project) -> None:
    name = first_row(project, split="train", label="invoice", language="zh")
    found = project.data.trace(name)
    (record,) = found["records"]
    own = line_of(project.folder, record)
    assert (own["text"], own["label"]) == (found["row"]["text"], "invoice")
    assert (record["licence"], record["consent"]) == ("Apache-2.0", "owner")
    assert [(one["step"], one["outcome"]) for one in found["steps"]] == [
        ("records", "kept"), ("labels", "1 label"), ("dataset", "row of split train"),
    ]  # fmt: skip
    for one in found["steps"]:
        assert project.ring.ledger.lineage_by_id(one["execution"]) is not None
    assert [(one["value"], one["kind"]) for one in found["labels"]] == [("invoice", "source")]
    (data,) = found["datasets"]
    (model,) = data["models"]
    assert (model["verb"], model["served"]) == ("taught", True)
    assert model["address"] == project.champion().deployment.model


def test_a_row_is_found_by_its_place_and_its_label_too(project: Project) -> None:
    name = first_row(project, split="test")
    by_id = project.data.trace(name)
    (record,) = by_id["records"]
    for other in (f"{record['source']} {record['locator']}", by_id["labels"][0]["id"]):
        assert project.data.trace(other)["row"] == by_id["row"]
    assert by_id["datasets"][0]["models"][0]["verb"] == "judged"


def test_a_place_that_fits_several_files_names_them(project: Project) -> None:
    with pytest.raises(InputError, match=r"(?s)'line 3' fits several rows.*rec_.*rec_"):
        project.data.trace("line 3")


def test_a_row_that_was_dropped_is_told_with_its_reason(project: Project) -> None:
    lines = ['{"text": "", "label": "stock"}', '{"text": "a lonely one", "label": "alone"}']
    (project.folder / "data" / "extra.jsonl").write_text("\n".join(lines))
    project.turn()
    empty = project.data.trace("data/extra.jsonl line 1")
    assert empty["row"] is None
    assert empty["steps"][0]["outcome"] == "dropped: empty text"
    lonely = project.data.trace("data/extra.jsonl line 2")
    assert lonely["row"] is None
    assert lonely["records"][0]["text"] == "a lonely one"
    assert lonely["steps"][-1]["outcome"].startswith("dropped: label 'alone' has 1 row")
    assert lonely["datasets"] == []


def test_a_correction_leads_from_the_answer_to_the_row_that_it_became(project: Project) -> None:
    texts = [f"my parcel number {i} is late, where is it now" for i in range(12)]
    answers = project.predict(texts, author="ann")
    taught = next(one for one in answers if not one.holdout)
    said = project.react(
        Reaction(prediction=taught.id, kind="correction", value="stock", author="ann",
                 consent="training")
    )  # fmt: skip
    project.decide(said.id, decision="accept", by="bob")
    project.turn()
    found = project.data.trace(said.id)
    assert (found["row"]["label"], found["records"][0]["source"]) == ("stock", "feedback")
    assert [(one["id"], one["kind"], one["value"]) for one in found["feedback"]] == [
        (said.id, "correction", "stock")
    ]
    assert [(one["value"], one["by"]) for one in found["reviews"]] == [("stock", "bob")]
    assert {one["step"] for one in found["steps"]} >= {"corrections", "labels", "dataset"}
    assert project.data.trace(taught.id)["row"] == found["row"]


SOURCE = """
[[data.sources]]
name = "tickets"
use = "sql.v1"
licence = "CC-BY-4.0"
url = "env:SHOP_DB"
query = "SELECT id, body, topic, changed FROM tickets"
key = "changed"
columns = { text = "body", label = "topic", at = "changed" }
"""


def test_a_row_of_a_database_leads_back_to_its_key_and_an_empty_one_to_its_reason(
    shop: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tickets = [
        ("t1", "the parcel of my sister is not here", "track_order", "2026-11-01"),
        ("t2", "", "stock", "2026-11-02"),
    ]
    with sqlite3.connect(tmp_path / "tickets.db") as connection:
        connection.execute("CREATE TABLE tickets (id TEXT, body TEXT, topic TEXT, changed TEXT)")
        connection.executemany("INSERT INTO tickets VALUES (?, ?, ?, ?)", tickets)
    connection.close()
    monkeypatch.setenv("SHOP_DB", f"sqlite:///{tmp_path / 'tickets.db'}")
    recipe = shop / "chainring.toml"
    recipe.write_text(recipe.read_text() + SOURCE)
    with opened(shop) as project:
        project.turn()
        (record,) = project.data.trace("tickets id t1")["records"]
        assert (record["source"], record["licence"]) == ("tickets", "CC-BY-4.0")
        assert (record["text"], record["at"]) == (tickets[0][1], "2026-11-01 00:00 UTC")
        assert record["file"] is None
        found = look(project, sight=sight_of(project, "data report"))
        assert found.terms["tickets", "CC-BY-4.0", "owner"] == 1


def test_texts_are_told_only_where_they_are_asked_for(project: Project) -> None:
    name = first_row(project)
    text = project.data.trace(name)["row"]["text"]
    hidden = project.data.trace(name, texts=False)
    assert text not in json.dumps(hidden, ensure_ascii=False)


def test_the_command_tells_a_trace_in_lines_or_as_json(shop: Path) -> None:
    where = ("-p", str(shop))
    name = run("data", "show", *where, "--limit", "1", "--split", "train").split()[0]
    said = run("data", "trace", name, *where)
    for start in ("row        rec_", "  text     ", "from       data/", "  file     ",
                  "  terms    licence Apache-2.0", "step       records", "label      ",
                  "data set   ", "  taught   "):  # fmt: skip
        assert any(line.startswith(start) for line in said.splitlines()), start
    assert json.loads(run("data", "trace", name, *where, "--json"))["row"]["id"] == name
    assert "no row" in run("data", "trace", name, *where, "--no-texts") or name in said
    assert "`chainring data show` tells the ids" in refused("data", "trace", "nobody", *where)


def test_where_a_text_is_withheld_what_people_wrote_of_it_is_too(shop: Path) -> None:
    with opened(shop) as project:
        name = str(next(project.data.show())["records"][0])
        for value, private in (("Frau Weber, 韦伯太太", True), ("invoice", False)):
            said = Label(
                id=f"lab_{value}", app=project.app, record=name, value=value, author="bob",
                author_kind="person", private=private,
            )  # fmt: skip
            project.ring.ledger.add_fact("label", said.id, said, about=name)
        shown = project.data.trace(name)["reviews"]
        blind = project.data.trace(name, texts=False)["reviews"]
    with (shop / "chainring.toml").open("a", encoding="utf-8") as recipe:
        recipe.write(WITHHELD)
    with opened(shop) as project:
        ruled = project.data.trace(name)["reviews"]
    assert sorted(one["value"] for one in shown) == ["Frau Weber, 韦伯太太", "invoice"]
    for found in (blind, ruled):
        assert sorted(one["value"] for one in found) == ["", "invoice"]


def test_a_number_and_a_second_text_are_told_and_judge(tmp_path: Path) -> None:
    for made in (numbers(), matching_pairs()):
        folder = made.project(tmp_path / made.task)
        with closing(Project.open(folder)) as project:
            project.turn()
            row = next(project.data.show(split="test"))
            found = project.data.trace(row["id"])
            blind = project.data.trace(row["id"], texts=False)
            (asked,) = project.predict([made.asked])
            near = project.why(asked.id)["nearest"][0]
        value, pair = row["label"] or row["target"], row["pair"]
        assert (found["row"].get("target", ""), found["row"].get("pair", "")) == (
            row["target"], pair
        )  # fmt: skip
        (data,) = found["datasets"]
        assert [one["verb"] for one in data["models"]] == ["judged"]
        shown = run("data", "show", "-p", str(folder), "--split", "test", "--limit", "1")
        told = run("data", "trace", row["id"], "-p", str(folder))
        assert f"test        {value}" in shown
        assert f"test, {value}" in told
        assert not pair or (f"| {pair}" in shown and f"| {pair}" in told)
        said = run("why", asked.id, "-p", str(folder))
        assert f"{near['likeness']:.2f} {near['label'] or near['target']} [" in said
        if made.pair:
            assert f"| {near['pair']}" in said
            assert f"| {made.pair['pair']}" in said
        kept = "" if row["label"] else "(withheld by a rule of access)"
        hidden = " ".join(map(str, tell_trace(blind)))
        assert f"test, {row['label'] or kept}" in hidden
